"""Commands on lots, stock and replenishment."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape, UnitWord


class Receipt(Command):
    """`POST /api/v1/receipts`: a lot arrives at a location (supplier -> location)."""

    item: Code
    lot: Code
    quantity: Amount
    unit: UnitWord | None = None
    location: Code
    expires_on: date | None = None
    supplier_lot: str = Field(default="", max_length=64)
    price: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6)] | None = None
    """Money for one `unit`; it moves the item's average cost."""


class Transfer(Command):
    """`POST /api/v1/transfers`: part of a lot moves between two real locations."""

    item: Code
    lot: Code
    quantity: Amount
    unit: UnitWord | None = None
    from_location: Code
    to_location: Code
    reason: str = Field(default="", max_length=200)


class LotHold(Command):
    """`POST /api/v1/lots/{item}/{lot}/hold | release`."""

    reason: str = Field(min_length=1, max_length=200)


class LotScan(Command):
    """`POST /api/v1/units/{path}/mount`: an operator scans a lot at a unit; `barcode` is the scanned text as it is."""

    barcode: str = Field(min_length=1, max_length=200)
    override_reason: str = Field(default="", max_length=200)


class LotUnmount(Command):
    """`POST /api/v1/units/{path}/unmount`."""

    item: Code
    lot: Code


class Mounted(Shape):
    """What a scan mounted, and what it took the place of."""

    item: str
    item_name: LocalName
    lot: str
    quantity: str
    unit: str
    expires_on: date | None


class LotPick(Command):
    """So much of a lot, from one place or from wherever it lies."""

    lot: Code
    quantity: Amount
    location: Code | None = None
    """The source of the call, or a store or bin inside it."""


class SignalStep(Command):
    """`POST /api/v1/replenishments/{number}/accept | pick | deliver | close | cancel`."""

    lots: dict[str, Amount] = Field(default_factory=dict)
    """pick: lot -> quantity, from wherever it lies; empty takes what is suggested."""
    picks: Annotated[list[LotPick], Field(max_length=200)] = []
    """pick: the same with the place, e.g. `[{"lot": "R1", "quantity": "20", "location": "WH-A1"}]`."""
    reason: str = Field(default="", max_length=200)


class Posting(Shape):
    """One row of the ledger, in words."""

    id: int
    kind: str
    item: str
    lot: str
    from_location: str
    to_location: str
    quantity: Amount
    unit: str
    at: Instant
    booked_at: Instant
    order: str | None
    equipment: str | None
    person: str | None
    reason: str | None
    reverses: int | None


class StockLine(Shape):
    """`GET /api/v1/stock?location=&item=`: a lot at a real place."""

    location: str
    location_name: LocalName
    kind: str
    item: str
    item_name: LocalName
    unit: str
    lot: str
    quantity: Decimal
    reserved: Decimal
    expires_on: date | None
    status: Literal["available", "held"]


class Shortage(Shape):
    """`GET /api/v1/shortages`: consumption that waits for stock; it books itself, oldest first, when stock arrives."""

    id: int
    kind: Literal["backflush", "weigh", "scrap"]
    item: str
    item_name: LocalName
    unit: str
    location: str
    location_name: LocalName
    equipment: str
    order: str | None
    quantity: Decimal
    remaining: Decimal
    since: Instant


class LotStatus(Shape):
    """Whether a lot may be used."""

    item: str
    lot: str
    status: Literal["available", "held"]
