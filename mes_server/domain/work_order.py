"""One operation of a work order: its states and what may be done in each.

States follow OPC UA for ISA-95 job control (OPC 10031-4). A counter never completes an order, people do; over-run is
kept. An operator's scrap entry reclassifies good pieces and never adds production.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from mes_server.domain.refusal import Refusal, Words, words


class OrderState(StrEnum):
    """Where an operation is in its life."""

    NOT_ALLOWED_TO_START = "not_allowed_to_start"
    ALLOWED_TO_START = "allowed_to_start"
    RUNNING = "running"
    HELD = "held"
    """A constraint stopped it."""
    SUSPENDED = "suspended"
    """Someone chose to pause it."""
    COMPLETED = "completed"
    """Ended; still takes late facts."""
    CLOSED = "closed"
    """Reconciled; late facts go to a review queue."""
    ABORTED = "aborted"


class Verb(StrEnum):
    """What people do to an operation."""

    RELEASE = "release"
    START = "start"
    SUSPEND = "pause"
    HOLD = "hold"
    RESUME = "resume"
    COMPLETE = "complete"
    CLOSE = "close"
    ABORT = "abort"


class Disposition(StrEnum):
    """What becomes of pieces that are not good."""

    SCRAP = "scrap"
    REWORK = "rework"


STATE_WORDS: Mapping[OrderState, Words] = {
    OrderState.NOT_ALLOWED_TO_START: words("not released", "未下达"),
    OrderState.ALLOWED_TO_START: words("released", "已下达"),
    OrderState.RUNNING: words("running", "运行中"),
    OrderState.HELD: words("on hold", "被挂起"),
    OrderState.SUSPENDED: words("paused", "已暂停"),
    OrderState.COMPLETED: words("completed", "已完工"),
    OrderState.CLOSED: words("closed", "已关闭"),
    OrderState.ABORTED: words("aborted", "已中止"),
}
_VERB_WORDS: Mapping[Verb, Words] = {
    Verb.RELEASE: words("be released", "下达"),
    Verb.START: words("be started", "开工"),
    Verb.SUSPEND: words("be paused", "暂停"),
    Verb.HOLD: words("be put on hold", "挂起"),
    Verb.RESUME: words("be resumed", "恢复"),
    Verb.COMPLETE: words("be completed", "完工"),
    Verb.CLOSE: words("be closed", "关闭"),
    Verb.ABORT: words("be aborted", "中止"),
}
_WHAT_NOW: Mapping[OrderState, Words] = {
    OrderState.NOT_ALLOWED_TO_START: words("Have it released first.", "请先下达该工单。"),
    OrderState.ALLOWED_TO_START: words("Start it first.", "请先开工。"),
    OrderState.RUNNING: words(
        "Pause or complete it to go on with another one.", "如需运行其他工单，请先暂停或完工。"
    ),
    OrderState.HELD: words(
        "Resume it when the cause of the hold is gone.", "请在挂起原因消除后恢复。"
    ),
    OrderState.SUSPENDED: words("Resume it first.", "请先恢复运行。"),
    OrderState.COMPLETED: words(
        "It has ended; create a new order for more.", "工单已结束；如需继续生产请新建工单。"
    ),
    OrderState.CLOSED: words(
        "It has ended; create a new order for more.", "工单已结束；如需继续生产请新建工单。"
    ),
    OrderState.ABORTED: words(
        "It has ended; create a new order for more.", "工单已结束；如需继续生产请新建工单。"
    ),
}
_FROM: Mapping[Verb, tuple[frozenset[OrderState], OrderState]] = {
    Verb.RELEASE: (frozenset({OrderState.NOT_ALLOWED_TO_START}), OrderState.ALLOWED_TO_START),
    Verb.START: (frozenset({OrderState.ALLOWED_TO_START}), OrderState.RUNNING),
    Verb.SUSPEND: (frozenset({OrderState.RUNNING}), OrderState.SUSPENDED),
    Verb.HOLD: (frozenset({OrderState.RUNNING, OrderState.SUSPENDED}), OrderState.HELD),
    Verb.RESUME: (frozenset({OrderState.SUSPENDED, OrderState.HELD}), OrderState.RUNNING),
    Verb.COMPLETE: (
        frozenset({OrderState.RUNNING, OrderState.SUSPENDED, OrderState.HELD}),
        OrderState.COMPLETED,
    ),
    Verb.CLOSE: (frozenset({OrderState.COMPLETED}), OrderState.CLOSED),
    Verb.ABORT: (
        frozenset(
            {
                OrderState.NOT_ALLOWED_TO_START,
                OrderState.ALLOWED_TO_START,
                OrderState.RUNNING,
                OrderState.SUSPENDED,
                OrderState.HELD,
            }
        ),
        OrderState.ABORTED,
    ),
}
_AT_WORK = frozenset(
    {OrderState.RUNNING, OrderState.SUSPENDED, OrderState.HELD, OrderState.COMPLETED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation as far as decisions need it; quantities in the made item's unit."""

    number: str
    """Number of its work order."""
    state: OrderState = OrderState.NOT_ALLOWED_TO_START
    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    rework: Decimal = Decimal(0)

    @property
    def produced(self) -> Decimal:
        """Good + scrap + rework; what drives consumption."""
        return self.good + self.scrap + self.rework


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeState:
    """Command: do `verb`."""

    verb: Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScrap:
    """Command: `quantity` of what was counted good is not."""

    quantity: Decimal
    disposition: Disposition


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBackScrap:
    """Command: an earlier scrap entry was wrong."""

    quantity: Decimal
    disposition: Disposition


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    """Event: the operation is in `state` now."""

    state: OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodReclassified:
    """Event: `quantity` went from good to scrap or rework (negative: back again)."""

    quantity: Decimal
    disposition: Disposition


