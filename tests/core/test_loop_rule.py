"""Each replenishment method, order modifiers, safety stock, cards, and what a stopped order does to a call."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.call_review import Verdict, review_call
from mes_server.domain.kanban import CardState, WrongCardStep, next_card_state
from mes_server.domain.loop_rule import (
    LoopRule,
    Method,
    Modifiers,
    Seen,
    deficiency,
    due_order,
    order_size,
    projected_stock,
)
from mes_server.domain.replenishment import SignalState
from mes_server.domain.safety_stock import (
    History,
    kanban_cards,
    safety_stock,
    suggest_reorder_point,
)

D = Decimal


def test_projected_stock_is_on_hand_and_open_supply_less_reserved() -> None:
    assert projected_stock(on_hand=D(30), open_supply=D(50), reserved=D(20)) == 60
    assert projected_stock(
        on_hand=D(30), open_supply=D(0), reserved=D(5), waiting=D(10), asked=D(8)
    ) == D(7)


def test_a_loop_at_its_reorder_point_orders_its_quantity() -> None:
    rule = LoopRule(method=Method.REORDER_POINT, reorder_point=D(20), order_quantity=D(50))
    assert due_order(rule, Seen(projected=D("20.000001"))) == 0
    assert due_order(rule, Seen(projected=D(20))) == 50


def test_min_max_fills_up_to_the_maximum_then_minimum_and_multiple() -> None:
    rule = LoopRule(
        method=Method.MIN_MAX,
        reorder_point=D(20),
        max_quantity=D(100),
        order_quantity=D(1),
        modifiers=Modifiers(minimum=D(40), multiple=D(25)),
    )
    assert due_order(rule, Seen(projected=D(21))) == 0
    assert due_order(rule, Seen(projected=D(13))) == 100  # 87, then whole 25s
    assert due_order(rule, Seen(projected=D(-30))) == 150


def test_an_empty_card_is_the_signal() -> None:
    rule = LoopRule(method=Method.KANBAN, order_quantity=D(12))
    assert due_order(rule, Seen(projected=D(0))) == 0
    assert due_order(rule, Seen(projected=D(1000), empty_cards=2)) == 24


def test_an_empty_bin_is_the_signal_by_scan_or_by_ledger() -> None:
    by_scan = LoopRule(method=Method.TWO_BIN, order_quantity=D(500))
    assert due_order(by_scan, Seen(projected=D(0))) == 0
    assert due_order(by_scan, Seen(projected=D(800), empty_cards=1)) == 500
    by_ledger = LoopRule(method=Method.TWO_BIN, order_quantity=D(500), scanned=False)
    assert due_order(by_ledger, Seen(projected=D(501))) == 0
    assert due_order(by_ledger, Seen(projected=D(500))) == 500
    assert due_order(by_ledger, Seen(projected=D(0))) == 1000


def test_on_demand_calls_early_enough_for_the_lead_time_and_for_no_more_than_is_needed() -> None:
    rule = LoopRule(method=Method.ON_DEMAND, order_quantity=D(200), lead_time_s=840)
    rate = D(120)  # 30 in the quarter of an hour that lead time and margin make
    seen = Seen(projected=D(31), rate_per_hour=rate, need=D(1000))
    assert due_order(rule, seen) == 0
    assert due_order(rule, Seen(projected=D(30), rate_per_hour=rate, need=D(1000))) == 200
    assert due_order(rule, Seen(projected=D(30), rate_per_hour=rate, need=D(90))) == 60
    assert due_order(rule, Seen(projected=D(30), rate_per_hour=rate, need=D(30))) == 0


def test_an_unknown_rate_forecasts_nothing() -> None:
    rule = LoopRule(method=Method.ON_DEMAND, order_quantity=D(200), lead_time_s=900)
    assert due_order(rule, Seen(projected=D(0), rate_per_hour=None, need=D(50))) == 0


def test_planned_items_do_not_call_by_themselves() -> None:
    assert due_order(LoopRule(method=Method.MRP, order_quantity=D(5)), Seen(projected=D(-9))) == 0


@pytest.mark.parametrize(
    ("quantity", "modifiers", "ordered"),
    [
        ("3", Modifiers(), "3"),
        ("3", Modifiers(minimum=D(10)), "10"),
        ("11", Modifiers(multiple=D(5)), "15"),
        ("11", Modifiers(multiple=D(5), pack=D(20)), "20"),
        ("0.3", Modifiers(multiple=D("0.1")), "0.3"),
        ("205", Modifiers(pack=D(200)), "400"),
        ("205", Modifiers(pack=D(200), maximum=D(390)), "200"),
        ("205", Modifiers(pack=D(200), maximum=D(150)), "150"),
        ("205", Modifiers(maximum=D(150)), "150"),
        ("0", Modifiers(minimum=D(10)), "0"),
    ],
)
def test_order_modifiers(quantity: str, modifiers: Modifiers, ordered: str) -> None:
    assert order_size(D(quantity), modifiers) == D(ordered)


def test_an_emergency_orders_exactly_the_deficiency() -> None:
    assert deficiency(projected=D("-7.25"), safety_stock=D(0)) == D("7.25")
    assert deficiency(projected=D(3), safety_stock=D(5)) == 2
    assert deficiency(projected=D(9), safety_stock=D(5)) == 0


def test_safety_stock_covers_uneven_demand_and_late_deliveries() -> None:
    assert safety_stock(
        z=2, lead_time=4, mean_demand=10, demand_deviation=3, lead_deviation=0
    ) == pytest.approx(12)
    assert safety_stock(
        z=1, lead_time=4, mean_demand=10, demand_deviation=4, lead_deviation=0.6
    ) == pytest.approx(10)  # sqrt(4 * 16 + 100 * 0.36)


def test_a_suggested_reorder_point_is_lead_time_demand_and_safety_stock() -> None:
    history = History(demand=[D(8), D(12), D(8), D(12)], lead_times=[], stated_lead_time=4)
    found = suggest_reorder_point(history, service_level=0.95)
    assert found is not None
    assert found.lead_time_demand == pytest.approx(40)
    assert float(found.safety_stock) == pytest.approx(1.644854 * (4 * 16 / 3) ** 0.5, rel=1e-5)
    assert float(found.reorder_point) == pytest.approx(40 + float(found.safety_stock), abs=1e-5)


def test_without_history_nothing_is_suggested() -> None:
    nothing = History(demand=[D(0)] * 30, lead_times=[], stated_lead_time=1)
    assert suggest_reorder_point(nothing, service_level=0.95) is None
    one_day = History(demand=[D(5)], lead_times=[], stated_lead_time=1)
    assert suggest_reorder_point(one_day, service_level=0.95) is None


@given(st.lists(st.integers(0, 100), min_size=2, max_size=20), st.floats(0.51, 0.999))
def test_more_service_never_asks_for_a_lower_reorder_point(days: list[int], level: float) -> None:
    history = History(demand=[D(day) for day in days], lead_times=[1.0, 2.0], stated_lead_time=1)
    found = suggest_reorder_point(history, service_level=level)
    better = suggest_reorder_point(history, service_level=(1 + level) / 2)
    if found is not None:
        assert better is not None
        assert better.reorder_point >= found.reorder_point


def test_the_number_of_cards_is_rounded_up() -> None:
    cards = kanban_cards(
        demand_per_day=D(400), lead_time_days=D("0.5"), safety=D("0.2"), content=D(50)
    )
    assert cards == 5  # 4.8


def test_a_card_goes_from_full_to_in_use_to_empty() -> None:
    assert next_card_state(card="K", state=CardState.FULL, scanned=None) is CardState.IN_USE
    assert next_card_state(card="K", state=CardState.IN_USE, scanned=None) is CardState.EMPTY
    assert (
        next_card_state(card="K", state=CardState.FULL, scanned=CardState.EMPTY) is CardState.EMPTY
    )


@pytest.mark.parametrize("state", [CardState.EMPTY, CardState.ORDERED, CardState.IN_TRANSIT])
def test_a_card_that_was_called_for_is_not_scanned_again(state: CardState) -> None:
    with pytest.raises(WrongCardStep):
        next_card_state(card="K", state=state, scanned=None)


def test_a_call_nobody_needs_any_more_is_called_off() -> None:
    for drawn, need in ((False, D(500)), (True, D(10))):
        review = review_call(
            state=SignalState.ACCEPTED,
            quantity=D(50),
            stock=D(10),
            need=need,
            drawn=drawn,
            modifiers=Modifiers(),
        )
        assert review.verdict is Verdict.CANCEL


def test_a_smaller_order_makes_its_call_smaller_and_a_larger_one_leaves_it() -> None:
    def judged(need: int) -> tuple[Verdict, Decimal]:
        review = review_call(
            state=SignalState.RAISED,
            quantity=D(50),
            stock=D(10),
            need=D(need),
            drawn=True,
            modifiers=Modifiers(pack=D(20)),
        )
        return review.verdict, review.quantity

    assert judged(need=25) == (Verdict.ADJUST, D(20))
    assert judged(need=500) == (Verdict.KEEP, D(50))


def test_what_is_picked_stays_and_asks() -> None:
    review = review_call(
        state=SignalState.PICKED,
        quantity=D(50),
        stock=D(10),
        need=D(0),
        drawn=False,
        modifiers=Modifiers(),
    )
    assert (review.verdict, review.quantity) == (Verdict.ASK, D(50))
