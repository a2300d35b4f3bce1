"""Which lots orders claim and people take, and which differences need a second person."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from mes_server.domain.adjustment import (
    AlreadyReversed,
    NotReversible,
    check_reversible,
    needs_approval,
)
from mes_server.domain.issue import ItemNotNeeded, Shelf, check_lot, check_needed, choose_lots
from mes_server.domain.lots import EarlierLotFirst, LotExpired, LotInPlace, LotOnHold
from mes_server.domain.put_away import Bin, suggest_bin
from mes_server.domain.refusal import words
from mes_server.domain.reservation import (
    Claim,
    Exchange,
    LotReserved,
    NothingFree,
    check_claimed,
    choose_claims,
    make_room,
)

PLACE = words("Line side", "线边")
TODAY = date(2026, 3, 2)
OURS, THEIRS = 1, 2


def lot(
    code: str,
    quantity: str,
    *,
    reserved: str = "0",
    expires: date | None = None,
    held: bool = False,
    age: int = 0,
) -> LotInPlace:
    return LotInPlace(
        item="RESIN",
        lot=code,
        held=held,
        expires_on=expires,
        received_at=datetime(2026, 3, 1, tzinfo=UTC) - timedelta(days=age),
        quantity=Decimal(quantity),
        reserved=Decimal(reserved),
    )


def claim(lot: str, remaining: str, *, by: int = THEIRS, hard: bool = False, id_: int = 1) -> Claim:
    return Claim(
        id=id_, operation_id=by, number=f"WO-{by}", lot=lot, remaining=Decimal(remaining), hard=hard
    )


def shelf(*lots: LotInPlace, claims: Sequence[Claim] = (), mounted: Sequence[str] = ()) -> Shelf:
    return Shelf(item="RESIN", place=PLACE, lots=lots, claims=claims, mounted=mounted)


def take(here: Shelf, quantity: str) -> dict[str, Decimal]:
    return choose_lots(here, operation_id=OURS, quantity=Decimal(quantity), today=TODAY)


def reserve(quantity: str, *lots: LotInPlace, named: str | None = None, **how: Sequence[Claim]):
    return choose_claims(
        item="RESIN",
        place=PLACE,
        lots=lots,
        claims=how.get("claims", ()),
        quantity=Decimal(quantity),
        lot=named,
        today=TODAY,
    )


def test_a_quantity_is_reserved_first_expired_first() -> None:
    late, soon = (
        lot("LATE", "50", expires=date(2026, 9, 1)),
        lot("SOON", "30", expires=date(2026, 4, 1)),
    )
    assert reserve("40", late, soon) == {"SOON": 30, "LATE": 10}


def test_no_more_is_reserved_than_is_free() -> None:
    with pytest.raises(NothingFree) as refused:
        reserve("11", lot("A", "50", reserved="40"))
    assert refused.value.free == 10


def test_a_lot_of_another_order_is_not_reserved_again() -> None:
    with pytest.raises(LotReserved) as refused:
        reserve("20", lot("A", "50", reserved="40"), named="A", claims=[claim("A", "40")])
    assert refused.value.orders == ("WO-2",)


def test_held_and_expired_lots_are_not_reserved() -> None:
    with pytest.raises(LotOnHold):
        reserve("1", lot("A", "50", held=True), named="A")
    with pytest.raises(LotExpired):
        reserve("1", lot("A", "50", expires=date(2026, 3, 1)), named="A")
    with pytest.raises(NothingFree):
        reserve("1", lot("A", "50", held=True), lot("B", "5", expires=date(2026, 3, 1)))


def test_a_soft_claim_makes_room_by_going_over_to_another_lot() -> None:
    lots = [lot("A", "10", reserved="10"), lot("B", "6"), lot("C", "10")]
    room = make_room(
        "A", missing=Decimal(8), lots=lots, claims=[claim("A", "10", id_=7)], today=TODAY
    )
    assert room == [
        Exchange(claim=7, lot="B", quantity=Decimal(6)),
        Exchange(claim=7, lot="C", quantity=Decimal(2)),
    ]


def test_a_hard_claim_stays_on_its_lot() -> None:
    lots = [lot("A", "10", reserved="10"), lot("B", "10")]
    claims = [claim("A", "10", hard=True)]
    assert make_room("A", missing=Decimal(5), lots=lots, claims=claims, today=TODAY) == []


def test_own_reservations_are_used_first_then_mounted_lots_then_the_first_to_expire() -> None:
    here = shelf(
        lot("SOON", "10", expires=date(2026, 4, 1)),
        lot("MOUNTED", "5", expires=date(2026, 9, 1)),
        lot("OWN", "8", reserved="3", expires=date(2026, 12, 1)),
        claims=[claim("OWN", "3", by=OURS)],
        mounted=["MOUNTED"],
    )
    assert take(here, "12") == {"OWN": 3, "MOUNTED": 5, "SOON": 4}


def test_lots_of_other_orders_held_and_expired_ones_are_left_alone() -> None:
    here = shelf(
        lot("HELD", "10", held=True),
        lot("OLD", "10", expires=date(2026, 3, 1)),
        lot("THEIRS", "10", reserved="10"),
        lot("FREE", "4"),
        claims=[claim("THEIRS", "10")],
    )
    assert take(here, "4") == {"FREE": 4}
    with pytest.raises(NothingFree):
        take(here, "4.000001")


def test_a_later_lot_needs_a_reason_and_a_reason_opens_nothing_else() -> None:
    here = shelf(
        lot("SOON", "10", expires=date(2026, 4, 1)),
        lot("LATE", "10", expires=date(2026, 9, 1)),
        lot("HELD", "10", held=True),
        lot("THEIRS", "10", reserved="10"),
        claims=[claim("THEIRS", "10", hard=True)],
    )

    def choose(code: str, reason: str) -> None:
        check_lot(
            here, lot=code, operation_id=OURS, quantity=Decimal(1), today=TODAY,
            override_reason=reason,
        )  # fmt: skip

    with pytest.raises(EarlierLotFirst):
        choose("LATE", "")
    choose("LATE", "SOON is torn")
    with pytest.raises(LotOnHold):
        choose("HELD", "nothing else here")
    with pytest.raises(LotReserved):
        choose("THEIRS", "nothing else here")


def test_a_lot_that_others_have_claimed_to_the_last_piece_is_not_mounted() -> None:
    theirs, ours = claim("A", "10", by=THEIRS), claim("A", "4", by=OURS, id_=2)
    check_claimed(lot("A", "14", reserved="14"), claims=[theirs, ours], number="WO-1")
    check_claimed(lot("A", "11", reserved="10"), claims=[theirs], number="WO-1")
    with pytest.raises(LotReserved) as refused:
        check_claimed(lot("A", "10", reserved="10"), claims=[theirs], number="WO-1")
    assert refused.value.orders == ("WO-2",)


def test_an_item_beside_the_bill_needs_a_reason() -> None:
    def check(item: str, reason: str) -> None:
        check_needed(number="WO-1", item=item, needed=["RESIN"], override_reason=reason)

    check("RESIN", "")
    with pytest.raises(ItemNotNeeded):
        check("DYE", "")
    check("DYE", "customer sample")


def test_a_movement_is_reversed_once_and_a_count_is_not_reversed_as_stock() -> None:
    check_reversible(movement_id=1, kind="issue", reversed_by=None)
    with pytest.raises(AlreadyReversed):
        check_reversible(movement_id=1, kind="issue", reversed_by=9)
    for kind in ("produce", "produce_scrap", "scrap", "rework", "reverse"):
        with pytest.raises(NotReversible):
            check_reversible(movement_id=1, kind=kind, reversed_by=None)


def test_a_difference_above_the_limit_needs_approval_whichever_way_it_goes() -> None:
    def waits(quantity: str) -> bool:
        return needs_approval(
            quantity=Decimal(quantity), unit_cost=Decimal("2.5"), limit=Decimal(100)
        )

    assert not waits("40")
    assert not waits("-40")
    assert waits("40.000001")
    assert waits("-41")


def test_a_lot_is_put_to_its_own_kind_else_into_an_empty_bin() -> None:
    def bin_(code: str, *, lot: bool = False, item: bool = False, empty: bool = False) -> Bin:
        return Bin(code=code, name=PLACE, has_lot=lot, has_item=item, empty=empty)

    other, empty = bin_("A"), bin_("B", empty=True)
    kind, same = bin_("C", item=True), bin_("D", lot=True, item=True)
    assert suggest_bin([other, empty, kind, same]) == same
    assert suggest_bin([other, empty, kind]) == kind
    assert suggest_bin([other, empty]) == empty
    assert suggest_bin([other]) is None
