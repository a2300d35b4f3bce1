"""Moving average cost: money is never lost, and issues leave the average where it is."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.moving_average import CostState, Stretch, tell

STANDARD = Decimal("2.5")


def stretch(gained: str, price: str, moved: str = "0") -> Stretch:
    return Stretch(
        gained=Decimal(gained), worth=Decimal(gained) * Decimal(price), moved=Decimal(moved)
    )


def told(*stretches: Stretch) -> CostState:
    return tell(stretches, standard=STANDARD)


def test_a_receipt_moves_the_average_by_its_weight() -> None:
    state = told(stretch("100", "2"), stretch("300", "3"))
    assert state.average(STANDARD) == Decimal("2.75")
    assert state.value == 1100


def test_an_issue_takes_the_average_and_leaves_it() -> None:
    state = told(stretch("100", "2"), stretch("300", "3", "-200"))
    assert (state.quantity, state.value, state.issued_value) == (200, 550, 550)
    assert state.average(STANDARD) == Decimal("2.75")


def test_the_last_piece_takes_all_that_is_left() -> None:
    state = told(stretch("3", "0.333333", "-1"), stretch("0", "0", "-2"))
    assert (state.quantity, state.value) == (0, 0)
    assert state.issued_value == state.received_value == Decimal("0.999999")


def test_rounding_takes_no_more_than_there_is() -> None:
    state = told(stretch("0.000001", "0"), stretch("0.000693", "0.000809", "-0.000619"))
    assert state.issued_value == state.received_value == Decimal("0.000000560637")
    assert (state.quantity, state.value) == (Decimal("0.000075"), 0)


def test_a_reversed_receipt_takes_its_own_price_along() -> None:
    state = told(stretch("100", "2"), stretch("100", "4"), stretch("-100", "4"))
    assert (state.quantity, state.value) == (100, 200)


def test_stock_without_any_price_counts_at_standard() -> None:
    assert told(stretch("0", "0", "10")).value == 25
    assert told().average(STANDARD) == STANDARD


quantities = st.decimals(min_value="0.000001", max_value="99999", places=6)
prices = st.decimals(min_value="0", max_value="9999", places=6)


@given(st.lists(st.tuples(quantities, prices, st.decimals(min_value=0, max_value=1, places=4))))
def test_money_in_is_money_in_stock_and_money_out_to_the_last_decimal_place(
    receipts: list[tuple[Decimal, Decimal, Decimal]],
) -> None:
    state, stretches = CostState(), list[Stretch]()
    on_hand = Decimal(0)
    for quantity, price, share in receipts:
        on_hand += quantity
        gone = (on_hand * share).quantize(Decimal("0.000001"))
        on_hand -= gone
        stretches.append(Stretch(gained=quantity, worth=quantity * price, moved=-gone))
        state = tell(stretches, standard=STANDARD)
        assert state.received_value == state.value + state.issued_value
        assert state.quantity == on_hand
        assert state.value >= 0
    assert tell(stretches, standard=STANDARD) == state  # told again, it says the same
