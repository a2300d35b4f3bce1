"""Units of items: exact on the way, rounded once, and never up where something is gained."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.units import (
    ItemUnit,
    QuantityVanishes,
    UnitUnknown,
    booked,
    booked_output,
    in_stock_unit,
)

ROLL = ItemUnit(unit="roll", numerator=200)
BOX = ItemUnit(unit="box", numerator=24)
THIRD = ItemUnit(unit="bag", numerator=1, denominator=3)


def entered(quantity: str, unit: str | None, *units: ItemUnit, gained: bool = False) -> Decimal:
    return in_stock_unit(
        Decimal(quantity), unit=unit, item="FILM", stock_unit="m", units=units, gained=gained
    )


def test_a_roll_is_two_hundred_metres_and_a_box_is_twenty_four_pieces() -> None:
    assert entered("1.5", "roll", ROLL, BOX) == 300
    assert entered("2", "box", ROLL, BOX) == 48
    assert entered("7.25", None, ROLL) == Decimal("7.25")
    assert entered("7.25", "m", ROLL) == Decimal("7.25")


def test_a_unit_that_the_item_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(UnitUnknown) as refused:
        entered("1", "pallet", ROLL, BOX)
    assert refused.value.units == ("box", "m", "roll")


def test_three_thirds_are_one() -> None:
    assert entered("3", "bag", THIRD) == 1


def test_a_quantity_that_would_round_to_nothing_is_refused() -> None:
    speck = ItemUnit(unit="speck", numerator=1, denominator=10_000_000)
    with pytest.raises(QuantityVanishes):
        entered("1", "speck", speck)


def test_970_kg_stay_970_kg() -> None:
    """frappe/erpnext PR#57674: bags were rounded up to whole ones, and 970 kg of output became 970.872 kg."""
    bag = ItemUnit(unit="bag", numerator=24_272, denominator=1_000)  # 24.272 kg
    bags = Fraction(970) / bag.factor
    assert booked_output(bags * bag.factor) == 970
    entered_bags = booked_output(bags)
    assert Fraction(entered_bags) * bag.factor <= 970
    assert entered(str(entered_bags), "bag", bag, gained=True) <= 970


@given(
    st.decimals(min_value="0.000001", max_value="999999", places=6),
    st.integers(1, 10_000),
    st.integers(1, 10_000),
)
def test_output_is_never_rounded_up_and_nothing_is_off_by_more_than_the_last_place(
    quantity: Decimal, numerator: int, denominator: int
) -> None:
    exact = Fraction(quantity) * Fraction(numerator, denominator)
    gained, taken = booked_output(exact), booked(exact)
    last_place = Fraction(1, 10**6)
    assert 0 <= exact - Fraction(gained) < last_place
    assert abs(exact - Fraction(taken)) <= last_place / 2
