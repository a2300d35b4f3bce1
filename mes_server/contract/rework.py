"""Pieces that wait for rework, and what came back of them."""

from decimal import Decimal

from pydantic import Field

from mes_server.contract.shape import Command, Instant, LocalName, Shape
from mes_server.contract.work_orders import AmountOrNone, OperationNumber


class ReworkEntry(Command):
    """`POST /api/v1/work-orders/{number}/rework-done`: pieces between two operations came back from rework."""

    operation: OperationNumber = None
    good: AmountOrNone = Decimal(0)
    scrap: AmountOrNone = Decimal(0)
    """Given up after all."""
    reason: str = Field(min_length=1, max_length=200, examples=["burr trimmed"])


class ReworkReport(Shape):
    """`GET /api/v1/work-orders/{number}/rework-reports`: what a person said came back."""

    id: int
    number: str
    operation: int
    good: Decimal
    scrap: Decimal
    reason: str
    at: Instant
    person: str | None


class WaitingForRework(Shape):
    """`GET /api/v1/rework`: pieces of one operation that wait for rework."""

    id: int
    number: str
    operation: int
    operation_name: LocalName
    item: str
    item_name: LocalName
    unit: str
    equipment: str
    equipment_name: LocalName
    location: str | None
    """Where they lie in stock; None: at the operation, in no stock, until `rework-done` gives them back to it."""
    waiting: Decimal
    since: Instant | None
