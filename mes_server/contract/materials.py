"""What people do with material by hand: reserve, issue, return, put away, adjust, reverse."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape, UnitWord
from mes_server.contract.stock import Posting
from mes_server.contract.work_orders import OperationNumber

Reason = Annotated[str, Field(min_length=1, max_length=200)]
Maybe = Annotated[str, Field(max_length=200)]
Difference = Annotated[Decimal, Field(max_digits=18, decimal_places=6, allow_inf_nan=False)]
"""What is added (+) or taken off (-)."""


class ReservationAsk(Command):
    """`POST /api/v1/work-orders/{number}/reservations`: with a lot a hard claim on it, without one a soft claim whose
    lots may be exchanged."""

    operation: OperationNumber = None
    item: Code
    quantity: Amount
    unit: UnitWord | None = None
    lot: Code | None = None
    location: Code | None = None
    """Left out: where the order's bill takes the item from."""


class ReservationRelease(Command):
    """`POST /api/v1/work-orders/{number}/reservations/{id}/release`."""

    quantity: Amount | None = None
    """In the stock unit; left out: all that is left."""
    reason: Maybe = ""


class Reservation(Shape):
    """A claim of an operation on a lot; `hard` ones stay on it."""

    id: int
    order: str
    operation: int
    item: str
    item_name: LocalName
    unit: str
    location: str
    location_name: LocalName
    lot: str
    hard: bool
    quantity: Decimal
    remaining: Decimal
    at: Instant
    ended_at: Instant | None
    person: str | None


class Reservations(Shape):
    """What was reserved, a row a lot."""

    reservations: list[Reservation]


class IssueEntry(Command):
    """`POST /api/v1/work-orders/{number}/issues`: a person took material for the order; it replaces the standard."""

    operation: OperationNumber = None
    item: Code
    quantity: Amount
    unit: UnitWord | None = None
    lot: Code | None = None
    """Left out: own reservations, mounted lots, then first expired first."""
    location: Code | None = None
    override_reason: Maybe = ""
    """Why a later lot is taken first, or an item that the bill does not name."""


class Issued(Shape):
    """What was booked, a row a lot."""

    postings: list[Posting]


class ReturnEntry(Command):
    """`POST /api/v1/work-orders/{number}/returns`: material that the order took comes back."""

    operation: OperationNumber = None
    item: Code
    lot: Code
    quantity: Amount
    unit: UnitWord | None = None
    location: Code | None = None
    reason: Maybe = ""


class PutAwayEntry(Command):
    """`POST /api/v1/put-aways`: to the named place, else to the suggested bin."""

    item: Code
    lot: Code
    quantity: Amount
    unit: UnitWord | None = None
    from_location: Code
    to_location: Code | None = None


class BinSuggestion(Shape):
    """`GET /api/v1/put-aways/suggestion?item=&lot=&from=`: the bin that has the lot, else the item, else nothing."""

    location: str
    location_name: LocalName


class AdjustmentEntry(Command):
    """`POST /api/v1/adjustments`: what the books have too much (-) or too little (+); above the limit it waits."""

    item: Code
    lot: Code
    location: Code
    quantity: Difference
    unit: UnitWord | None = None
    reason: Reason


class AdjustmentLimit(Command):
    """`PUT /api/v1/adjustments/limit`: what an adjustment may be worth, in money, without another person."""

    limit: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]


class AdjustmentDecision(Command):
    """`POST /api/v1/adjustments/{id}/approve | refuse`, by somebody else than who asked."""

    reason: Reason


class Adjustment(Shape):
    """An adjustment, booked or waiting."""

    id: int
    item: str
    item_name: LocalName
    unit: str
    lot: str
    location: str
    quantity: Decimal
    value: Decimal
    reason: str
    state: Literal["booked", "waiting", "refused"]
    asked_at: Instant
    asked_by: str | None
    decided_at: Instant | None
    decided_by: str | None
    decision: str
    movement: int | None


class Reversal(Command):
    """`POST /api/v1/movements/{id}/reverse`: a mirrored posting, once."""

    reason: Reason
