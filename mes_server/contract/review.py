"""What waits for a person's judgement."""

from decimal import Decimal

from mes_server.contract.shape import Instant, LocalName, Shape


class QuarantinedFact(Shape):
    """`GET /api/v1/quarantine`: a fact that is stored, not booked, and why."""

    id: int
    agent: str
    equipment: str
    signal: str
    at: Instant
    quantity: Decimal
    reason: str
    resolved_at: Instant | None


class NoOrderCount(Shape):
    """`GET /api/v1/no-order-counts`: pieces that a unit made in one hour outside any order."""

    equipment: str
    equipment_name: LocalName
    hour: Instant
    good: Decimal
    scrap: Decimal


class OverUpstream(Shape):
    """`GET /api/v1/over-upstream`: an operation whose machine counted more than the operation before made good."""

    number: str
    operation: int
    equipment: str
    equipment_name: LocalName
    produced: Decimal
    upstream_good: Decimal
    over_upstream: Decimal
