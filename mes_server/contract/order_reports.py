"""What an order used and made, and whether orders were ready when they were due."""

from decimal import Decimal
from typing import Literal

from mes_server.contract.reports import Report, ReportRow
from mes_server.contract.shape import Instant, LocalName, Shape


class OrderLot(Shape):
    """`GET /api/v1/work-orders/{number}/lots`: a lot that an operation consumed or made, as the ledger sums it."""

    operation: int
    item: str
    item_name: LocalName
    unit: str
    lot: str
    status: Literal["available", "held"]
    equipment: str | None
    consumed: Decimal | None
    """Less what came back; None: nothing was consumed of it."""
    produced: Decimal | None
    since: Instant | None
    """First consumption."""
    until: Instant | None
    consumed_value: Decimal | None
    """At standard cost."""


class DeliveryLine(ReportRow):
    """An order that was completed."""

    order: str
    unit: str
    target: Decimal
    good: Decimal
    due_at: Instant
    ended_at: Instant
    late_minutes: Decimal
    """Below zero: so much before it was due."""
    on_time: bool
    in_full: bool


class OnTimeDelivery(Report):
    """`GET /api/v1/reports/on-time-delivery?days=`; the sums are of the whole window, not of this page."""

    orders: int
    orders_on_time: int
    orders_in_full: int
    on_time_percent: Decimal | None
    """None: no order was completed."""
    rows: list[DeliveryLine]
