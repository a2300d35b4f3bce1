"""One operation of a work order: what people may do to it, and what comes of it.

A counter never completes an order, people do; over-run is kept. An operator's scrap entry reclassifies good pieces and
never adds production. What people report by hand stays within what the operation before made and within the order's
tolerance; what machines count is never refused.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from mes_server.domain.order_refusals import (
    AlreadyTakenBack,
    NoBill,
    NothingToAttribute,
    NotMade,
    UnitBusy,
    UnitHasNoPlaces,
)
from mes_server.domain.order_state import (
    AT_WORK,
    STATE_WORDS,
    OrderState,
    Verb,
    WrongState,
    after,
    allowed,
    wrong_state,
)
from mes_server.domain.outside import check_nothing_outside
from mes_server.domain.overlap import (
    check_leaves_for_next,
    check_something_upstream,
    check_within_upstream,
)
from mes_server.domain.refusal import Refusal, Words, words
from mes_server.domain.tolerance import Tolerance, check_not_over, check_not_short

__all__ = [
    "AlreadyTakenBack",
    "ChangeState",
    "Command",
    "Disposition",
    "Event",
    "GoodReclassified",
    "MoreThanGood",
    "NoBill",
    "NotMade",
    "NotRunning",
    "NothingToAttribute",
    "Operation",
    "OrderState",
    "ProductionReported",
    "ReportProduction",
    "ReportScrap",
    "StateChanged",
    "TakeBackScrap",
    "UnitBusy",
    "UnitHasNoPlaces",
    "Verb",
    "WrongState",
    "allowed",
    "check_takes_counts",
    "decide",
    "evolve",
]


class Disposition(StrEnum):
    """What becomes of pieces that are not good."""

    SCRAP = "scrap"
    REWORK = "rework"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation as far as decisions need it; quantities in the made item's unit."""

    number: str
    """Number of its work order."""
    state: OrderState = OrderState.NOT_ALLOWED_TO_START
    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    rework: Decimal = Decimal(0)
    target: Decimal = Decimal(0)
    """What the order asks for."""
    tolerance: Tolerance = field(default_factory=Tolerance)
    upstream_good: Decimal | None = None
    """Good pieces of the operation before; None for the first one."""
    passed_on: Decimal = Decimal(0)
    """What the operation after has produced, or sent out, of these good pieces."""
    sent_out: Decimal = Decimal(0)
    """What left for the supplier of an operation that is done outside."""

    @property
    def produced(self) -> Decimal:
        """Good + scrap + rework; what drives consumption."""
        return self.good + self.scrap + self.rework


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeState:
    """Command: do `verb`. A completion short of the tolerance needs a reason."""

    verb: Verb
    reason: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProduction:
    """Command: a person, not a machine, says what was made."""

    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionReported:
    """Event: so much was made."""

    good: Decimal
    scrap: Decimal


Command = ChangeState | ReportScrap | TakeBackScrap | ReportProduction
Event = StateChanged | GoodReclassified | ProductionReported


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


def decide(operation: Operation, command: Command) -> Event:
    """What happens when `command` is given now; raises a Refusal when it may not."""
    match command:
        case ChangeState(verb=verb, reason=reason):
            return _change_state(operation, verb, reason)
        case ReportScrap(quantity=quantity, disposition=disposition):
            _check_takes_scrap(operation)
            if quantity <= 0 or quantity > operation.good:
                raise MoreThanGood(number=operation.number, good=operation.good, quantity=quantity)
            check_leaves_for_next(
                operation.number,
                good=operation.good,
                passed_on=operation.passed_on,
                quantity=quantity,
            )
            return GoodReclassified(quantity=quantity, disposition=disposition)
        case TakeBackScrap(quantity=quantity, disposition=disposition):
            _check_takes_scrap(operation)
            return GoodReclassified(quantity=-quantity, disposition=disposition)
        case ReportProduction(good=good, scrap=scrap):
            return _report(operation, good=good, scrap=scrap)
        case _:
            assert_never(command)


def check_takes_counts(operation: Operation) -> None:
    """Refuse to attribute pieces to an order that never ran, or whose figures are reconciled."""
    if operation.state not in AT_WORK:
        raise wrong_state(operation.number, words("be given pieces", "补记产量"), operation.state)


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
        case ProductionReported(good=good, scrap=scrap):
            return replace(operation, good=operation.good + good, scrap=operation.scrap + scrap)
        case _:
            assert_never(event)


def _check_takes_scrap(operation: Operation) -> None:
    if operation.state not in AT_WORK:
        raise NotRunning(number=operation.number, state=STATE_WORDS[operation.state])


def _change_state(operation: Operation, verb: Verb, reason: str) -> StateChanged:
    then = after(verb, state=operation.state, number=operation.number)
    if verb is Verb.START:
        check_something_upstream(
            operation.number, produced=operation.produced, upstream_good=operation.upstream_good
        )
    if verb is Verb.COMPLETE and not reason:
        check_nothing_outside(
            operation.number, sent=operation.sent_out, produced=operation.produced
        )
        check_not_short(
            operation.number,
            operation.tolerance,
            good=operation.good,
            target=operation.target,
        )
    return StateChanged(state=then)


def _report(operation: Operation, *, good: Decimal, scrap: Decimal) -> ProductionReported:
    check_takes_counts(operation)
    check_within_upstream(
        operation.number,
        produced=operation.produced,
        more=good + scrap,
        upstream_good=operation.upstream_good,
    )
    check_not_over(
        operation.number,
        operation.tolerance,
        good=operation.good,
        more=good,
        target=operation.target,
    )
    return ProductionReported(good=good, scrap=scrap)
