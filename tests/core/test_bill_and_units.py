"""What an order needs: exact until it is booked, rounded once, never rounded up on the way."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.bill_of_material import (
    BillLoops,
    Component,
    ComponentTwice,
    check_bills,
    requirement,
)
from mes_server.domain.units import booked, convert


def test_two_kilograms_for_eight_hundred_metres_are_half_a_kilogram_for_two_hundred() -> None:
    resin = Component(item="RESIN", quantity=Decimal(8), base_quantity=Decimal(800))
    assert requirement(resin, Decimal(200)) == 2


def test_component_scrap_comes_on_top() -> None:
    label = Component(
        item="LABEL", quantity=Decimal(1), base_quantity=Decimal(1), scrap_percent=Decimal(2)
    )
    assert requirement(label, Decimal(100)) == 102


def test_a_third_is_exact_until_it_is_booked() -> None:
    third = Component(item="X", quantity=Decimal(1), base_quantity=Decimal(3))
    assert requirement(third, Decimal(3)) == 1
    assert booked(requirement(third, Decimal(1))) == Decimal("0.333333")


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("0.0000005", "0.000001"),
        ("0.0000015", "0.000002"),
        ("0.0000025", "0.000003"),
        ("970", "970.000000"),
        ("999999999999.9999994", "999999999999.999999"),
    ],
)
def test_booking_rounds_as_the_database_does_at_six_places(exact: str, rounded: str) -> None:
    assert str(booked(Decimal(exact))) == rounded


@given(
    quantity=st.decimals(0, 10**9, places=6),
    factor=st.fractions(min_value="1/1000", max_value=1000),
)
def test_a_unit_there_and_back_loses_nothing(quantity: Decimal, factor: Fraction) -> None:
    there = convert(quantity, factor=factor)
    assert there / factor == Fraction(quantity)
    assert abs(Fraction(booked(there)) - there) <= Fraction(1, 2_000_000)


def test_a_factor_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        convert(Decimal(1), factor=Fraction(0))


def test_an_item_is_not_made_of_itself() -> None:
    check_bills({"KETTLE": ["BODY", "CORD"], "BODY": ["RESIN"], "LAMP": ["BODY"]})
    with pytest.raises(BillLoops) as refused:
        check_bills({"KETTLE": ["BODY"], "BODY": ["RESIN"], "RESIN": ["KETTLE"]})
    assert refused.value.path in {
        "KETTLE → BODY → RESIN → KETTLE",
        "BODY → RESIN → KETTLE → BODY",
        "RESIN → KETTLE → BODY → RESIN",
    }


def test_a_component_is_named_once() -> None:
    with pytest.raises(ComponentTwice):
        check_bills({"KETTLE": ["BODY", "BODY"]})
