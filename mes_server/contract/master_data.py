"""`PUT /api/v1/master-data`: items, locations, bills, loops and people in one document; sending it again changes
nothing, sending it changed updates, nothing is deleted. All of it is taken or none."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mes_server.contract.people import Role
from mes_server.contract.replenishment import LoopRule
from mes_server.contract.routings import Routing, in_order
from mes_server.contract.shape import Amount, Code, Command, LocalName, UnitWord

Percent = Annotated[
    Decimal, Field(ge=0, lt=100, max_digits=9, decimal_places=4, allow_inf_nan=False)
]


class ItemUnit(Command):
    """One `unit` is numerator / denominator of the item's stock unit, exactly: 1 roll = 200 m is 200 / 1."""

    unit: UnitWord
    numerator: int = Field(gt=0, le=10**12)
    denominator: int = Field(default=1, gt=0, le=10**12)


class Item(Command):
    """Something that is stocked, in its one stock unit."""

    code: Code
    name: LocalName
    unit: str = Field(min_length=1, max_length=12)
    procurement: Literal["make", "buy"]
    standard_cost: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] = Decimal(0)
    item_class: str | None = Field(default=None, max_length=64)
    """Here and below: left out, it stays as it is."""
    abc_class: Literal["A", "B", "C"] | None = None
    gtin: str | None = Field(default=None, max_length=14)
    """8, 12, 13 or 14 digits, the last one a check digit."""
    serialised: bool | None = None
    """True: each piece has a number of its own."""
    conversion_cost: Annotated[Decimal, Field(ge=0, lt=10**12, allow_inf_nan=False)] | None = None
    """Labour and machine at standard, for one stock unit that is made."""
    units: list[ItemUnit] | None = Field(default=None, max_length=20)


class Location(Command):
    """A place that holds stock."""

    code: Code
    name: LocalName
    kind: Literal[
        "site", "store", "bin", "line_side", "in_transit", "quarantine", "scrap", "finished"
    ]
    parent: Code | None = None


class Substitute(Command):
    """What may take a component's place."""

    item: Code
    ratio: Amount = Decimal(1)
    """So much of it for one of the component."""
    priority: int = Field(default=100, ge=0, le=999)
    """Lower ones are preferred."""


class BillOutput(Command):
    """A co- or by-product: what comes out besides, for the bill's base quantity of good pieces."""

    item: Code
    quantity: Amount
    kind: Literal["co", "by"] = "by"
    location: Code | None = None
    """Where it goes; None: where the yielding unit puts its pieces."""


class Component(Command):
    """So much of an item for the bill's base quantity."""

    item: Code
    quantity: Amount
    unit: UnitWord | None = None
    """A unit of the item; the bill is kept in stock units, stated for a multiple of its base where that is exact."""
    scrap_percent: Percent = Decimal(0)
    measured: bool = False
    """True: booked as weighed or issued, never backflushed."""
    substitutes: list[Substitute] = Field(default=[], max_length=50)


class Bill(Command):
    """Bill of material of one item."""

    item: Code
    revision: Code = "A"
    base_quantity: Amount = Decimal(1)
    valid_from: date | None = None
    """First day, of the plant, on which it is in force; of several in force the latest to come into force counts."""
    valid_until: date | None = None
    """First day on which it is not in force any more."""
    components: list[Component]
    outputs: list[BillOutput] = Field(default=[], max_length=50)

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        return in_order(self)


class KeptBill(Bill):
    """`GET /api/v1/bills`: a bill as it is kept."""

    in_force: bool
    """Whether an order that is released today freezes this revision."""


class Loop(LoopRule, Command):
    """Replenishment of one item at one place; what a document does not name stays as it is."""


class Member(Command):
    """A person with a badge."""

    badge: Code
    name: str = Field(min_length=1, max_length=80)
    roles: list[Role]
    language: Literal["en", "zh"] = "en"
    pin: str | None = Field(default=None, pattern=r"^\d{4,12}$", repr=False)
    """Left out, the PIN stays as it is. It is kept as an Argon2 hash only."""


class MasterData(Command):
    """The document."""

    items: list[Item] = []
    locations: list[Location] = []
    bills: list[Bill] = []
    loops: list[Loop] = []
    people: list[Member] = []
    routings: list[Routing] = []


class Applied(Command):
    """How many rows of each kind were new or changed."""

    changed: dict[str, int]
