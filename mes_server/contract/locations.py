"""Places as a tree, stock summed up it, and shipments between places."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape, UnitWord

PlaceKind = Literal[
    "site", "store", "bin", "line_side", "in_transit", "quarantine", "scrap", "finished"
]


class LocationChange(Command):
    """`PUT /api/v1/locations/{code}`: what the place is from now on. `active: false` closes it."""

    name: LocalName
    kind: PlaceKind
    parent: Code | None = None
    active: bool = True


class SavedLocation(Shape):
    """A place, and what it lies in."""

    code: str
    name: LocalName
    kind: str
    parent: str | None
    active: bool


class StockTotal(Shape):
    """`GET /api/v1/stock/totals?location=`: an item in a place and all places below it."""

    item: str
    item_name: LocalName
    unit: str
    on_hand: Decimal
    reserved: Decimal
    blocked: Decimal
    """Held, or in quarantine."""
    places: int


class ShipmentEntry(Command):
    """`POST /api/v1/shipments`: part of a lot leaves for another place; until it is received it is in transit."""

    item: Code
    lot: Code
    quantity: Amount
    unit: UnitWord | None = None
    from_location: Code
    to_location: Code
    transit_location: Code
    """A place of the kind in transit."""


class ShipmentArrival(Command):
    """`POST /api/v1/shipments/{id}/receive | turn-back`: so much arrives, or comes back; left out: all that is open."""

    quantity: Amount | None = None
    """In the stock unit."""
    reason: str = Field(default="", max_length=200)


class Shipment(Shape):
    """Stock on its way; `open` is neither received nor turned back."""

    id: int
    item: str
    item_name: LocalName
    unit: str
    lot: str
    from_location: str
    transit_location: str
    to_location: str
    quantity: Decimal
    received: Decimal
    turned_back: Decimal
    open: Decimal
    sent_at: Instant
    sent_by: str | None
    closed_at: Instant | None
