"""What may still be changed on an order: its quantity, its parts, and pieces of it to be reworked."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.order_state import ENDED, wrong_state
from mes_server.domain.refusal import Refusal, Words, words
from mes_server.domain.work_order import Operation

CHANGED = words("be changed", "修改")
SPLIT = words("be split", "拆分")
CANCELLED = words("be cancelled", "取消")


@dataclass(kw_only=True, eq=False)
class BelowMade(Refusal):
    """An order cannot ask for less than was made for it."""

    type = "below-made"
    title = words(
        "Work order {number} has made {made} good already; its quantity cannot become {quantity}.",
        "工单{number}已产出良品{made}件，数量无法改为{quantity}。",
    )
    detail = words(
        "Give at least what was made, or complete the order.",
        "请填写不少于已产出的数量，或将工单完工。",
    )
    number: str
    made: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class SplitTooLarge(Refusal):
    """No more than what is left can be split off."""

    type = "split-too-large"
    title = words(
        "Of work order {number}'s {target}, {made} are made good; {quantity} cannot be split off.",
        "工单{number}数量{target}，已产出良品{made}件，无法拆出{quantity}件。",
    )
    detail = words(
        "Split off at most {left}, and leave the order something to make.",
        "最多可拆出{left}件，且原工单须保留待产数量。",
    )
    number: str
    target: Decimal
    made: Decimal
    quantity: Decimal
    left: Decimal


@dataclass(kw_only=True, eq=False)
class NotSoManyToRework(Refusal):
    """A rework order needs pieces that wait for rework."""

    type = "not-so-many-to-rework"
    title = words(
        "Of work order {number}, {waiting} pieces wait for rework that no order was given for; {quantity} were asked for.",
        "工单{number}有{waiting}件待返工且尚未下单，申请数量为{quantity}件。",
    )
    detail = words(
        "Order fewer, or report the pieces as rework first.", "请减少数量，或先将产品报为返工。"
    )
    number: str
    waiting: Decimal
    quantity: Decimal


def made(operations: Sequence[Operation]) -> Decimal:
    """The most good pieces that any operation made: what the order has begun for good."""
    return max((operation.good for operation in operations), default=Decimal(0))


def check_open(operations: Sequence[Operation], *, verb: Words) -> None:
    """Refuse to touch an order all of whose operations have ended; raises WrongState."""
    if all(operation.state in ENDED for operation in operations):
        last = operations[-1]
        raise wrong_state(last.number, verb, last.state)


def check_quantity(operations: Sequence[Operation], quantity: Decimal) -> None:
    """Refuse a quantity below what was made good; raises BelowMade."""
    done = made(operations)
    if quantity < done:
        raise BelowMade(number=operations[0].number, made=done, quantity=quantity)


def check_split(operations: Sequence[Operation], quantity: Decimal) -> Decimal:
    """What the order asks for after `quantity` was split off; raises SplitTooLarge when that is not more than was made."""
    done, target = made(operations), operations[0].target
    left = target - quantity
    if left <= 0 or left < done:
        raise SplitTooLarge(
            number=operations[0].number,
            target=target,
            made=done,
            quantity=quantity,
            left=target - done,
        )
    return left


def check_rework(number: str, *, waiting: Decimal, quantity: Decimal) -> None:
    """Refuse to order the rework of more pieces than wait for it; raises NotSoManyToRework."""
    if quantity > waiting:
        raise NotSoManyToRework(number=number, waiting=waiting, quantity=quantity)
