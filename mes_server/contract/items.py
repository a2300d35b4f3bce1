"""Items as lists show them, and what a scanned label names."""

from datetime import date
from decimal import Decimal
from typing import Literal

from mes_server.contract.shape import LocalName, Shape


class UnitOfItem(Shape):
    """One `unit` is numerator / denominator of the stock unit."""

    unit: str
    numerator: int
    denominator: int


class ItemCard(Shape):
    """`GET /api/v1/items`: an item."""

    code: str
    name: LocalName
    unit: str
    procurement: Literal["make", "buy"]
    standard_cost: Decimal
    item_class: str
    abc_class: Literal["A", "B", "C"] | None
    gtin: str | None
    serialised: bool
    units: list[UnitOfItem]


class Scanned(Shape):
    """`GET /api/v1/scan?barcode=`: what a label names, as far as it is known here."""

    item: str | None
    lot: str | None
    serial: str | None
    container: str | None
    quantity: Decimal | None
    unit: str | None
    expires_on: date | None
    location: str | None
    """Code of a place, when the text is one."""
