"""Routings: which operations make an item, on which units, and which components each consumes."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Protocol, Self, TypeVar

from pydantic import Field, model_validator

from mes_server.contract.shape import Code, Command, LocalName

Seconds = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2, allow_inf_nan=False)]
SecondsAPiece = Annotated[
    Decimal, Field(gt=0, max_digits=12, decimal_places=4, allow_inf_nan=False)
]


class _Dated(Protocol):
    @property
    def valid_from(self) -> date | None: ...

    @property
    def valid_until(self) -> date | None: ...


D = TypeVar("D", bound=_Dated)


def in_order(dated: D) -> D:
    """The same, when its dates can be; raises ValueError."""
    if dated.valid_from and dated.valid_until and dated.valid_until <= dated.valid_from:
        raise ValueError("valid_until must be after valid_from")
    return dated


class RoutingOperation(Command):
    """One operation of a routing."""

    number: int = Field(ge=1, le=32_767, examples=[10])
    name: LocalName = {}
    units: list[Annotated[str, Field(max_length=200)]] = Field(min_length=1, max_length=100)
    """Paths of the units that can do it, the preferred one first."""
    setup_s: Seconds = Decimal(0)
    run_s: SecondsAPiece | None = None
    """For one piece; None: the unit's ideal cycle."""
    components: list[Code] = Field(default=[], max_length=500)
    """Components of the bill that it consumes; what no operation names is consumed by the first."""
    outsourced: bool = False
    """Done outside: people send out and receive back, no machine counts."""


class Routing(Command):
    """How an item is made, in the order of the operations' numbers; the last operation yields the pieces.

    In `PUT /api/v1/master-data`, and on `GET /api/v1/routings`.
    """

    item: Code
    revision: Code = "A"
    valid_from: date | None = None
    valid_until: date | None = None
    """First day on which it is not in force any more."""
    operations: list[RoutingOperation] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        return in_order(self)
