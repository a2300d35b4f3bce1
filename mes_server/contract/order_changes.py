"""Commands that change an order after it was created, and the record of what was changed."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from mes_server.contract.feed import OrderCard
from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape
from mes_server.contract.work_orders import OperationNumber, OverPercent, UnderPercent


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


class Refreeze(Command):
    """`POST /api/v1/work-orders/{number}/refreeze`: freeze the bill in force; only later consumption changes."""

    reason: str = Field(min_length=1, max_length=200, examples=["revision B is cheaper"])


class BillDifference(Shape):
    """What a re-freeze changes of one component of one operation."""

    operation: int
    item: str
    kind: Literal["added", "removed", "changed"]
    before: str
    after: str


class Refrozen(Shape):
    """The order's first card after a re-freeze, and what was changed."""

    card: OrderCard
    changes: list[BillDifference]


class SubstituteEntry(Command):
    """`POST /api/v1/work-orders/{number}/substitute`: another item takes a component's place from now on."""

    operation: OperationNumber = None
    component: Code
    substitute: Code
    ratio: Amount | None = None
    """So much of the substitute for one of the component. None: as the bill permits it; one outside the permitted list
    needs a ratio, and quality or a manager."""
    reason: str = Field(min_length=1, max_length=200)


class OrderComponent(Shape):
    """`GET /api/v1/work-orders/{number}/components`: what an operation uses, or used until it was replaced."""

    operation: int
    item: str
    item_name: LocalName
    unit: str
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal
    measured: bool
    produced_from: Decimal
    """Produced quantity from which on it is stated so."""
    produced_until: Decimal | None
    """Produced quantity at which it went out of use; None while it is used."""
    standard: Decimal
    """What should have been consumed of it, all told."""
    issued: Decimal
    substitute_for: str | None
    substitutes: list[str]
    """Permitted in its place, the preferred one first."""


class OrderOutput(Shape):
    """`GET /api/v1/work-orders/{number}/outputs`: a co- or by-product and where it goes."""

    number: str
    operation: int
    item: str
    item_name: LocalName
    unit: str
    lot: str
    location: str
    location_name: LocalName
    quantity: Decimal
    base_quantity: Decimal
    kind: Literal["co", "by"]
    """`quantity` 0: the bill does not name it any more."""
    posted: Decimal
    due: Decimal
    """What the good pieces come to; less than `posted` when pieces were scrapped and what came out with them was gone."""
