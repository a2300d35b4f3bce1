"""Which lot may be mounted at a unit: the right item, not held, not expired, there, and first to expire."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.domain.refusal import Refusal, Words, words


@dataclass(frozen=True, slots=True, kw_only=True)
class LotInPlace:
    """A lot and how much of it lies at one place."""

    item: str
    lot: str
    held: bool
    expires_on: date | None
    """The last day it may be used, in the plant's time."""
    received_at: datetime
    quantity: Decimal
    reserved: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        """What nobody has reserved."""
        return self.quantity - self.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLot(LotInPlace):
    """A lot at one of several places that may be drawn from."""

    place: str
    """Its code."""


@dataclass(kw_only=True, eq=False)
class WrongItem(Refusal):
    """The order does not use that item."""

    type = "wrong-item"
    title = words(
        "Lot {lot} is {item}; work order {number} does not use it.",
        "批次{lot}为{item}，工单{number}不使用该物料。",
    )
    detail = words("Scan a lot of: {needed}.", "请扫描以下物料的批次：{needed}。")
    lot: str
    item: str
    number: str
    needed: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class LotOnHold(Refusal):
    """Quality has put the lot on hold."""

    type = "lot-on-hold"
    title = words("Lot {lot} of {item} is on hold.", "{item}批次{lot}已被冻结。")
    detail = words(
        "Take another lot, or ask quality to release it.", "请更换批次，或联系质检解冻。"
    )
    lot: str
    item: str


@dataclass(kw_only=True, eq=False)
class LotExpired(Refusal):
    """The lot is past its date."""

    type = "lot-expired"
    title = words(
        "Lot {lot} of {item} expired on {expires_on}.", "{item}批次{lot}已于{expires_on}过期。"
    )
    detail = words(
        "Take another lot and hand this one to quality.", "请更换批次，并将该批次交质检处理。"
    )
    lot: str
    item: str
    expires_on: date


@dataclass(kw_only=True, eq=False)
class LotNotHere(Refusal):
    """The lot is not at the unit's line side."""

    type = "lot-not-here"
    title = words("Lot {lot} of {item} is not at {place}.", "{item}批次{lot}不在{place}。")
    detail = words(
        "Have it delivered here first, or book the transfer.", "请先配送到此处，或登记移库。"
    )
    lot: str
    item: str
    place: Words


@dataclass(kw_only=True, eq=False)
class EarlierLotFirst(Refusal):
    """First expired, first out; a reason overrides it."""

    type = "earlier-lot-first"
    overridable = True
    title = words(
        "Lot {earlier} expires earlier ({expires_on}) and lies here too.",
        "批次{earlier}更早到期（{expires_on}），且同在此处。",
    )
    detail = words(
        "Take {earlier} first, or give the reason why not and scan {lot} again.",
        "请先使用{earlier}；如有特殊情况，请填写原因后重新扫描{lot}。",
    )
    lot: str
    earlier: str
    expires_on: date


@dataclass(kw_only=True, eq=False)
class LotInUse(Refusal):
    """The lot is mounted at another unit."""

    type = "lot-in-use"
    title = words("Lot {lot} of {item} is mounted at {unit}.", "{item}批次{lot}已在{unit}上料。")
    detail = words(
        "Take it off there first, or scan another lot.", "请先在该处下料，或扫描其他批次。"
    )
    lot: str
    item: str
    unit: str


@dataclass(kw_only=True, eq=False)
class LotNotMounted(Refusal):
    """Nothing to take off."""

    type = "lot-not-mounted"
    title = words("Lot {lot} of {item} is not mounted here.", "{item}批次{lot}未在此上料。")
    detail = words("Look at the list of mounted lots.", "请查看已上料批次列表。")
    lot: str
    item: str


@dataclass(kw_only=True, eq=False)
class LotAmbiguous(Refusal):
    """A lot code that several items have."""

    type = "lot-ambiguous"
    title = words("Lot {lot} exists for {items}.", "批次{lot}对应多个物料：{items}。")
    detail = words(
        "Scan the label that names the item too, or enter it as item|lot.",
        "请扫描含物料号的标签，或按“物料|批次”输入。",
    )
    lot: str
    items: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class NoOrderHere(Refusal):
    """Without an order nobody knows which material is right."""

    type = "no-order-here"
    title = words("No work order is released for {unit}.", "{unit}没有已下达的工单。")
    detail = words("Have one released, then scan again.", "请先下达工单，然后重新扫描。")
    unit: Words


def check_mount(
    scanned: LotInPlace,
    *,
    number: str,
    needed: Collection[str],
    others: Sequence[LotInPlace],
    today: date,
    place: Words,
    override_reason: str,
) -> None:
    """Refuse a scanned lot that may not be mounted for work order `number`.

    `others` are the lots of the same item at the same place; `today` is the plant's date. `override_reason` permits
    taking a later lot first, nothing else.
    """
    if scanned.item not in needed:
        raise WrongItem(
            lot=scanned.lot, item=scanned.item, number=number, needed=tuple(sorted(needed))
        )
    check_usable(scanned, today=today)
    if scanned.quantity <= 0:
        raise LotNotHere(lot=scanned.lot, item=scanned.item, place=place)
    if override_reason.strip():
        return
    usable = [lot for lot in others if lot.free > 0 and usable_on(lot, today)]
    first = min(usable, key=fefo, default=scanned)
    if first.expires_on is not None and fefo(first)[0] < fefo(scanned)[0]:
        raise EarlierLotFirst(lot=scanned.lot, earlier=first.lot, expires_on=first.expires_on)


def check_usable(lot: LotInPlace, *, today: date) -> None:
    """Refuse a lot that is held or past its date."""
    if lot.held:
        raise LotOnHold(lot=lot.lot, item=lot.item)
    if lot.expires_on is not None and lot.expires_on < today:
        raise LotExpired(lot=lot.lot, item=lot.item, expires_on=lot.expires_on)


def usable_on(lot: LotInPlace, today: date) -> bool:
    """Neither held nor expired."""
    return not lot.held and (lot.expires_on is None or lot.expires_on >= today)


def fefo(lot: LotInPlace) -> tuple[date, datetime, str]:
    """Sort key: first expired first; lots without a date come last, oldest first."""
    return (lot.expires_on or date.max, lot.received_at, lot.lot)


def suggest(lots: Sequence[LotInPlace], *, quantity: Decimal, today: date) -> dict[str, Decimal]:
    """Lot -> quantity to take for `quantity`, first expired first, from what is free; less when there is less."""
    taken: dict[str, Decimal] = {}
    missing = quantity
    for lot in sorted(lots, key=fefo):
        take = min(lot.free, missing)
        if take > 0 and usable_on(lot, today):
            taken[lot.lot] = take
            missing -= take
    return taken
