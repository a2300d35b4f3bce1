"""An operation that is done outside: pieces are sent out and received back, and what comes back is its progress."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, Words, words


@dataclass(kw_only=True, eq=False)
class DoneOutside(Refusal):
    """A supplier's operation is not started on a unit."""

    type = "done-outside"
    title = words(
        "Operation {operation} of work order {number} is done outside.",
        "工单{number}工序{operation}为外协工序。",
    )
    detail = words("Send pieces out; that starts it.", "请登记外协发出，工序随之开始。")
    number: str
    operation: int


@dataclass(kw_only=True, eq=False)
class DoneHere(Refusal):
    """Only a supplier's operation has pieces outside."""

    type = "done-here"
    status = 422
    title = words(
        "Operation {operation} of work order {number} is done here.",
        "工单{number}工序{operation}为厂内工序。",
    )
    detail = words("Start it on its unit.", "请在设备上开工。")
    number: str
    operation: int


@dataclass(kw_only=True, eq=False)
class NotSoManyToSend(Refusal):
    """More than the operation before made."""

    type = "not-so-many-to-send"
    title = words(
        "Work order {number}: the operation before made {upstream} good, {sent} of them were sent out; {quantity} more "
        "cannot be sent.",
        "工单{number}：上道工序良品{upstream}件，已发出{sent}件，无法再发出{quantity}件。",
    )
    detail = words("Send at most {left} now.", "目前最多可发出{left}件。")
    number: str
    upstream: Decimal
    sent: Decimal
    quantity: Decimal
    left: Decimal


@dataclass(kw_only=True, eq=False)
class NotSoManyOutside(Refusal):
    """More came back than went out."""

    type = "not-so-many-outside"
    title = words(
        "Of work order {number}, {outside} pieces are outside; {quantity} cannot have come back.",
        "工单{number}在外协处有{outside}件，无法收回{quantity}件。",
    )
    detail = words(
        "Count again, or enter what was sent out first.", "请重新清点，或先登记发出数量。"
    )
    number: str
    outside: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class StillOutside(Refusal):
    """Completed while pieces are outside."""

    type = "still-outside"
    overridable = True
    title = words(
        "Of work order {number}, {outside} pieces are still outside.",
        "工单{number}仍有{outside}件在外协处。",
    )
    detail = words(
        "Receive them back first, or complete it with a reason.",
        "请先收回，或填写原因后完工。",
    )
    number: str
    outside: Decimal


@dataclass(kw_only=True, eq=False)
class NotEnoughToProvide(Refusal):
    """The supplier cannot be given what is not there."""

    type = "not-enough-to-provide"
    title = words(
        "{place} has {here} of {item} free; {quantity} go with these pieces.",
        "{place}的{item}可用数量为{here}，本次外协需提供{quantity}。",
    )
    detail = words(
        "Take it from another place, or send fewer pieces.", "请从其他库位提供，或减少发出数量。"
    )
    item: str
    place: Words
    here: Decimal
    quantity: Decimal


def check_send(
    number: str, *, quantity: Decimal, sent: Decimal, upstream_good: Decimal | None
) -> None:
    """Refuse to send what the operation before has not made; raises NotSoManyToSend."""
    if upstream_good is not None and sent + quantity > upstream_good:
        raise NotSoManyToSend(
            number=number,
            upstream=upstream_good,
            sent=sent,
            quantity=quantity,
            left=max(upstream_good - sent, Decimal(0)),
        )


def check_receive(number: str, *, quantity: Decimal, sent: Decimal, produced: Decimal) -> None:
    """Refuse to receive what is not outside; raises NotSoManyOutside."""
    outside = max(sent - produced, Decimal(0))
    if quantity > outside:
        raise NotSoManyOutside(number=number, outside=outside, quantity=quantity)


def check_nothing_outside(number: str, *, sent: Decimal, produced: Decimal) -> None:
    """Refuse to complete while pieces are outside; raises StillOutside."""
    if sent > produced:
        raise StillOutside(number=number, outside=sent - produced)
