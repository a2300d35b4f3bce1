"""Material that people take for an order, and bring back: actual replaces standard."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes_server.domain.lots import (
    EarlierLotFirst,
    LotInPlace,
    LotNotHere,
    check_usable,
    fefo,
    usable_on,
)
from mes_server.domain.refusal import Refusal, Words, words
from mes_server.domain.reservation import Claim, NothingFree, check_room


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What lies of an item at one place, and who has claimed what of it."""

    item: str
    place: Words
    lots: Sequence[LotInPlace]
    claims: Sequence[Claim]
    mounted: Sequence[str] = ()
    """Lots mounted at the unit that the material is for, in the order in which they were mounted."""
    busy: Sequence[str] = ()
    """Lots mounted at other units."""

    def own(self, operation_id: int) -> dict[str, Decimal]:
        """Lot -> what the operation itself has claimed, hard claims first."""
        own: dict[str, Decimal] = {}
        for claim in sorted(self.claims, key=lambda claim: (not claim.hard, claim.id)):
            if claim.operation_id == operation_id:
                own[claim.lot] = own.get(claim.lot, Decimal(0)) + claim.remaining
        return own


@dataclass(kw_only=True, eq=False)
class ItemNotNeeded(Refusal):
    """The order's bill does not name the item; a reason overrides it."""

    type = "item-not-needed"
    overridable = True
    title = words("Work order {number} does not use {item}.", "工单{number}不使用{item}。")
    detail = words(
        "It uses: {needed}. If it takes {item} all the same, give the reason.",
        "该工单使用：{needed}。如确需领用{item}，请填写原因。",
    )
    number: str
    item: str
    needed: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class MoreThanIssued(Refusal):
    """Only what was taken can come back."""

    type = "more-than-issued"
    title = words(
        "Work order {number} has {issued} of lot {lot} of {item}; {quantity} cannot come back.",
        "工单{number}已领用{item}批次{lot}共{issued}，无法退回{quantity}。",
    )
    detail = words(
        "Enter at most that much, or adjust the stock with a reason.",
        "请按已领用数量退回，或填写原因进行库存调整。",
    )
    number: str
    item: str
    lot: str
    issued: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class NotTheReworkedLot(Refusal):
    """A rework order makes good pieces of those that it was given, of no others."""

    type = "not-the-reworked-lot"
    title = words(
        "Work order {number} reworks lot {only} of {item}; lot {lot} is none of its pieces.",
        "工单{number}返工的是{item}批次{only}，批次{lot}不属于该工单的返工品。",
    )
    detail = words(
        "Take lot {only}, or give the pieces of lot {lot} a rework order of their own.",
        "请使用批次{only}，或为批次{lot}的产品另建返工工单。",
    )
    number: str
    item: str
    lot: str
    only: str


def check_reworked(*, number: str, item: str, lot: str | None, only: str | None) -> str | None:
    """The lot to take: the `only` one that will do, else the named `lot`; raises NotTheReworkedLot."""
    if only is not None and lot is not None and lot != only:
        raise NotTheReworkedLot(number=number, item=item, lot=lot, only=only)
    return only if lot is None else lot


def check_needed(*, number: str, item: str, needed: Collection[str], override_reason: str) -> None:
    """Refuse an item that the order's frozen bill does not name, unless there is a reason."""
    if needed and item not in needed and not override_reason.strip():
        raise ItemNotNeeded(number=number, item=item, needed=tuple(sorted(needed)))


def choose_lots(
    shelf: Shelf, *, operation_id: int, quantity: Decimal, today: date
) -> dict[str, Decimal]:
    """Lot -> quantity to take: own claims first, then what is mounted at the unit, then first expired first.

    Held, expired and other orders' lots are left alone; raises NothingFree.
    """
    usable = {lot.lot: lot for lot in shelf.lots if usable_on(lot, today)}
    offers = [(lot, claimed) for lot, claimed in shelf.own(operation_id).items() if lot in usable]
    offers += [(lot, usable[lot].free) for lot in shelf.mounted if lot in usable]
    offers += [
        (lot.lot, lot.free)
        for lot in sorted(usable.values(), key=fefo)
        if lot.lot not in shelf.mounted and lot.lot not in shelf.busy
    ]
    taken: dict[str, Decimal] = {}
    rest = quantity
    for lot, offered in offers:
        take = min(offered, rest)
        if take > 0:
            taken[lot] = taken.get(lot, Decimal(0)) + take
            rest -= take
    found = sum(taken.values(), start=Decimal(0))
    if found < quantity:
        raise NothingFree(item=shelf.item, place=shelf.place, free=found, quantity=quantity)
    return taken


def check_lot(
    shelf: Shelf,
    *,
    lot: str,
    operation_id: int | None,
    quantity: Decimal,
    today: date,
    override_reason: str,
) -> None:
    """Refuse a lot that a person chose: not here, held, expired, other orders', or a later one than must go first.

    A reason overrides the last, nothing else; so do an own claim and a lot that is mounted.
    """
    named = next((one for one in shelf.lots if one.lot == lot), None)
    if named is None or named.quantity <= 0:
        raise LotNotHere(lot=lot, item=shelf.item, place=shelf.place)
    check_usable(named, today=today)
    own = shelf.own(operation_id) if operation_id is not None else {}
    check_room(
        named,
        claims=shelf.claims,
        own=own.get(lot, Decimal(0)),
        quantity=quantity,
        place=shelf.place,
    )
    if override_reason.strip() or lot in own or lot in shelf.mounted:
        return
    usable = [one for one in shelf.lots if one.free > 0 and usable_on(one, today)]
    first = min(usable, key=fefo, default=named)
    if first.expires_on is not None and fefo(first)[0] < fefo(named)[0]:
        raise EarlierLotFirst(lot=lot, earlier=first.lot, expires_on=first.expires_on)
