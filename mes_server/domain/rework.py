"""Pieces that wait for rework between two operations: they are in no stock, and come back to the operation itself."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, words


@dataclass(kw_only=True, eq=False)
class NotSoManyWaiting(Refusal):
    """More came back than wait for rework."""

    type = "not-so-many-waiting"
    title = words(
        "{waiting} pieces of work order {number} wait for rework at operation {operation}, not {quantity}.",
        "工单{number}工序{operation}待返工{waiting}件，不足{quantity}件。",
    )
    detail = words(
        "Count again; pieces that were never reported as rework are reported by the machine or as production.",
        "请重新清点；未上报返工的产品应由设备计数或按产量上报。",
    )
    number: str
    operation: int
    waiting: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class ReworkedByOrder(Refusal):
    """Finished pieces wait in stock, and are reworked by an order of their own."""

    type = "reworked-by-order"
    title = words(
        "Pieces of operation {operation} of work order {number} wait for rework in stock.",
        "工单{number}工序{operation}的待返工品在返工库位。",
    )
    detail = words(
        "Create a rework order for them, or take the scrap entry back if they were good after all.",
        "请为其创建返工工单；如实为良品，请撤销原报废/返工记录。",
    )
    number: str
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reworked:
    """Event: so many came back good, and so many were given up."""

    good: Decimal
    scrap: Decimal


def rework_done(
    *,
    number: str,
    operation: int,
    yields: bool,
    waiting: Decimal,
    good: Decimal,
    scrap: Decimal,
) -> Reworked:
    """What comes back of the `waiting` pieces; produced stays what it is. Raises NotSoManyWaiting or ReworkedByOrder."""
    if yields:
        raise ReworkedByOrder(number=number, operation=operation)
    if good + scrap <= 0 or good + scrap > waiting:
        raise NotSoManyWaiting(
            number=number, operation=operation, waiting=waiting, quantity=good + scrap
        )
    return Reworked(good=good, scrap=scrap)


def check_still_waiting(
    *, number: str, operation: int, waiting: Decimal, quantity: Decimal
) -> None:
    """Refuse to take back a rework entry whose pieces have come back already."""
    if quantity > waiting:
        raise NotSoManyWaiting(
            number=number, operation=operation, waiting=waiting, quantity=quantity
        )
