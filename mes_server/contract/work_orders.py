"""Commands on work orders. States follow OPC UA for ISA-95 job control (OPC 10031-4)."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape, UnitWord

OverPercent = Annotated[Decimal, Field(ge=0, le=1000, allow_inf_nan=False)]
UnderPercent = Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)]
AmountOrNone = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
OperationNumber = Annotated[
    int | None,
    Field(ge=1, le=32_767, description="Number of the operation; none: the order's first"),
]


class NewWorkOrder(Command):
    """`POST /api/v1/work-orders`: one operation on one unit, or the operations of the item's routing; it is created not
    allowed to start."""

    number: Code
    item: Code
    quantity: Amount
    equipment: str | None = None
    """The one unit that makes it; None: the item's routing in force says which operations and units."""
    due_at: Instant
    priority: int = Field(default=100, ge=0, le=999)
    over_percent: OverPercent = Decimal(10)
    """Over-delivery tolerance: beyond it a machine's count is kept and flagged, a person's report refused."""
    over_unlimited: bool = False
    """True: any over-delivery is within tolerance, whatever the per cent say."""
    under_percent: UnderPercent | None = None
    """Under-delivery tolerance: completing short of it needs a reason. None is unlimited."""


class OperationChange(Command):
    """`POST /api/v1/work-orders/{number}/release | start | pause | hold | resume | complete | close | abort`."""

    operation: OperationNumber = None
    at: Instant | None = None
    """Machine time of the change; None means when the server takes it."""
    reason: str = Field(default="", max_length=200)
    """Needed to complete an order short of its tolerance."""
    insist_on_material: bool = False
    """For a release: refuse it while the plant has not all that the order needs."""


class ScrapEntry(Command):
    """`POST /api/v1/work-orders/{number}/scrap`: reclassifies good pieces; it never adds production."""

    operation: OperationNumber = None
    quantity: Amount
    unit: UnitWord | None = None
    reason: str = Field(min_length=1, max_length=80)
    disposition: Literal["scrap", "rework"] = "scrap"


class CountAttribution(Command):
    """`POST /api/v1/work-orders/{number}/attribute`: what the order's unit counted and weighed outside any order
    during [since, until) becomes the order's: pieces are produced and consume material like any other, weighings are
    its consumption, out of the lots that they were taken from."""

    operation: OperationNumber = None
    since: Instant
    until: Instant
    reason: str = Field(min_length=1, max_length=200)


class UnitChoice(Command):
    """`POST /api/v1/work-orders/{number}/unit`: another unit for an operation that has not begun."""

    operation: OperationNumber = None
    unit: str = Field(max_length=200, examples=["kettle-works/assembly/A1/ASM1"])
    reason: str = Field(default="", max_length=200)


class ProductionEntry(Command):
    """`POST /api/v1/work-orders/{number}/report`: pieces made where no machine counts. They are produced, and consume
    material, like counted ones; beyond the operation before or the order's tolerance they are refused."""

    operation: OperationNumber = None
    good: AmountOrNone = Decimal(0)
    scrap: AmountOrNone = Decimal(0)
    reason: str = Field(min_length=1, max_length=200, examples=["counted by hand"])

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.good and not self.scrap:
            raise ValueError("report at least one piece")
        return self


class SendOutEntry(Command):
    """`POST /api/v1/work-orders/{number}/send-out`: pieces leave for the supplier that does the operation."""

    operation: OperationNumber = None
    quantity: Amount
    from_location: Code | None = None
    """Where the components for them are taken; None: the supplier has them, or needs none."""
    note: str = Field(default="", max_length=200, examples=["delivery note 4711"])


class ReceiveBackEntry(Command):
    """`POST /api/v1/work-orders/{number}/receive-back`: pieces come back from the supplier."""

    operation: OperationNumber = None
    good: AmountOrNone = Decimal(0)
    scrap: AmountOrNone = Decimal(0)
    note: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.good and not self.scrap:
            raise ValueError("receive at least one piece")
        return self


class OutsideShipment(Shape):
    """`GET /api/v1/work-orders/{number}/shipments`: what left for a supplier, or came back."""

    id: int
    number: str
    operation: int
    equipment: str
    equipment_name: LocalName
    sent: Decimal
    good: Decimal
    scrap: Decimal
    note: str
    at: Instant
    person: str | None


class ProductionReport(Shape):
    """What a person said was made."""

    id: int
    number: str
    operation: int
    good: Decimal
    scrap: Decimal
    reason: str
    at: Instant
    person: str | None
    command_id: str
    """The command's idempotency key, as in the audit log."""


class ScrapReport(Shape):
    """A booked scrap entry; `POST /api/v1/scrap-reports/{id}/reverse` takes it back."""

    id: int
    number: str
    operation: int
    quantity: Amount
    reason: str
    disposition: Literal["scrap", "rework"]
    at: Instant
    person: str | None
    reversed_at: Instant | None


class MaterialNeed(Shape):
    """One component of an order and what there is of it."""

    item: str
    item_name: LocalName
    unit: str
    required: str
    """For what is still to be made, in the item's unit, as a decimal."""
    line_side: str
    elsewhere: str
    ready: bool


class QueueEntry(Shape):
    """`GET /api/v1/units/{path}/queue`: an order that may run here next, and what keeps it from starting."""

    number: str
    operation: int
    materials: list[MaterialNeed]
    blocked_by: list[str]
    """Why it cannot start now, in the caller's language; empty when it can."""
