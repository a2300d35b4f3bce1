"""Containers and serial numbers."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape, UnitWord
from mes_server.contract.stock import Posting
from mes_server.contract.work_orders import OperationNumber


class ContainerEntry(Command):
    """`POST /api/v1/containers`: a container by its plain code or SSCC, empty."""

    code: Code
    kind: str = Field(default="", max_length=40)
    location: Code
    tare: Amount | None = None
    tare_unit: UnitWord | None = None


class ContentEntry(Command):
    """`POST /api/v1/containers/{code}/pack | unpack`: loose stock of its place goes in, or comes out."""

    item: Code
    lot: Code
    quantity: Amount
    unit: UnitWord | None = None


class ContainerMove(Command):
    """`POST /api/v1/containers/{code}/move`: it goes to another place with all that is in it."""

    to_location: Code
    reason: str = Field(default="", max_length=200)


class ContentLine(Shape):
    """So much of a lot."""

    item: str
    item_name: LocalName
    unit: str
    lot: str
    quantity: Decimal


class Container(Shape):
    """A container and what it holds."""

    code: str
    kind: str
    location: str
    location_name: LocalName
    status: Literal["empty", "in_use", "full"]
    tare: Decimal | None
    tare_unit: str | None
    moved_at: Instant | None
    contents: list[ContentLine]


SerialCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]


class SerialsEntry(Command):
    """`POST /api/v1/serials`: pieces that lie at a place get their numbers; `number` is the order that made them."""

    item: Code
    lot: Code
    location: Code
    serials: list[SerialCode] = Field(min_length=1, max_length=500)
    number: Code | None = None
    operation: OperationNumber = None


class Registered(Shape):
    """How many pieces got numbers."""

    registered: int


class SerialsMove(Command):
    """`POST /api/v1/serials/move`: numbered pieces go to another place."""

    item: Code
    serials: list[SerialCode] = Field(min_length=1, max_length=500)
    to_location: Code


class Moved(Shape):
    """What was booked, a row a lot and place."""

    postings: list[Posting]


class SerialFit(Command):
    """`POST /api/v1/work-orders/{number}/serials/build | take-out`: a piece goes into another one, or comes out."""

    operation: OperationNumber = None
    item: Code
    serial: SerialCode
    into_item: Code
    into_serial: SerialCode
    location: Code | None = None
    """take-out: where it lies then."""
    reason: str = Field(default="", max_length=200)


class SerialEvent(Shape):
    """What happened to a piece."""

    kind: Literal["register", "move", "build", "take_out", "scrap"]
    at: Instant
    from_location: str | None
    to_location: str | None
    into_item: str | None
    into_serial: str | None
    order: str | None
    movement: int | None
    person: str | None


class SerialLine(Shape):
    """A numbered piece; `built_into` is what it is part of."""

    item: str
    item_name: LocalName
    serial: str
    lot: str
    state: Literal["in_stock", "consumed", "gone"]
    location: str | None
    made_by: str | None
    built_into_item: str | None
    built_into: str | None
    registered_at: Instant


class SerialTrace(SerialLine):
    """`GET /api/v1/serials/{item}/{serial}`: its history, and every piece that is built into it, on any level."""

    history: list[SerialEvent]
    inside: list[SerialLine]
