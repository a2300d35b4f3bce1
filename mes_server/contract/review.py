"""What waits for a person's judgement."""

from decimal import Decimal
from typing import Literal

from mes_server.contract.shape import Instant, LocalName, Shape


class QuarantinedFact(Shape):
    """`GET /api/v1/quarantine`: a fact that is stored, not booked, and why."""

    id: int
    agent: str
    equipment: str
    signal: str
    at: Instant
    quantity: Decimal
    reason: str
    resolved_at: Instant | None


class NoOrderCount(Shape):
    """`GET /api/v1/no-order-counts`: pieces that a unit made in one hour outside any order."""

    equipment: str
    equipment_name: LocalName
    hour: Instant
    good: Decimal
    scrap: Decimal


class NoOrderWeighing(Shape):
    """`GET /api/v1/no-order-weighings`: consumption by weight that fell to no order, a lot each."""

    id: int
    """Of the posting."""
    equipment: str
    equipment_name: LocalName
    item: str
    item_name: LocalName
    unit: str
    lot: str
    location: str
    quantity: Decimal
    at: Instant


class OverUpstream(Shape):
    """`GET /api/v1/over-upstream`: an operation whose machine counted more than the operation before made good."""

    number: str
    operation: int
    equipment: str
    equipment_name: LocalName
    produced: Decimal
    upstream_good: Decimal
    over_upstream: Decimal


class Restatement(Shape):
    """`GET /api/v1/restatements`: a figure that changed after it was reported."""

    id: int
    figure: Literal["hour", "order"]
    """`hour`: of a unit, after the hour had closed; `order`: of an operation, after it was completed."""
    equipment: str
    equipment_name: LocalName
    hour: Instant | None
    order: str | None
    """None: pieces without an order."""
    operation: int | None
    good_before: Decimal
    good_after: Decimal
    scrap_before: Decimal
    scrap_after: Decimal
    fact_at: Instant
    """Machine time of the latest fact that did it."""
    at: Instant
    """When the figure changed."""
    ingest_id: int | None
    """The batch the fact came with; None when a person attributed pieces."""
    command_id: str | None
    person: str | None


class ShiftRestatement(Shape):
    """`GET /api/v1/shift-restatements`: a figure of a shift that changed after the shift was closed."""

    id: int
    equipment: str
    equipment_name: LocalName
    since: Instant
    until: Instant
    """The shift."""
    figure: Literal["good", "scrap", "state"]
    """Pieces that the machine counted, or seconds in a state."""
    state: str | None
    """Of figure `state`: which one."""
    before: Decimal
    after: Decimal
    fact_at: Instant
    """Machine time of the latest fact that did it."""
    at: Instant
    """When the figure changed."""
    ingest_id: int | None
    """The batch the facts came with; None when a person reported pieces."""
    command_id: str | None
    person: str | None
