"""Suppliers, purchase orders, what came against them, and proposals of what to buy and make."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from mes_server.contract.replenishment import NotNegative
from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape, UnitWord
from mes_server.contract.stock import Posting

LINES_MAX = 200
Percent = Annotated[
    Decimal, Field(ge=0, le=1000, max_digits=9, decimal_places=4, allow_inf_nan=False)
]
Text = Annotated[str, Field(max_length=200)]


class Supplier(Command):
    """`PUT /api/v1/suppliers`."""

    code: Code
    name: LocalName
    active: bool = True


class PurchaseLineOrder(Command):
    """`quantity` of `unit` (left out: the stock unit), `price` for one of that unit."""

    item: Code
    location: Code
    quantity: Amount
    unit: UnitWord | None = None
    price: NotNegative = Decimal(0)
    due_at: Instant
    over_percent: Percent = Decimal(0)
    """How much more than ordered may be delivered."""


class PurchaseOrderNew(Command):
    """`POST /api/v1/purchase-orders`. Example: `{"number": "PO-7", "supplier": "S1", "lines": [{"item": "CORD",
    "location": "WH", "quantity": "10", "unit": "box", "price": "42.50", "due_at": "2026-03-09T12:00:00Z"}]}`"""

    number: Code
    supplier: Code
    lines: Annotated[list[PurchaseLineOrder], Field(min_length=1, max_length=LINES_MAX)]


class PurchaseLineChange(Command):
    """What the supplier confirms otherwise; in the stock unit, what is left out stays."""

    line: int
    quantity: Amount | None = None
    price: NotNegative | None = None
    due_at: Instant | None = None
    over_percent: Percent | None = None


class PurchaseConfirmation(Command):
    """`POST /api/v1/purchase-orders/{number}/confirm`."""

    reference: Annotated[str, Field(max_length=64)] = ""
    changes: Annotated[list[PurchaseLineChange], Field(max_length=LINES_MAX)] = []


class PurchaseEnd(Command):
    """`POST /api/v1/purchase-orders/{number}/close | cancel`."""

    line: int | None = None
    """Close this line only."""
    reason: Text = ""


class PurchaseDelivery(Command):
    """`POST /api/v1/purchase-orders/{number}/lines/{line}/receive`: what was taken in and what was turned away, in
    `unit` (left out: the stock unit)."""

    lot: Code
    quantity: NotNegative
    rejected: NotNegative = Decimal(0)
    unit: UnitWord | None = None
    supplier_lot: Annotated[str, Field(max_length=64)] = ""
    expires_on: date | None = None
    price: NotNegative | None = None
    """For one stock unit, as invoiced; left out: the line's price."""
    location: Code | None = None
    """Left out: where the line says."""
    reason: Text = ""
    last: bool = False
    """Nothing more of this line will come."""


class PurchaseReceipt(Shape):
    """What came at a time."""

    lot: str | None
    supplier_lot: str
    quantity: Decimal
    rejected: Decimal
    price: Decimal
    reason: str
    at: Instant
    movement: int | None


class PurchaseLine(Shape):
    """A line; quantities and price in the stock unit, beside what was ordered in which unit."""

    line: int
    item: str
    item_name: LocalName
    location: str
    quantity: Decimal
    stock_unit: str
    unit: str
    unit_quantity: Decimal
    price: Decimal
    due_at: Instant
    over_percent: Decimal
    received: Decimal
    rejected: Decimal
    outstanding: Decimal
    open: bool
    receipts: list[PurchaseReceipt]


class PurchaseOrder(Shape):
    """`GET /api/v1/purchase-orders`."""

    number: str
    state: Literal["open", "confirmed", "closed", "cancelled"]
    supplier: str
    supplier_name: LocalName
    supplier_reference: str
    created_at: Instant
    confirmed_at: Instant | None
    closed_at: Instant | None
    version: int
    lines: list[PurchaseLine]


class PurchaseReceived(Shape):
    """What the delivery did to its line."""

    number: str
    line: int
    open: bool
    posting: Posting | None


class ProposalFirm(Command):
    """`POST /api/v1/proposals/{id}/firm`: the proposal becomes a line of a purchase order, or a work order."""

    number: Code
    """Of the purchase order (an open one of the same supplier gets a further line), or of the work order."""
    supplier: Code | None = None
    """Purchases: left out, the proposal's."""
    price: NotNegative | None = None
    """Purchases, for one stock unit; left out, the item's standard cost."""
    equipment: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Work orders: the one unit that makes it; left out, along the item's routing."""
    reason: Text = ""


class ProposalChange(Command):
    """`POST /api/v1/proposals/{id}/change`: what is left out stays."""

    quantity: Amount | None = None
    due_at: Instant | None = None
    supplier: Code | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ProposalRejection(Command):
    """`POST /api/v1/proposals/{id}/reject`."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Proposal(Shape):
    """`GET /api/v1/proposals`: what should be bought or made, by when, and why."""

    id: int
    kind: Literal["purchase", "make"]
    state: Literal["proposed", "firm", "rejected", "superseded"]
    item: str
    item_name: LocalName
    unit: str
    location: str
    supplier: str | None
    quantity: Decimal
    proposed_quantity: Decimal
    """As it was before people changed it."""
    start_at: Instant
    """When to order, or to start."""
    due_at: Instant
    late: bool
    """Whether that start is in the past."""
    run: int | None
    """The planning run it came of; null: of a replenishment loop."""
    projected: Decimal | None
    """What the loop's rule saw."""
    why: dict[str, Any]
    """What planning saw: gross requirement, on hand, scheduled receipts, safety stock, shortage, lot sizing."""
    pegs: list[dict[str, Any]]
    """For which orders: ref, item, quantity, at."""
    raised_at: Instant
    decided_at: Instant | None
    decision: str
    order: str | None
    """Number of the purchase order or work order it became."""
    cards: list[str] = []
    """Kanban cards (bins) that wait for it."""
