"""A replenishment signal's life: raised, accepted, picked, delivered, closed; or cancelled on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from mes_server.domain.lots import LotNotHere, PlacedLot, check_usable, fefo, usable_on
from mes_server.domain.refusal import LOT, NotFound, Refusal, Words, words


class SignalState(StrEnum):
    """Where a signal is in its life."""

    RAISED = "raised"
    ACCEPTED = "accepted"
    PICKED = "picked"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What people do to a signal."""

    ACCEPT = "accept"
    PICK = "pick"
    DELIVER = "deliver"
    CLOSE = "close"
    CANCEL = "cancel"


_STATE_WORDS: Mapping[SignalState, Words] = {
    SignalState.RAISED: words("waiting to be accepted", "待接单"),
    SignalState.ACCEPTED: words("accepted", "已接单"),
    SignalState.PICKED: words("picked", "已拣货"),
    SignalState.DELIVERED: words("delivered", "已送达"),
    SignalState.CLOSED: words("closed", "已关闭"),
    SignalState.CANCELLED: words("cancelled", "已取消"),
}
_STEP_WORDS: Mapping[Step, Words] = {
    Step.ACCEPT: words("be accepted", "接单"),
    Step.PICK: words("be picked", "拣货"),
    Step.DELIVER: words("be delivered", "送达"),
    Step.CLOSE: words("be closed", "关闭"),
    Step.CANCEL: words("be cancelled", "取消"),
}


@dataclass(kw_only=True, eq=False)
class WrongStep(Refusal):
    """The signal's state forbids it."""

    type = "wrong-step"
    title = words(
        "Replenishment call {number} cannot {step}: it is {state}.",
        "补料单{number}无法{step}：当前{state}。",
    )
    detail = words(
        "Somebody may have done it already; look at the board.", "可能已有人处理，请查看看板。"
    )
    number: int
    step: Words
    state: Words


@dataclass(kw_only=True, eq=False)
class NothingToPick(Refusal):
    """The source has nothing free."""

    type = "nothing-to-pick"
    title = words("{source} has no free stock of {item}.", "{source}没有可用的{item}。")
    detail = words(
        "Receive or transfer stock there first; the call stays open.",
        "请先收货或移库到该处；补料单保持打开。",
    )
    item: str
    source: Words


@dataclass(kw_only=True, eq=False)
class NotEnoughFree(Refusal):
    """A lot has less free than asked for."""

    type = "not-enough-free"
    title = words(
        "Only {free} of lot {lot} of {item} are free, not {quantity}.",
        "{item}批次{lot}可用数量仅{free}，不足{quantity}。",
    )
    detail = words("Take less of it, or add another lot.", "请减少数量，或增加其他批次。")
    item: str
    lot: str
    free: Decimal
    quantity: Decimal


def next_state(*, number: int, state: SignalState, step: Step) -> SignalState:
    """The state after `step`; raises WrongStep when `state` forbids it."""
    match step:
        case Step.ACCEPT:
            before, after = {SignalState.RAISED}, SignalState.ACCEPTED
        case Step.PICK:
            before, after = {SignalState.RAISED, SignalState.ACCEPTED}, SignalState.PICKED
        case Step.DELIVER:
            before, after = {SignalState.PICKED}, SignalState.DELIVERED
        case Step.CLOSE:
            before, after = {SignalState.DELIVERED}, SignalState.CLOSED
        case Step.CANCEL:
            before = {SignalState.RAISED, SignalState.ACCEPTED, SignalState.PICKED}
            after = SignalState.CANCELLED
        case _:
            assert_never(step)
    if state not in before:
        raise WrongStep(number=number, step=_STEP_WORDS[step], state=_STATE_WORDS[state])
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPick:
    """What a person wants to take of a lot: at one place, or wherever it lies."""

    lot: str
    quantity: Decimal
    place: str | None = None


def choose_picks(
    *,
    item: str,
    source: Words,
    quantity: Decimal,
    lots: Sequence[PlacedLot],
    asked: Sequence[AskedPick],
    today: date,
) -> Mapping[tuple[str, str], Decimal]:
    """(Place, lot) -> quantity to reserve: what was `asked` for, or first expired first over all places when nothing was.

    A lot that lies at several places is taken from them in the order of their codes. Refuses held, expired and unknown
    lots, lots that are not at the named place, and more than is free.
    """
    rest = sorted(lots, key=lambda one: (*fefo(one), one.place))
    if not asked:
        rest = [one for one in rest if usable_on(one, today)]
        taken = _take(rest, quantity=quantity, taken={})
        if not taken:
            raise NothingToPick(item=item, source=source)
        return taken
    chosen: dict[tuple[str, str], Decimal] = {}
    for wanted in sorted(asked, key=lambda one: one.place is None):
        here = [one for one in rest if one.lot == wanted.lot and wanted.place in (None, one.place)]
        if not here and wanted.place is not None:
            named = words(wanted.place, wanted.place)
            raise LotNotHere(lot=wanted.lot, item=item, place=named)
        if not here:
            raise NotFound(what=LOT, name=wanted.lot)
        check_usable(here[0], today=today)
        more = _take(here, quantity=wanted.quantity, taken=chosen)
        found = sum(more.values(), start=Decimal(0))
        if found < wanted.quantity:
            raise NotEnoughFree(item=item, lot=wanted.lot, free=found, quantity=wanted.quantity)
        for key, amount in more.items():
            chosen[key] = chosen.get(key, Decimal(0)) + amount
    return chosen


def _take(
    lots: Sequence[PlacedLot], *, quantity: Decimal, taken: Mapping[tuple[str, str], Decimal]
) -> dict[tuple[str, str], Decimal]:
    """(Place, lot) -> quantity for `quantity`, in the order given, of what is free and not `taken` before; less when there
    is less."""
    found: dict[tuple[str, str], Decimal] = {}
    missing = quantity
    for one in lots:
        key = (one.place, one.lot)
        part = min(one.free - taken.get(key, Decimal(0)), missing)
        if part > 0:
            found[key] = part
            missing -= part
    return found