Command = ChangeState | ReportScrap | TakeBackScrap
Event = StateChanged | GoodReclassified


@dataclass(kw_only=True, eq=False)
class WrongState(Refusal):
    """The operation's state forbids it."""

    type = "wrong-state"
    title = words(
        "Work order {number} cannot {verb}: it is {state}.", "工单{number}无法{verb}：当前{state}。"
    )
    detail = words("{what_now}", "{what_now}")
    number: str
    verb: Words
    state: Words
    what_now: Words


@dataclass(kw_only=True, eq=False)
class NotRunning(Refusal):
    """Scrap for an order that is not at work."""

    type = "not-running"
    title = words(
        "Work order {number} takes no scrap: it is {state}.", "工单{number}无法报废：当前{state}。"
    )
    detail = words(
        "Enter the scrap on the order that made the pieces.", "请在生产这些产品的工单上报废。"
    )
    number: str
    state: Words


@dataclass(kw_only=True, eq=False)
class MoreThanGood(Refusal):
    """More scrap than good pieces."""

    type = "more-than-good"
    title = words(
        "Work order {number} has only {good} good pieces; {quantity} cannot be taken off.",
        "工单{number}仅有{good}件良品，无法扣除{quantity}件。",
    )
    detail = words(
        "Check the quantity. If the machine's count is late, wait for it and enter the rest then.",
        "请核对数量；如设备计数延迟，请稍后再录入剩余部分。",
    )
    number: str
    good: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class AlreadyTakenBack(Refusal):
    """A scrap entry is taken back once."""

    type = "already-taken-back"
    title = words("This scrap entry was taken back already.", "该报废记录已被撤销。")
    detail = words("Nothing is left to do.", "无需再次操作。")


@dataclass(kw_only=True, eq=False)
class NothingToAttribute(Refusal):
    """No pieces without an order in that time."""

    type = "nothing-to-attribute"
    title = words(
        "{unit} counted no pieces outside an order in that time.",
        "该时段内{unit}没有无工单的产量。",
    )
    detail = words("Look at the list of unattributed pieces.", "请查看未归属产量列表。")
    unit: Words


