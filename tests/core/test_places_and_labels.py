"""Places as a tree, GTINs, bills in other units, labels, and stock on its way."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from mes_server.domain.barcode import read_label
from mes_server.domain.item_details import GtinWrong, exact_bill, gtin_14
from mes_server.domain.location_tree import (
    PlaceInUse,
    PlaceLoops,
    Uses,
    WrongParent,
    check_close,
    check_parent,
)
from mes_server.domain.refusal import words
from mes_server.domain.shipment import LessOnItsWay, arriving

BIN = words("Bin 1", "货位1")


def test_a_site_holds_stores_and_a_store_holds_bins() -> None:
    check_parent(code="WH", kind="store", parent_kind="site", above=("PLANT",))
    check_parent(code="B1", kind="bin", parent_kind="store", above=("WH", "PLANT"))
    with pytest.raises(WrongParent):
        check_parent(code="PLANT", kind="site", parent_kind="store", above=("WH",))
    with pytest.raises(WrongParent):
        check_parent(code="B1", kind="bin", parent_kind="bin", above=("B2", "WH"))


def test_a_place_does_not_lie_inside_itself() -> None:
    with pytest.raises(PlaceLoops) as refused:
        check_parent(code="A", kind="site", parent_kind="site", above=("C", "B", "A"))
    assert refused.value.path == "A → B → C → A"


def test_a_place_in_use_is_not_closed_and_says_why() -> None:
    check_close(BIN, Uses(stock=Decimal(0), open_places=0, units=0, loops=0))
    with pytest.raises(PlaceInUse) as refused:
        check_close(BIN, Uses(stock=Decimal(3), open_places=0, units=1, loops=0))
    assert refused.value.say("en")[0] == (
        "Bin 1 is still in use: stock lies there, a unit takes from or delivers to it."
    )


def test_a_gtin_is_kept_with_fourteen_digits_and_its_check_digit_is_checked() -> None:
    assert gtin_14("4012345678901") == "04012345678901"
    assert gtin_14("96385074") == "00000096385074"
    for wrong in ("4012345678902", "12345", "ABCDEFGHIJKLM"):
        with pytest.raises(GtinWrong):
            gtin_14(wrong)


def test_a_bill_in_other_units_stays_exact() -> None:
    """A third of a roll of 200 m for one piece is 200 m for three pieces."""
    base, [film, glue] = exact_bill(
        Fraction(1), [(Fraction(1), Fraction(200, 3)), (Fraction(2, 100), Fraction(1))]
    )
    assert film / base == Fraction(200, 3)
    assert glue / base == Fraction(1, 50)
    assert base == 3


def test_a_bill_that_six_decimals_can_say_is_kept_as_it_is() -> None:
    assert exact_bill(Fraction(200), [(Fraction(2), Fraction(1))]) == (200, [2])


def test_a_gs1_label_names_item_lot_serial_number_weight_and_date() -> None:
    label = read_label("(01)04012345678901(3103)012500(21)S99(10)R7(17)261231")
    assert (label.gtin, label.lot, label.serial) == ("04012345678901", "R7", "S99")
    assert (label.quantity, label.unit) == (Decimal("12.500"), "kg")
    assert label.expires_on == date(2026, 12, 31)


def test_a_gs1_label_counts_pieces_and_names_a_container() -> None:
    label = read_label("(00)340123450000000000(02)04012345678901(37)24(10)R7")
    assert label.sscc == "340123450000000000"
    assert (label.gtin, label.quantity, label.unit) == ("04012345678901", 24, None)
    assert read_label("00340123450000000000").sscc == "340123450000000000"


def test_a_plain_text_stays_what_it_is() -> None:
    assert read_label(" R7 ").plain == "R7"
    assert (read_label("RESIN|R7").item, read_label("RESIN|R7").lot) == ("RESIN", "R7")


def test_no_more_arrives_than_is_on_its_way() -> None:
    assert arriving(id_=1, open_=Decimal(5), quantity=None) == 5
    assert arriving(id_=1, open_=Decimal(5), quantity=Decimal(2)) == 2
    for quantity in (Decimal(6), Decimal(0)):
        with pytest.raises(LessOnItsWay):
            arriving(id_=1, open_=Decimal(5), quantity=quantity)
