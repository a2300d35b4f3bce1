"""Material requirements planning on demand."""

from typing import Annotated, Any, Literal

from pydantic import Field

from mes_server.contract.shape import Amount, Code, Command, Instant, Shape

DEMANDS_MAX = 2_000


class PlanningDemand(Command):
    """Something that no work order stands for yet: a customer's order, a forecast."""

    ref: Code
    item: Code
    quantity: Amount
    at: Instant


class PlanningAsk(Command):
    """`POST /api/v1/mrp-runs`. Example: `{"location": "WH", "horizon_days": 60, "demands": [{"ref": "SO-1",
    "item": "KETTLE", "quantity": "200", "at": "2026-03-20T06:00:00Z"}]}`"""

    location: Code
    """Where what has no purchase or make loop of its own is to arrive."""
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 90
    demands: Annotated[list[PlanningDemand], Field(max_length=DEMANDS_MAX)] = []


class PlanningNote(Shape):
    """Something to look at: a receipt to hurry (`expedite`), an order that should have started (`late_start`), an item
    that its own loop orders (`left_to_loop`), where the plan was cut for its size (`cut`), or
    consumption that waits for one lot, for which nothing is bought or made (`waits_for_lot`)."""

    kind: Literal["expedite", "late_start", "left_to_loop", "cut", "waits_for_lot"]
    item: str
    ref: str
    at: Instant | None
    wanted_at: Instant | None


class PlanningRun(Shape):
    """`GET /api/v1/mrp-runs`; its proposals: `GET /api/v1/proposals?run=`."""

    id: int
    at: Instant
    horizon_at: Instant
    demands: list[dict[str, Any]]
    notes: list[PlanningNote]
    person: str | None
    proposals: int
    waiting: int
