"""A purchase order's life: open, confirmed by the supplier, received line by line, closed; or cancelled before anything came."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mes_server.domain.refusal import Refusal, Words, words

PURCHASE = words("purchase order", "采购订单")
PURCHASE_LINE = words("purchase order line", "采购订单行")


class PurchaseState(StrEnum):
    """Where a purchase order is in its life."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


_STATE_WORDS = {
    PurchaseState.OPEN: words("open", "未确认"),
    PurchaseState.CONFIRMED: words("confirmed", "已确认"),
    PurchaseState.CLOSED: words("closed", "已关闭"),
    PurchaseState.CANCELLED: words("cancelled", "已取消"),
}


@dataclass(kw_only=True, eq=False)
class PurchaseEnded(Refusal):
    """Nothing happens to an order that is closed or cancelled."""

    type = "purchase-ended"
    title = words("Purchase order {number} is {state}.", "采购订单{number}{state}。")
    detail = words(
        "Make a new purchase order for what is still wanted.", "如仍需要，请新建采购订单。"
    )
    number: str
    state: Words


@dataclass(kw_only=True, eq=False)
class LineClosed(Refusal):
    """The line waits for nothing any more."""

    type = "line-closed"
    title = words("Line {line} of {number} is closed.", "{number}第{line}行已关闭。")
    detail = words(
        "Receive it against another line, or without an order.", "请按其他行收货，或无订单收货。"
    )
    number: str
    line: int


@dataclass(kw_only=True, eq=False)
class TooMuchDelivered(Refusal):
    """More than ordered and tolerated."""

    type = "too-much-delivered"
    title = words(
        "{quantity} {unit} would be more than line {line} of {number} still takes: {most}.",
        "{number}第{line}行最多还可收{most} {unit}，不能收{quantity}。",
    )
    detail = words(
        "Take only that much and turn the rest away, or ask the planner to raise the line's tolerance.",
        "请只收允许数量，其余拒收；或请计划员提高该行允差。",
    )
    number: str
    line: int
    quantity: Decimal
    most: Decimal
    unit: str


@dataclass(kw_only=True, eq=False)
class AlreadyReceived(Refusal):
    """What has come cannot be cancelled."""

    type = "already-received"
    title = words(
        "Something of purchase order {number} has arrived already.", "采购订单{number}已有到货。"
    )
    detail = words(
        "Close it instead: what is still open is then not expected any more.",
        "请改为关闭订单：未到部分将不再等待。",
    )
    number: str


@dataclass(kw_only=True, eq=False)
class LessThanReceived(Refusal):
    """A line cannot want less than has come."""

    type = "less-than-received"
    title = words(
        "{received} have arrived already; the line cannot be for {quantity}.",
        "已到货{received}，不能改为{quantity}。",
    )
    detail = words("Close the line if nothing more is wanted.", "如不再需要，请关闭该行。")
    received: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBook:
    """A purchase line as receiving sees it; quantities in the stock unit."""

    number: str
    line: int
    unit: str
    quantity: Decimal
    received: Decimal
    over_percent: Decimal
    open: bool


def check_alive(*, number: str, state: PurchaseState) -> None:
    """Raises PurchaseEnded."""
    if state in {PurchaseState.CLOSED, PurchaseState.CANCELLED}:
        raise PurchaseEnded(number=number, state=_STATE_WORDS[state])


def receive(line: LineBook, *, quantity: Decimal, last: bool) -> bool:
    """Whether the line stays open after `quantity` came; `last` says that nothing more will.

    A line closes by itself once all that was ordered has come. Raises LineClosed, or TooMuchDelivered beyond the
    line's tolerance. What is turned away at the door does not count: the supplier still owes it.
    """
    if not line.open:
        raise LineClosed(number=line.number, line=line.line)
    most = line.quantity * (100 + line.over_percent) / 100 - line.received
    if quantity > most:
        raise TooMuchDelivered(
            number=line.number,
            line=line.line,
            quantity=quantity,
            most=max(most, Decimal(0)),
            unit=line.unit,
        )
    return not last and line.received + quantity < line.quantity
