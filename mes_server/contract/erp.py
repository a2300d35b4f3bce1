"""Documents for the ERP system: what was made, used, received and moved, each posting of the ledger in exactly one."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from mes_server.contract.shape import Command, Instant, Shape


class ErpMaterial(Shape):
    """Postings of one document, summed by what they mean, item, lot and way."""

    use: Literal["consumed", "produced", "received", "adjusted", "moved"]
    kind: str
    """Kind of the postings in the ledger."""
    item: str
    lot: str
    from_location: str
    to_location: str
    quantity: Decimal
    """In the item's unit; below zero for what is taken back."""
    unit: str
    postings: int
    since: Instant
    until: Instant


class ErpBody(Shape):
    """What a document says."""

    site: str
    work_order: str | None
    operation: int | None
    progress: dict[str, Any] | None
    """How far the operation is in all: `good`, `scrap`, `rework`, `target`, `state`."""
    equipment: list[str]
    people: list[str]
    materials: list[ErpMaterial]


class ErpDocument(Shape):
    """One document; sequences grow, and may leave numbers out."""

    sequence: int
    id: str
    kind: Literal["production", "receipt", "inventory"]
    created_at: Instant
    since: Instant
    until: Instant
    postings: int
    """How many rows of the ledger it stands for."""
    quantity: Decimal
    """Sum of their quantities, all items together: a check sum."""
    acknowledged_at: Instant | None
    document: ErpBody


class ErpAcknowledgement(Command):
    """`POST /api/v1/erp/acknowledgements`: everything up to a sequence is safe in the ERP system."""

    through: int = Field(ge=0)


class ErpAcknowledged(Shape):
    """How many documents that were, beside those acknowledged before."""

    through: int
    acknowledged: int


class ErpCut(Shape):
    """How many documents there are more."""

    documents: int


class ErpResend(Command):
    """`POST /api/v1/erp/resend`: documents that the ERP system wants once more."""

    webhook: int = Field(ge=1)
    """Number of the webhook that pushes them."""
    after: int = Field(default=0, ge=0)
    """The last sequence that the ERP system has."""
    through: int | None = Field(default=None, ge=0)
    """The last one that it wants; left out: all."""


class ErpResent(Shape):
    """How many documents wait again, and up to which sequence."""

    documents: int
    through: int


class ErpTotals(Shape):
    """All documents together: their postings and quantity equal the ledger's since the outbox began."""

    documents: int
    postings: int
    quantity: Decimal
    last_sequence: int
    acknowledged: int
