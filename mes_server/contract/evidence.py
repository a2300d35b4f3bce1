"""`GET /api/v1/why/movements/{id}` and `/why/work-orders/{number}/good`: what lies behind a figure."""

from decimal import Decimal
from typing import Any, Literal

from mes_server.contract.feed import OrderCard
from mes_server.contract.shape import Instant, Shape
from mes_server.contract.stock import Posting


class Batch(Shape):
    """The batch of facts that was committed in one transaction."""

    id: int
    received_at: Instant
    gateway: str
    facts: int


class PersonCommand(Shape):
    """The command of a person."""

    id: str
    kind: str
    given: dict[str, Any]
    """What was asked for, reasons included."""
    person: str | None
    station: str
    at: Instant


class Reading(Shape):
    """A stored fact: the signal's total stepped by `step` during (since, at]."""

    at: Instant
    since: Instant | None
    arrived_at: Instant
    agent: str
    seq: int
    ingest_id: int
    signal: str | None
    quality: Literal["good", "uncertain", "quarantined"]
    step: Decimal | None
    total: Decimal | None
    detail: str | None


class WhyMovement(Shape):
    """A row of the ledger, and the batch or the command it comes from."""

    posting: Posting
    batch: Batch | None
    command: PersonCommand | None
    readings: list[Reading]
    next: str | None
    """Ask again with `after=` this for more readings; None when these are all."""


class WhyGood(Shape):
    """The counts behind an operation's figures; scrap entries of people are listed by `/scrap-reports`."""

    order: OrderCard
    readings: list[Reading]
    next: str | None
