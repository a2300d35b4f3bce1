"""Commands that change an order after it was created, and the record of what was changed."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mes_server.contract.shape import Amount, Code, Command, Instant, Shape
from mes_server.contract.work_orders import OverPercent, UnderPercent


class OrderChange(Command):
    """`POST /api/v1/work-orders/{number}/change`: what is left out stays as it is."""

    quantity: Amount | None = None
    """Not below what was made good already; components are per piece and scale with it."""
    due_at: Instant | None = None
    priority: int | None = Field(default=None, ge=0, le=999)
    over_percent: OverPercent | Literal["unlimited"] | None = None
    under_percent: UnderPercent | Literal["unlimited"] | None = None
    reason: str = Field(min_length=1, max_length=200, examples=["customer ordered more"])

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.model_fields_set <= {"reason"}:
            raise ValueError("say what is to be changed")
        return self


class OrderSplit(Command):
    """`POST /api/v1/work-orders/{number}/split`: part of the quantity becomes an order of its own, not released."""

    number: Code = Field(examples=["WO-1-2"])
    """Of the new order."""
    quantity: Amount
    """What the new order takes over; the old one keeps at least what it has made good."""
    due_at: Instant | None = None
    """Of the new order; None: as the old one."""
    reason: str = Field(min_length=1, max_length=200)


class OrderCancel(Command):
    """`POST /api/v1/work-orders/{number}/cancel`: every operation that has not ended is aborted."""

    at: Instant | None = None
    """Machine time; None: when the server takes it."""
    reason: str = Field(min_length=1, max_length=200)


class NewReworkOrder(Command):
    """`POST /api/v1/work-orders/{number}/rework-order`: an order for pieces of this one that wait for rework."""

    number: Code = Field(examples=["WO-1-R"])
    quantity: Amount
    equipment: str = Field(max_length=200)
    """The unit that reworks them."""
    due_at: Instant
    priority: int = Field(default=100, ge=0, le=999)
    reason: str = Field(min_length=1, max_length=200)


class OrderChangeRecord(Shape):
    """`GET /api/v1/work-orders/{number}/changes`: one thing that became another."""

    id: int
    operation: int | None
    what: str
    """`quantity`, `due_at`, `priority`, `over_percent`, `under_percent`, `unit`, `split`, `cancel`, `component`, `bill`."""
    before: str
    after: str
    reason: str
    at: Instant
    person: str | None
