"""Stock on its way: it is sent, then received or turned back, in parts if need be."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, Words, words

SHIPMENT = words("shipment", "在途单")


@dataclass(kw_only=True, eq=False)
class NotInTransit(Refusal):
    """The place in between is of another kind."""

    type = "not-in-transit"
    status = 422
    title = words("{place} is not a place for stock on its way.", "{place}不是在途库位。")
    detail = words("Choose a place of the kind in transit.", "请选择类型为在途的库位。")
    place: Words


@dataclass(kw_only=True, eq=False)
class LessOnItsWay(Refusal):
    """More arrives than was sent."""

    type = "less-on-its-way"
    title = words(
        "Only {open} of shipment {id} are on their way, not {quantity}.",
        "在途单{id}仅剩{open}在途，不足{quantity}。",
    )
    detail = words(
        "Enter at most that much; book what came beyond it as an adjustment, with its reason.",
        "请按在途数量收货；超出部分请填写原因进行库存调整。",
    )
    id: int
    open: Decimal
    quantity: Decimal


def arriving(*, id_: int, open_: Decimal, quantity: Decimal | None) -> Decimal:
    """What arrives (None: all that is open); raises LessOnItsWay."""
    wanted = open_ if quantity is None else quantity
    if wanted > open_ or wanted <= 0:
        raise LessOnItsWay(id=id_, open=open_, quantity=wanted)
    return wanted
