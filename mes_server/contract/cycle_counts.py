"""Blind cycle counts."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mes_server.contract.shape import Code, Command, Instant, LocalName, Shape, UnitWord

AbcClass = Literal["A", "B", "C"]
NotNegative = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
LineState = Literal["open", "recount", "waiting", "booked", "refused"]


class CountScope(Command):
    """`POST /api/v1/counts`: what lies at a place and below; of a class, of an item, or what is due."""

    location: Code
    abc_class: AbcClass | None = None
    item: Code | None = None
    due_only: bool = False
    """Only what was not counted within the days of its class."""
    lines: int = Field(default=200, ge=1, le=1000)
    note: str = Field(default="", max_length=200)


class CountList(Shape):
    """A list and how far it is; accuracy is the share of lines whose first count was within tolerance."""

    id: int
    location: str
    location_name: LocalName
    abc_class: AbcClass | None
    note: str
    created_at: Instant
    created_by: str | None
    closed_at: Instant | None
    lines: int
    counted: int
    waiting: int
    accuracy_percent: Decimal | None


class CountTask(Shape):
    """What the counter sees: what to count, and nothing of the books."""

    id: int
    item: str
    item_name: LocalName
    unit: str
    lot: str
    location: str
    location_name: LocalName
    state: LineState


class CountEntry(Command):
    """`POST /api/v1/counts/{id}/entries`: what was counted, at the time it was counted."""

    item: Code
    lot: Code
    location: Code
    quantity: NotNegative
    unit: UnitWord | None = None
    at: Instant | None = None
    """When it was counted; left out: now. Movements after it stay as they are."""


class CountVerdict(Shape):
    """What becomes of a count; the book figure is not told."""

    line: int
    state: LineState


class CountDecision(Command):
    """`POST /api/v1/counts/{id}/lines/{line}/approve | refuse`, by somebody who did not count it."""

    reason: str = Field(min_length=1, max_length=200)


class CountResult(CountTask):
    """`GET /api/v1/counts/{id}/results`, for whoever decides."""

    counted: Decimal | None
    counted_at: Instant | None
    counted_by: str | None
    book: Decimal | None
    """As of the count's time."""
    difference: Decimal | None
    value: Decimal | None
    note: str
    decided_by: str | None
    decided_at: Instant | None
    movement: int | None


class CountRuleChange(Command):
    """`PUT /api/v1/counts/rules/{abc_class}`."""

    tolerance_percent: Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)]
    every_days: int = Field(ge=1, le=3650)


class CountRule(Shape):
    """Tolerance and frequency of a class."""

    abc_class: AbcClass
    tolerance_percent: Decimal
    every_days: int


class CountAccuracy(CountRule):
    """`GET /api/v1/counts/accuracy?days=`: how often the books were right; None when nothing was counted."""

    counted: int
    hits: int
    accuracy_percent: Decimal | None
    booked_value: Decimal


class AccuracyReport(Shape):
    """A class a row."""

    since: Instant
    rows: list[CountAccuracy]
