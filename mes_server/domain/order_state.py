"""The states of an operation, and which verb leads from where to where.

States follow OPC UA for ISA-95 job control (OPC 10031-4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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
VERB_WORDS: Mapping[Verb, Words] = {
    Verb.RELEASE: words("be released", "下达"),
    Verb.START: words("be started", "开工"),
    Verb.SUSPEND: words("be paused", "暂停"),
    Verb.HOLD: words("be put on hold", "挂起"),
    Verb.RESUME: words("be resumed", "恢复"),
    Verb.COMPLETE: words("be completed", "完工"),
    Verb.CLOSE: words("be closed", "关闭"),
    Verb.ABORT: words("be aborted", "中止"),
}
WHAT_NOW: Mapping[OrderState, Words] = {
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
AT_WORK = frozenset(
    {OrderState.RUNNING, OrderState.SUSPENDED, OrderState.HELD, OrderState.COMPLETED}
)
"""Where an operation has pieces, or may still get some."""
ENDED = frozenset({OrderState.COMPLETED, OrderState.CLOSED, OrderState.ABORTED})
"""Where nothing is made any more."""
NOT_STARTED = frozenset({OrderState.NOT_ALLOWED_TO_START, OrderState.ALLOWED_TO_START})
"""Where nothing was made yet."""


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


def after(verb: Verb, *, state: OrderState, number: str) -> OrderState:
    """The state that `verb` leads to; raises WrongState when it may not be done in `state`."""
    allowed_from, then = _FROM[verb]
    if state not in allowed_from:
        raise wrong_state(number, VERB_WORDS[verb], state)
    return then


def wrong_state(number: str, verb: Words, state: OrderState) -> WrongState:
    """The refusal of `verb` in `state`."""
    return WrongState(number=number, verb=verb, state=STATE_WORDS[state], what_now=WHAT_NOW[state])


def allowed(state: OrderState) -> tuple[Verb, ...]:
    """The verbs that `state` permits, in the order people use them."""
    return tuple(verb for verb, (states, _) in _FROM.items() if state in states)
