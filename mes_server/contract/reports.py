"""Stock as of a time, and reports: each says its formula, and each row has the figures that the formula used."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mes_server.contract.shape import Command, Instant, LocalName, Shape


class StockAsOf(Shape):
    """`GET /api/v1/stock/as-of?at=&item=&location=`: a lot at a place as of a time."""

    location: str
    location_name: LocalName
    kind: str
    item: str
    item_name: LocalName
    unit: str
    lot: str
    quantity: Decimal


class ReportRow(Shape):
    """An item, and where the postings behind its figures are."""

    item: str
    item_name: LocalName
    behind: str
    """Path of the postings behind the row."""


class Report(Shape):
    """What every report says of itself."""

    formula: str
    """In the caller's language."""
    at: Instant
    since: Instant | None
    until: Instant | None


class CoverLine(ReportRow):
    """How long an item lasts; None when nothing of it was consumed."""

    unit: str
    on_hand: Decimal
    consumed: Decimal
    per_day: Decimal
    days_of_cover: Decimal | None


class DaysOfCover(Report):
    """`GET /api/v1/reports/days-of-cover?days=`."""

    rows: list[CoverLine]


class TurnsLine(ReportRow):
    """How often an item's stock turned over; None without stock."""

    unit: str
    throughput: Decimal
    opening: Decimal
    average: Decimal
    throughput_value: Decimal
    average_value: Decimal
    turns: Decimal | None


class InventoryTurns(Report):
    """`GET /api/v1/reports/turns?days=`."""

    rows: list[TurnsLine]


class DeadStockLine(ReportRow):
    """An item at a place that nobody touched."""

    unit: str
    location: str
    quantity: Decimal
    value: Decimal
    last_moved_at: Instant


class DeadStock(Report):
    """`GET /api/v1/reports/dead-stock?days=`."""

    rows: list[DeadStockLine]


class ExpiryLine(ReportRow):
    """A lot that expires soon (`days_left` >= 0), or did."""

    unit: str
    lot: str
    location: str
    quantity: Decimal
    value: Decimal
    status: str
    expires_on: date
    days_left: int


class Expiry(Report):
    """`GET /api/v1/reports/expiry?days=`."""

    rows: list[ExpiryLine]


class AbcLine(ReportRow):
    """An item's class by what its consumption is worth."""

    unit: str
    consumed: Decimal
    standard_cost: Decimal
    value: Decimal
    cumulative_percent: Decimal | None
    abc_class: Literal["A", "B", "C"]


class AbcClasses(Report):
    """`GET /api/v1/reports/abc?days=`."""

    rows: list[AbcLine]


class AbcApply(Command):
    """`POST /api/v1/reports/abc/apply`: where classes A and B end, in per cent of the consumption value of so many days."""

    days: Annotated[int, Field(ge=1, le=3_660)] = 365
    a_percent: Annotated[Decimal, Field(gt=0, le=100, decimal_places=4)] = Decimal(80)
    b_percent: Annotated[Decimal, Field(gt=0, le=100, decimal_places=4)] = Decimal(95)


class AbcApplied(Shape):
    """How many items got another class, and how many there are of each."""

    changed: int
    a: int
    b: int
    c: int


class StockOutLine(ReportRow):
    """A time without stock; `until` is None while it lasts."""

    month: str
    location: str
    since: Instant
    until: Instant | None
    minutes: Decimal


class StockOutMonth(Shape):
    """How often and how long a place was without an item in a month of the plant's own calendar."""

    month: str
    item: str
    location: str
    times: int
    minutes: Decimal


class StockOuts(Report):
    """`GET /api/v1/reports/stock-outs?days=`; the months sum the rows of this page."""

    months: list[StockOutMonth]
    rows: list[StockOutLine]


class VarianceLine(ReportRow):
    """A component of an order: actual = booked + waiting, variance = actual - standard."""

    order: str
    operation: int
    produced: Decimal
    unit: str
    standard: Decimal
    booked: Decimal
    waiting: Decimal
    actual: Decimal
    variance: Decimal
    standard_cost: Decimal
    variance_value: Decimal


class ConsumptionVariance(Report):
    """`GET /api/v1/reports/consumption-variance?order=|days=`."""

    rows: list[VarianceLine]
