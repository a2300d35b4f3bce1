"""Material requirements planning: gross - on hand - scheduled receipts + safety stock, lots, lead times, levels, pegs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.loop_rule import Modifiers
from mes_server.domain.mrp import (
    LotSizing,
    NoteKind,
    Part,
    PlannedItem,
    PlannedOrder,
    Receipt,
    Requirement,
    low_level_codes,
    plan,
)

D = Decimal
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
DAY_S = 86_400


def bought(**how: Any) -> PlannedItem:
    return PlannedItem(item="CORD", made=False, **how)


def wants(quantity: int, *, on_day: int, ref: str = "WO-1", item: str = "CORD") -> Requirement:
    return Requirement(item=item, quantity=D(quantity), at=NOW + on_day * DAY, ref=ref)


def brings(quantity: int, *, on_day: int, ref: str = "PO-1/1") -> Receipt:
    return Receipt(item="CORD", quantity=D(quantity), at=NOW + on_day * DAY, ref=ref)


def quantities(orders: tuple[PlannedOrder, ...]) -> list[tuple[str, Decimal]]:
    return [(order.item, order.quantity) for order in orders]


def test_net_is_gross_less_on_hand_less_scheduled_receipts_plus_safety_stock() -> None:
    item = bought(on_hand=D(30), safety_stock=D(10), lead_time_s=2 * DAY_S)
    [order] = plan([item], [wants(100, on_day=5)], [brings(20, on_day=4)], now=NOW).orders
    assert order.quantity == 60
    assert (order.due_at, order.start_at) == (NOW + 5 * DAY, NOW + 3 * DAY)
    why = order.why
    assert (why.gross, why.stock_before, why.safety_stock, why.shortage) == (100, 50, 10, 60)


def test_enough_stock_plans_nothing() -> None:
    assert plan([bought(on_hand=D(100))], [wants(100, on_day=1)], [], now=NOW).orders == ()


def test_safety_stock_alone_is_filled_up_now() -> None:
    [order] = plan([bought(on_hand=D(4), safety_stock=D(10))], [], [], now=NOW).orders
    assert (order.quantity, order.due_at, order.pegs[0].ref) == (6, NOW, "safety stock")


def test_a_receipt_that_comes_too_late_is_hurried_before_anything_is_ordered() -> None:
    made = plan([bought()], [wants(10, on_day=1)], [brings(10, on_day=9)], now=NOW)
    assert made.orders == ()
    [note] = made.notes
    assert (note.kind, note.ref, note.wanted_at) == (NoteKind.EXPEDITE, "PO-1/1", NOW + DAY)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, [40, 40, 40]),
        ({"lot_sizing": LotSizing.FIXED, "lot": D(75)}, [75, 75]),
        ({"lot_sizing": LotSizing.PERIOD, "period_days": 2}, [80, 40]),
        ({"modifiers": Modifiers(minimum=D(100))}, [100, 100]),
        ({"modifiers": Modifiers(maximum=D(25))}, [25, 15, 25, 15, 25, 15]),
    ],
)
def test_lots(how: dict[str, Any], expected: list[int]) -> None:
    wanted = [wants(40, on_day=day, ref=f"WO-{day}") for day in (1, 2, 3)]
    made = plan([bought(**how)], wanted, [], now=NOW)
    assert [order.quantity for order in made.orders] == expected


def test_a_lot_says_for_which_orders_it_is() -> None:
    item = bought(lot_sizing=LotSizing.FIXED, lot=D(100))
    wanted = [wants(40, on_day=1, ref="WO-1"), wants(40, on_day=2, ref="WO-2")]
    [order] = plan([item], wanted, [], now=NOW).orders
    assert [(peg.ref, peg.quantity) for peg in order.pegs] == [("WO-1", 40), ("WO-2", 40)]


KETTLE = [
    PlannedItem(
        item="KETTLE",
        made=True,
        lead_time_s=DAY_S,
        parts=[
            Part(item="BODY", per_piece=Fraction(1)),
            Part(item="RESIN", per_piece=Fraction(1, 10)),
        ],
    ),
    PlannedItem(
        item="BODY",
        made=True,
        on_hand=D(30),
        lead_time_s=2 * DAY_S,
        parts=[Part(item="RESIN", per_piece=Fraction(1, 4))],
    ),
    PlannedItem(item="RESIN", made=False, lead_time_s=3 * DAY_S),
]


def test_parents_are_planned_before_their_parts_down_to_what_is_bought() -> None:
    assert low_level_codes({"KETTLE": ["BODY", "RESIN"], "BODY": ["RESIN"]}) == {
        "KETTLE": 0,
        "BODY": 1,
        "RESIN": 2,
    }
    made = plan(KETTLE, [wants(100, on_day=10, item="KETTLE", ref="demand")], [], now=NOW)
    assert quantities(made.orders) == [
        ("KETTLE", D(100)),
        ("BODY", D(70)),
        ("RESIN", D("17.5")),
        ("RESIN", D(10)),
    ]
    starts = [(order.start_at - NOW).days for order in made.orders]
    assert starts == [9, 7, 4, 6]
    assert all(peg.orders == ("demand",) for order in made.orders for peg in order.pegs)
    assert made.orders[2].pegs[0].ref == "#2"


def test_what_should_have_started_already_says_so() -> None:
    made = plan([bought(lead_time_s=3 * DAY_S)], [wants(5, on_day=1)], [], now=NOW)
    [note] = made.notes
    assert (note.kind, note.ref) == (NoteKind.LATE_START, "#1")


def test_an_item_with_a_loop_of_its_own_is_left_to_it() -> None:
    made = plan([bought(left_to_loop=True)], [wants(5, on_day=1)], [], now=NOW)
    assert made.orders == ()
    assert [note.kind for note in made.notes] == [NoteKind.LEFT_TO_LOOP]


def test_a_bill_that_contains_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="contains itself"):
        low_level_codes({"A": ["B"], "B": ["A"]})


demands = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 20)), max_size=12)


@given(
    demands,
    demands,
    st.integers(0, 100),
    st.integers(0, 30),
    st.sampled_from(LotSizing),
    st.randoms(use_true_random=False),
)
def test_stock_never_falls_below_safety_and_the_order_of_rows_does_not_matter(
    wanted: list[tuple[int, int]],
    coming: list[tuple[int, int]],
    on_hand: int,
    safety: int,
    sizing: LotSizing,
    dice: Any,
) -> None:
    item = bought(
        on_hand=D(on_hand), safety_stock=D(safety), lot_sizing=sizing, lot=D(35), period_days=4
    )
    rows = [wants(q, on_day=day, ref=f"WO-{nr:02}") for nr, (q, day) in enumerate(wanted)]
    receipts = [brings(q, on_day=day, ref=f"PO-{nr:02}") for nr, (q, day) in enumerate(coming)]
    made = plan([item], rows, receipts, now=NOW)
    supplied = sum((order.quantity for order in made.orders), D(0))
    total = on_hand + sum(q for q, _ in coming) + supplied - sum(q for q, _ in wanted)
    assert total >= safety
    pegged = sum((peg.quantity for order in made.orders for peg in order.pegs), D(0))
    assert pegged <= supplied
    shuffled, others = rows[:], receipts[:]
    dice.shuffle(shuffled)
    dice.shuffle(others)
    assert plan([item], shuffled, others, now=NOW) == made
