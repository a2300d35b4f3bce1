"""Which lot may be mounted, and which are suggested: usable, there, first expired first out."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.lots import (
    EarlierLotFirst,
    LotExpired,
    LotInPlace,
    LotNotHere,
    LotOnHold,
    PlacedLot,
    WrongItem,
    check_mount,
    fefo,
    suggest,
    usable_on,
)
from mes_server.domain.refusal import NotFound, words
from mes_server.domain.replenishment import AskedPick, NotEnoughFree, choose_picks

TODAY = date(2026, 3, 2)
LOT = LotInPlace(
    item="RESIN",
    lot="R1",
    held=False,
    expires_on=date(2026, 9, 30),
    received_at=datetime(2026, 1, 1, tzinfo=UTC),
    quantity=Decimal(50),
)
PLACE = words("Line side", "线边")
LOTS = st.lists(
    st.builds(
        LotInPlace,
        item=st.just("RESIN"),
        lot=st.text("ABC123", min_size=1, max_size=4),
        held=st.booleans(),
        expires_on=st.none() | st.dates(date(2026, 2, 20), date(2026, 3, 20)),
        received_at=st.datetimes(timezones=st.just(UTC)),
        quantity=st.decimals(0, 100, places=2),
        reserved=st.just(Decimal(0)),
    ),
    max_size=8,
    unique_by=lambda lot: lot.lot,
)


def check(lot: LotInPlace, *others: LotInPlace, reason: str = "") -> None:
    check_mount(
        lot,
        number="WO-1",
        needed={"RESIN", "MASTERBATCH"},
        others=[lot, *others],
        today=TODAY,
        place=PLACE,
        override_reason=reason,
    )


def test_the_right_lot_is_mounted() -> None:
    check(LOT)


def test_a_wrong_item_is_refused_with_the_right_ones() -> None:
    with pytest.raises(WrongItem) as refused:
        check(replace(LOT, item="CORD"))
    assert refused.value.say("en")[1] == "Scan a lot of: MASTERBATCH, RESIN."


def test_a_held_lot_is_refused_whatever_the_reason() -> None:
    with pytest.raises(LotOnHold):
        check(replace(LOT, held=True), reason="in a hurry")


def test_a_lot_is_good_on_its_last_day_and_expired_on_the_next() -> None:
    check(replace(LOT, expires_on=TODAY))
    with pytest.raises(LotExpired):
        check(replace(LOT, expires_on=date(2026, 3, 1)), reason="in a hurry")


def test_a_lot_that_is_not_here_is_refused() -> None:
    with pytest.raises(LotNotHere):
        check(replace(LOT, quantity=Decimal(0)))


def test_an_earlier_lot_goes_first_unless_there_is_a_reason() -> None:
    earlier = replace(LOT, lot="R0", expires_on=date(2026, 4, 1))
    with pytest.raises(EarlierLotFirst):
        check(LOT, earlier)
    with pytest.raises(EarlierLotFirst):
        check(replace(LOT, expires_on=None), earlier)
    check(LOT, earlier, reason="R0 is torn")


@pytest.mark.parametrize(
    "other",
    [
        replace(LOT, lot="R0", expires_on=date(2026, 4, 1), held=True),
        replace(LOT, lot="R0", expires_on=date(2026, 3, 1)),
        replace(LOT, lot="R0", expires_on=date(2026, 4, 1), quantity=Decimal(0)),
        replace(LOT, lot="R0", received_at=datetime(2025, 1, 1, tzinfo=UTC)),
        replace(LOT, lot="R0", expires_on=None),
    ],
    ids=["held", "expired", "empty", "older, same date", "without a date"],
)
def test_a_lot_that_could_not_go_first_does_not_stand_in_the_way(other: LotInPlace) -> None:
    check(LOT, other)


@given(lots=LOTS, quantity=st.decimals("0.01", 200, places=2))
def test_what_is_suggested_is_usable_free_and_first_expired(
    lots: list[LotInPlace], quantity: Decimal
) -> None:
    picks = suggest(lots, quantity=quantity, today=TODAY)
    usable = [lot for lot in lots if usable_on(lot, TODAY)]
    available = sum((lot.free for lot in usable), start=Decimal(0))
    assert sum(picks.values(), start=Decimal(0)) == min(quantity, available)
    by_code = {lot.lot: lot for lot in usable}
    assert all(0 < taken <= by_code[code].free for code, taken in picks.items())
    if picks:
        last = max((by_code[code] for code in picks), key=fefo)
        assert all(
            picks.get(lot.lot) == lot.free for lot in usable if lot.free and fefo(lot) < fefo(last)
        )


def test_reserved_stock_is_not_picked_twice() -> None:
    taken = replace(LOT, reserved=Decimal(45))
    assert suggest([taken], quantity=Decimal(50), today=TODAY) == {"R1": Decimal(5)}
    with pytest.raises(NotEnoughFree) as refused:
        choose(placed("WH", reserved=Decimal(45)), asked=[AskedPick(lot="R1", quantity=Decimal(6))])
    assert refused.value.say("en")[0] == "Only 5 of lot R1 of RESIN are free, not 6."


def placed(place: str, **changes: Any) -> PlacedLot:
    """The lot at one of the places of a store."""
    return PlacedLot(**(asdict(LOT) | changes), place=place)


def choose(
    *lots: PlacedLot, quantity: int = 50, asked: Sequence[AskedPick] = ()
) -> dict[tuple[str, str], int]:
    chosen = choose_picks(
        item="RESIN",
        source=PLACE,
        quantity=Decimal(quantity),
        lots=lots,
        asked=asked,
        today=TODAY,
    )
    return {key: int(amount) for key, amount in chosen.items()}


SOON = {"lot": "R0", "expires_on": date(2026, 4, 1), "quantity": Decimal(10)}
"""A lot of ten that expires before the other."""


def test_picks_are_first_expired_first_over_all_places_that_lie_in_the_source() -> None:
    lots = [
        placed("WH", quantity=Decimal(30)),
        placed("WH-2", **SOON),
        placed("WH-1", **SOON),
        placed("WH-3", lot="OLD", expires_on=date(2026, 2, 1)),
        placed("WH-3", lot="HELD", expires_on=date(2026, 3, 9), held=True),
    ]
    assert choose(*lots) == {("WH-1", "R0"): 10, ("WH-2", "R0"): 10, ("WH", "R1"): 30}
    assert choose(*lots, quantity=15) == {("WH-1", "R0"): 10, ("WH-2", "R0"): 5}


def test_what_is_asked_for_by_lot_and_by_place_is_taken_once() -> None:
    lots = [placed("WH-1", **SOON), placed("WH-2", **SOON)]
    anywhere = AskedPick(lot="R0", quantity=Decimal(12))
    there = AskedPick(lot="R0", quantity=Decimal(4), place="WH-1")
    assert choose(*lots, asked=[anywhere]) == {("WH-1", "R0"): 10, ("WH-2", "R0"): 2}
    assert choose(*lots, asked=[anywhere, there]) == {("WH-1", "R0"): 10, ("WH-2", "R0"): 6}
    with pytest.raises(NotEnoughFree) as few:
        choose(*lots, asked=[anywhere, there, replace(there, quantity=Decimal(5))])
    assert few.value.free == 11
    with pytest.raises(LotNotHere) as elsewhere:
        choose(*lots, asked=[replace(there, place="WH-9")])
    assert elsewhere.value.say("en")[0] == "Lot R0 of RESIN is not at WH-9."
    with pytest.raises(NotFound):
        choose(*lots, asked=[replace(anywhere, lot="R7")])