@dataclass(kw_only=True, eq=False)
class UnitBusy(Refusal):
    """One running operation per unit."""

    type = "unit-busy"
    title = words("{unit} runs work order {running}.", "{unit}正在运行工单{running}。")
    detail = words(
        "Pause or complete {running} first, then start this one.",
        "请先暂停或完工{running}，再开始此工单。",
    )
    unit: Words
    running: str


@dataclass(kw_only=True, eq=False)
class NotMade(Refusal):
    """A bought item is not ordered from the shop floor."""

    type = "not-made"
    status = 422
    title = words("{item} is bought, not made.", "{item}为外购件，不可下生产工单。")
    detail = words("Order an item that is made here.", "请选择自制件。")
    item: str


@dataclass(kw_only=True, eq=False)
class NoBill(Refusal):
    """Without a bill nothing would be consumed."""

    type = "no-bill"
    title = words("{item} has no bill of material.", "{item}没有物料清单。")
    detail = words(
        "Have the engineer enter its components, then release again.",
        "请工程师维护物料清单后重新下达。",
    )
    item: str


@dataclass(kw_only=True, eq=False)
class UnitHasNoPlaces(Refusal):
    """Nowhere to take from or to put to."""

    type = "unit-has-no-places"
    title = words(
        "{unit} has no line side or no output place yet.", "{unit}尚未设置线边库位或产出库位。"
    )
    detail = words(
        "Have the engineer enter these locations in the master data and the plant file.",
        "请工程师在主数据和工厂文件中维护这些库位。",
    )
    unit: Words


def decide(operation: Operation, command: Command) -> Event:
    """What happens when `command` is given now; raises a Refusal when it may not."""
    match command:
        case ChangeState(verb=verb):
            allowed, after = _FROM[verb]
            if operation.state not in allowed:
                raise WrongState(
                    number=operation.number,
                    verb=_VERB_WORDS[verb],
                    state=STATE_WORDS[operation.state],
                    what_now=_WHAT_NOW[operation.state],
                )
            return StateChanged(state=after)
        case ReportScrap(quantity=quantity, disposition=disposition):
            _check_takes_scrap(operation)
            if quantity <= 0 or quantity > operation.good:
                raise MoreThanGood(number=operation.number, good=operation.good, quantity=quantity)
            return GoodReclassified(quantity=quantity, disposition=disposition)
        case TakeBackScrap(quantity=quantity, disposition=disposition):
            _check_takes_scrap(operation)
            return GoodReclassified(quantity=-quantity, disposition=disposition)
        case _:
            assert_never(command)


def check_takes_counts(operation: Operation) -> None:
    """Refuse to attribute pieces to an order that never ran, or whose figures are reconciled."""
    if operation.state not in _AT_WORK:
        raise WrongState(
            number=operation.number,
            verb=words("be given pieces", "补记产量"),
            state=STATE_WORDS[operation.state],
            what_now=_WHAT_NOW[operation.state],
        )


def evolve(operation: Operation, event: Event) -> Operation:
    """The operation after `event`."""
    match event:
        case StateChanged(state=state):
            return replace(operation, state=state)
        case GoodReclassified(quantity=quantity, disposition=disposition):
            good = operation.good - quantity
            match disposition:
                case Disposition.SCRAP:
                    return replace(operation, good=good, scrap=operation.scrap + quantity)
                case Disposition.REWORK:
                    return replace(operation, good=good, rework=operation.rework + quantity)
                case _:
                    assert_never(disposition)
        case _:
            assert_never(event)


def allowed(state: OrderState) -> tuple[Verb, ...]:
    """The verbs that `state` permits, in the order people use them."""
    return tuple(verb for verb, (states, _) in _FROM.items() if state in states)


def _check_takes_scrap(operation: Operation) -> None:
    if operation.state not in _AT_WORK:
        raise NotRunning(number=operation.number, state=STATE_WORDS[operation.state])
