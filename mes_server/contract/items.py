"""Items as lists show them, and what a scanned label names."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mes_server.contract.master_data import ItemUnit
from mes_server.contract.shape import Code, Command, LocalName, Shape, UnitWord


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


class ItemChange(Command):
    """`PUT /api/v1/items/{code}`: the whole item; what is left out is empty from now on.

    What `GET` gave can be changed and sent back as it is.
    """

    code: Code | None = None
    """Left out, or the same as in the path."""
    name: LocalName = Field(min_length=1)
    unit: UnitWord
    """The stock unit; fixed once something was booked."""
    procurement: Literal["make", "buy"]
    standard_cost: Annotated[
        Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)
    ] = Decimal(0)
    """Money for one stock unit."""
    item_class: str = Field(default="", max_length=64)
    abc_class: Literal["A", "B", "C"] | None = None
    gtin: str | None = Field(default=None, max_length=14)
    """8, 12, 13 or 14 digits, the last one a check digit."""
    serialised: bool = False
    """True: each piece has a number of its own."""
    units: list[ItemUnit] = Field(default=[], max_length=20)
    """Further units, each as a share of the stock unit."""


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
