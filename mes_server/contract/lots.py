"""Lots: listed by what they are, and one of them with all that is known of it."""

from datetime import date
from decimal import Decimal
from typing import Literal

from mes_server.contract.shape import Instant, LocalName, Shape
from mes_server.contract.stock import Posting


class Lot(Shape):
    """`GET /api/v1/lots`: a lot, wherever it is, used up or not."""

    item: str
    item_name: LocalName
    unit: str
    lot: str
    status: Literal["available", "held"]
    expires_on: date | None
    expired: bool
    """Whether that day is past, by the plant's calendar."""
    supplier_lot: str
    received_at: Instant
    on_hand: Decimal
    """At all real places together."""
    reserved: Decimal
    places: int
    """At how many places it lies."""


class LotPlace(Shape):
    """So much of a lot at one place; what is at customers counts as a place of the kind `customer`."""

    location: str
    location_name: LocalName
    kind: str
    quantity: Decimal
    reserved: Decimal


class LotContainer(Shape):
    """So much of a lot in a container."""

    container: str
    location: str
    quantity: Decimal
    sealed: bool


class LotMount(Shape):
    """A unit that uses the lot now."""

    equipment: str
    location: str
    mounted_at: Instant
    quantity_at_mount: Decimal


class LotLink(Shape):
    """Where to read on."""

    rel: Literal["origins", "uses", "recall", "movements", "why"]
    href: str


class LotCard(Lot):
    """`GET /api/v1/lots/{item}/{lot}`: a lot with where it is, where it came from, and what happened to it last."""

    at: list[LotPlace]
    containers: list[LotContainer]
    mounted: list[LotMount]
    serials: int
    """Numbered pieces of it that are in stock."""
    origin: Posting | None
    """The first posting: a receipt, or the output of an order; null: nothing was booked yet."""
    last_movements: list[Posting]
    """The last twenty, newest first."""
    links: list[LotLink]
    """Genealogy both ways, recall, all movements, and the explanation of each balance."""
