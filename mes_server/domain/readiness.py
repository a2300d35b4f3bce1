"""Whether the material of an order is there: here at the line, elsewhere in the plant, on its way, or missing.

Each order is looked at alone: what others have reserved is not there, what they only plan to use is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mes_server.domain.bill_of_material import Component, requirement
from mes_server.domain.refusal import Refusal, words
from mes_server.domain.units import booked

ZERO = Decimal(0)


class Ready(StrEnum):
    """How far a component, or an order, is from being workable; the last one is the worst."""

    READY = "ready"
    """What is still needed lies where it is consumed."""
    TO_BRING = "to_bring"
    """The plant has it, elsewhere."""
    COMING = "coming"
    """The plant has not enough, and enough is on its way."""
    MISSING = "missing"
    """Nobody has ordered enough of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Free stock at a place."""

    location: str
    location_name: dict[str, str]
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What will arrive."""

    kind: str
    """`call` (a replenishment signal), `purchase` or `work_order`."""
    reference: str
    quantity: Decimal
    at: datetime
    external: bool
    """True: it adds to what the plant has; False: it moves what the plant has to where it is consumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A component of an operation and all there is of it; quantities in the item's unit."""

    component: Component
    target: Decimal
    """Pieces that the order asks for."""
    to_make: Decimal
    """Good pieces that the operation still has to make."""
    issued: Decimal
    here: Decimal
    """Free where it is consumed, what is reserved for this operation included."""
    reserved: Decimal
    """Reserved for this operation, wherever it lies."""
    elsewhere: Sequence[Stock]
    incoming: Sequence[Incoming]

    @property
    def required(self) -> Decimal:
        """For all that the order asks for."""
        return booked(requirement(self.component, self.target))

    @property
    def needed(self) -> Decimal:
        """For what is still to be made."""
        return booked(requirement(self.component, max(self.to_make, ZERO)))

    @property
    def to_bring(self) -> Decimal:
        """What is needed and not here."""
        return max(self.needed - self.here, ZERO)

    @property
    def missing(self) -> Decimal:
        """What is needed and nowhere in the plant."""
        return max(self.to_bring - sum((place.quantity for place in self.elsewhere), ZERO), ZERO)

    @property
    def comes_at(self) -> datetime | None:
        """When enough will be here by what is on its way; None when that is not enough, or nothing has to come."""
        if self.missing > 0:
            return _covered(self.incoming, self.missing, external=True)
        return _covered(self.incoming, self.to_bring, external=False) if self.to_bring else None

    @property
    def ready(self) -> Ready:
        """How far it is from being workable."""
        if self.to_bring == 0:
            return Ready.READY
        if self.missing == 0:
            return Ready.TO_BRING
        return Ready.MISSING if self.comes_at is None else Ready.COMING


@dataclass(kw_only=True, eq=False)
class MaterialMissing(Refusal):
    """A release that insists on its material."""

    type = "material-missing"
    title = words(
        "Work order {number} is not released, because material is missing: {missing}.",
        "工单{number}未下达，缺少物料：{missing}。",
    )
    detail = words(
        "Look at its readiness for when it comes, or release it without insisting.",
        "请查看齐套情况了解到货时间，或取消齐套要求后下达。",
    )
    number: str
    missing: tuple[str, ...]
    """Item and quantity."""


def _covered(incoming: Sequence[Incoming], quantity: Decimal, *, external: bool) -> datetime | None:
    left = quantity
    for arrival in sorted(incoming, key=lambda one: one.at):
        if arrival.external == external:
            left -= arrival.quantity
            if left <= 0:
                return arrival.at
    return None


def worst(states: Sequence[Ready]) -> Ready:
    """The state of an order whose components are in these states; an order without components is ready."""
    order = list(Ready)
    return max(states, key=order.index, default=Ready.READY)
