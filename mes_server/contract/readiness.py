"""Material readiness ("kitting"): what an order needs, where it is, and when it comes."""

from decimal import Decimal
from typing import Literal

from mes_server.contract.shape import Instant, LocalName, Shape

Ready = Literal["ready", "to_bring", "coming", "missing"]
"""`ready`: here; `to_bring`: elsewhere in the plant; `coming`: on its way; `missing`: nobody ordered enough."""


class StockElsewhere(Shape):
    """Free stock at another place."""

    location: str
    location_name: LocalName
    quantity: Decimal


class IncomingSupply(Shape):
    """What will arrive, and when by its plan."""

    kind: Literal["call", "purchase", "work_order"]
    reference: str
    quantity: Decimal
    at: Instant
    external: bool
    """True: it adds to what the plant has; False: it is brought from elsewhere in the plant."""


class ComponentReadiness(Shape):
    """One component of one operation; quantities in the item's unit."""

    operation: int
    item: str
    item_name: LocalName
    unit: str
    location: str | None
    """Where it is consumed."""
    location_name: LocalName | None
    required: Decimal
    """For all that the order asks for."""
    issued: Decimal
    needed: Decimal
    """For what is still to be made."""
    here: Decimal
    """Free there, this order's reservations included."""
    reserved: Decimal
    """Reserved for this operation, wherever it lies."""
    elsewhere: list[StockElsewhere]
    incoming: list[IncomingSupply]
    to_bring: Decimal
    """Needed and not here."""
    missing: Decimal
    """Needed and nowhere in the plant."""
    comes_at: Instant | None
    """When what is on its way will be enough; None when it is not, or nothing has to come."""
    ready: Ready


class OrderReadiness(Shape):
    """`GET /api/v1/work-orders/{number}/readiness` and `GET /api/v1/readiness`."""

    number: str
    item: str
    item_name: LocalName
    unit: str
    target: Decimal
    due_at: Instant
    priority: int
    ready: Ready
    """Of the component that is furthest from ready."""
    components: list[ComponentReadiness]
