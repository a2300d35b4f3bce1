"""Components that change on a running order: exact from the produced quantity on at which they did."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.bill_of_material import Component, requirement
from mes_server.domain.components import ComponentInUse, differences, in_place_of

QUANTITIES = st.decimals(min_value="0.000001", max_value=1000, places=6)
PIECES = st.integers(0, 100_000).map(Decimal)


def component(quantity: str, base: str = "1", *, item: str = "RESIN") -> Component:
    return Component(item=item, quantity=Decimal(quantity), base_quantity=Decimal(base))


def test_backflush_is_the_standard_since_the_change_and_what_was_issued_stays() -> None:
    used = ComponentInUse(component=component("0.25"), issued=Decimal(10))
    assert used.backflush(Decimal(40)) == 0
    restated = used.restated(component("0.3"), produced=Decimal(40))
    assert restated.backflush(Decimal(40)) == 0
    assert restated.backflush(Decimal(50)) == 3
    assert restated.standard(Decimal(50)) == 13


def test_two_of_eight_kilograms_for_two_hundred_of_eight_hundred_metres() -> None:
    used = ComponentInUse(component=component("8", "800"))
    assert used.backflush(Decimal(200)) == 2


@given(quantity=QUANTITIES, changes=st.lists(st.tuples(PIECES, QUANTITIES), max_size=6), end=PIECES)
def test_however_often_it_changes_each_stretch_takes_its_own_standard_rounded_once(
    quantity: Decimal, changes: list[tuple[Decimal, Decimal]], end: Decimal
) -> None:
    used = ComponentInUse(component=component(str(quantity)))
    exact, at, present = Fraction(0), Decimal(0), quantity
    for more, later in changes:
        exact += Fraction(more) * Fraction(present)
        at += more
        used = used.restated(component(str(later)), produced=at)
        present = later
    exact += Fraction(end) * Fraction(present)
    booked = Fraction(used.standard(at + end))
    assert abs(booked - exact) <= Fraction(1, 2_000_000) * (len(changes) + 1)


STATEMENTS = st.lists(st.tuples(PIECES, QUANTITIES, st.booleans(), QUANTITIES), max_size=6)


@given(statements=STATEMENTS)
def test_pieces_are_consumed_as_weighed_while_it_is_measured_and_by_standard_while_it_is_not(
    statements: list[tuple[Decimal, Decimal, bool, Decimal]],
) -> None:
    used = ComponentInUse(component=component("1"))
    produced, expected = Decimal(0), Fraction(0)
    for pieces, quantity, measured, weighed in statements:
        stated = replace(component(str(quantity)), measured=measured)
        used = used.restated(stated, produced=produced)
        assert used.backflush(produced) == 0  # a change by itself books nothing
        produced += pieces
        more = weighed if measured else used.backflush(produced)
        used = replace(used, issued=used.issued + more)
        expected += Fraction(weighed) if measured else Fraction(pieces) * Fraction(quantity)
        assert used.backflush(produced) == 0
    assert abs(Fraction(used.issued) - expected) <= Fraction(len(statements), 2_000_000)


@given(quantity=QUANTITIES, ratio=QUANTITIES, base=st.integers(1, 1000).map(Decimal))
def test_a_substitute_takes_exactly_its_ratio_of_the_component(
    quantity: Decimal, ratio: Decimal, base: Decimal
) -> None:
    before = Component(
        item="RESIN", quantity=quantity, base_quantity=base, scrap_percent=Decimal(2), measured=True
    )
    other = in_place_of(before, substitute="RECYCLED", ratio=ratio)
    assert requirement(other, Decimal(7)) == requirement(before, Decimal(7)) * Fraction(ratio)
    assert (other.item, other.measured) == ("RECYCLED", True)


def test_a_refreeze_says_what_it_adds_removes_and_changes_and_nothing_else() -> None:
    present = {
        "RESIN": component("0.25"),
        "CORD": component("1", item="CORD"),
        "FOIL": component("2", "10", item="FOIL"),
    }
    planned = {
        "RESIN": component("0.3"),
        "LABEL": component("1", item="LABEL"),
        "FOIL": component("1", "5", item="FOIL"),
    }
    found = differences(operation=10, present=present, planned=planned)
    assert [(one.item, one.kind, one.before, one.after) for one in found] == [
        ("CORD", "removed", "1 for 1", ""),
        ("LABEL", "added", "", "1 for 1"),
        ("RESIN", "changed", "0.25 for 1", "0.3 for 1"),
    ]
