"""Claims of orders on stock: hard on one lot, or soft on a quantity, whose lots may be exchanged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes_server.domain.lots import LotInPlace, LotNotHere, check_usable, fefo, suggest, usable_on
from mes_server.domain.refusal import Refusal, Words, words

RESERVATION = words("reservation", "预留")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is left of one reservation of an operation on a lot."""

    id: int
    operation_id: int
    number: str
    lot: str
    remaining: Decimal
    hard: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """So much of a soft claim goes over to another lot."""

    claim: int
    lot: str
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class NothingFree(Refusal):
    """Less is free at the place than is to be reserved."""

    type = "nothing-free"
    title = words(
        "{place} has {free} of {item} free, not {quantity}.",
        "{place}的{item}可用数量为{free}，不足{quantity}。",
    )
    detail = words(
        "Reserve less, bring stock there first, or release a reservation of another order.",
        "请减少数量、先补料到该处，或释放其他工单的预留。",
    )
    item: str
    place: Words
    free: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class LotReserved(Refusal):
    """Other orders have claimed the lot."""

    type = "lot-reserved"
    title = words(
        "Lot {lot} of {item} is reserved for {orders}; {free} of it are free, not {quantity}.",
        "{item}批次{lot}已为{orders}预留，可用{free}，不足{quantity}。",
    )
    detail = words(
        "Take another lot, or have that reservation released.", "请更换批次，或先释放该预留。"
    )
    lot: str
    item: str
    orders: tuple[str, ...]
    free: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class OrderEnded(Refusal):
    """An order that has ended takes no material."""

    type = "order-ended"
    title = words("Work order {number} is {state}.", "工单{number}{state}。")
    detail = words(
        "Only orders that are not ended take or reserve material.",
        "仅未结束的工单可领用或预留物料。",
    )
    number: str
    state: Words


@dataclass(kw_only=True, eq=False)
class ReservationSmaller(Refusal):
    """More is to be released than is left."""

    type = "reservation-smaller"
    title = words(
        "Only {remaining} of this reservation are left, not {quantity}.",
        "该预留仅剩{remaining}，不足{quantity}。",
    )
    detail = words("Release at most that much.", "请按剩余数量释放。")
    remaining: Decimal
    quantity: Decimal


def choose_claims(
    *,
    item: str,
    place: Words,
    lots: Sequence[LotInPlace],
    claims: Sequence[Claim],
    quantity: Decimal,
    lot: str | None,
    today: date,
) -> dict[str, Decimal]:
    """Lot -> quantity to reserve at a place: of the named lot (hard), or first expired first (soft).

    Held and expired lots are refused, and so is more than is free: NothingFree, LotReserved, LotNotHere.
    """
    if lot is None:
        free = sum((one.free for one in lots if usable_on(one, today)), start=Decimal(0))
        if free < quantity:
            raise NothingFree(item=item, place=place, free=free, quantity=quantity)
        return suggest(lots, quantity=quantity, today=today)
    named = next((one for one in lots if one.lot == lot), None)
    if named is None:
        raise LotNotHere(lot=lot, item=item, place=place)
    check_usable(named, today=today)
    check_room(named, claims=claims, own=Decimal(0), quantity=quantity, place=place)
    return {lot: quantity}


def check_room(
    lot: LotInPlace, *, claims: Sequence[Claim], own: Decimal, quantity: Decimal, place: Words
) -> None:
    """Refuse `quantity` of a lot when less is free, `own` claims counted as free: LotReserved or NothingFree."""
    free = lot.free + own
    if free >= quantity:
        return
    orders = sorted({claim.number for claim in claims if claim.lot == lot.lot})
    if lot.quantity >= quantity and orders:
        raise LotReserved(
            lot=lot.lot, item=lot.item, orders=tuple(orders), free=free, quantity=quantity
        )
    raise NothingFree(item=f"{lot.item} {lot.lot}", place=place, free=free, quantity=quantity)


def check_claimed(lot: LotInPlace, *, claims: Sequence[Claim], number: str) -> None:
    """Refuse a lot of which other orders than `number` have claimed the last piece: LotReserved."""
    here = [claim for claim in claims if claim.lot == lot.lot]
    own = sum((claim.remaining for claim in here if claim.number == number), start=Decimal(0))
    others = sorted({claim.number for claim in here if claim.number != number})
    if others and lot.free + own <= 0:
        raise LotReserved(
            lot=lot.lot,
            item=lot.item,
            orders=tuple(others),
            free=lot.free + own,
            quantity=lot.quantity,
        )


def make_room(
    lot: str,
    *,
    missing: Decimal,
    lots: Sequence[LotInPlace],
    claims: Sequence[Claim],
    today: date,
) -> list[Exchange]:
    """Soft claims on `lot` that go over to other free lots of the place, first expired first, until `missing` is free.

    Less, when the other lots have not so much free; hard claims stay.
    """
    others = sorted(
        (one for one in lots if one.lot != lot and usable_on(one, today) and one.free > 0), key=fefo
    )
    free = {one.lot: one.free for one in others}
    exchanges: list[Exchange] = []
    for claim in claims:
        if claim.hard or claim.lot != lot:
            continue
        for other, room in free.items():
            taken = sum((e.quantity for e in exchanges if e.claim == claim.id), start=Decimal(0))
            quantity = min(room, claim.remaining - taken, missing)
            if quantity > 0:
                exchanges.append(Exchange(claim=claim.id, lot=other, quantity=quantity))
                free[other] -= quantity
                missing -= quantity
    return exchanges
