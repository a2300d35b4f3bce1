"""Scanning at the replenishment board: location, lot, station."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hmi.views.call_scan import ScanMeaning, scanned_codes, what_a_scan_means
from mes_server.contract.feed import SignalPick
from tests.journeys.feeding_stock import call, signals

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("L-2440", "L-2440"),
        ("  l-2440 ", "L-2440"),
        ("]C1010950600013435210L-2440", "L-2440"),
        ("(01)09506000134352(10)L-2440", "L-2440"),
        ("]d2010950600013435217261231\x1d10L-2440\x1d3712", "L-2440"),
    ],
)
def test_plain_codes_and_element_strings_both_parse(text: str, code: str) -> None:
    assert code in scanned_codes(text)


def test_the_source_of_a_raised_call_accepts_it_the_soonest_stock_out_first() -> None:
    assert what_a_scan_means("WH-1", signals(NOW), selected=None) == ScanMeaning(
        step="accept", number=9
    )


def test_the_selected_call_is_asked_first() -> None:
    assert what_a_scan_means("WH-1", signals(NOW), selected=7) == ScanMeaning(
        step="accept", number=7
    )


def test_a_suggested_lot_of_an_accepted_call_is_picked() -> None:
    assert what_a_scan_means("L-2441", signals(NOW), selected=None) == ScanMeaning(
        step="pick_lot", number=8, lot="L-2441"
    )


def test_a_bin_stands_for_what_is_to_be_taken_from_it_and_the_store_itself_for_its_calls() -> None:
    there = [
        SignalPick(lot="L-1", quantity=Decimal(3), location="WH-1"),
        SignalPick(lot="L-2", quantity=Decimal(2), location="WH-1-A3"),
    ]
    taken = call(5, "CORD", "A1-LS", NOW, quantity="5", on_hand="3", end_h=0.1, state="accepted")
    taken = taken.model_copy(update={"suggested": there})
    assert what_a_scan_means("wh-1-a3", [taken], selected=None) == ScanMeaning(
        step="pick_lot", number=5, location="WH-1-A3"
    )
    assert what_a_scan_means("WH-1", [taken], selected=None) is None


def test_the_station_of_a_picked_call_delivers_it() -> None:
    picked = call(5, "CORD", "A1-LS", NOW, quantity="500", on_hand="3", end_h=0.1, state="picked")
    assert what_a_scan_means("A1-LS", [picked], selected=None) == ScanMeaning(
        step="deliver", number=5
    )


def test_a_scan_that_fits_nothing_means_nothing() -> None:
    assert what_a_scan_means("4006381333931", signals(NOW), selected=8) is None
