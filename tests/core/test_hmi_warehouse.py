"""The warehouse's screens: what they show, what they never show, and what their taps become on the wire."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from hmi.commands import request_for
from hmi.i18n import Words
from hmi.views.count import differences_view, tasks_view
from hmi.views.formatting import Format
from hmi.views.plan import loops_view, proposals_view
from hmi.views.receive import booked_view, expected_view
from hmi.views.where import lines_view, sums_view, tree_view
from hmi.warehouse_commands import PLACES, WAREHOUSE
from mes_server.contract.cycle_counts import CountResult, CountTask
from mes_server.contract.locations import SavedLocation
from mes_server.contract.purchasing import Proposal, PurchaseOrder
from mes_server.contract.replenishment import Loop
from mes_server.contract.stock import StockLine
from tests.journeys import feeding_warehouse

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
EN = Format(words=Words(language="en"), zone=ZoneInfo("Asia/Shanghai"))
LISTS = feeding_warehouse.lists(NOW)


def test_expected_deliveries_come_by_due_date_with_what_may_still_come() -> None:
    orders = [PurchaseOrder.model_validate(row) for row in LISTS["purchase-orders"]]
    late, later = expected_view(orders, {}, now=NOW, form=EN)
    assert (late["late"], later["late"]) == (True, False)
    assert late["outstanding"] == "11,200"
    assert late["most"] == "11,820 pcs"
    assert late["pack"] == {"unit": "ctn", "word": "cartons"}
    assert late["placeName"] == "RM-STORE", "a place that is not known yet is told by its code"
    closed = orders[0].model_copy(update={"state": "closed"})
    assert expected_view([closed], {}, now=NOW, form=EN) == []


def test_a_delivery_of_which_nothing_was_taken_in_has_no_lot_to_put_away() -> None:
    turned_away = {"number": "PO-1", "line": 1, "open": True, "posting": None}
    assert booked_view(turned_away, EN) == {"lot": "", "open": True}


def test_the_tasks_of_a_count_hold_nothing_of_the_books() -> None:
    line = CountResult(
        id=1,
        item="CAP",
        item_name={"en": "Cap"},
        unit="pcs",
        lot="L1",
        location="WH",
        location_name={"en": "Warehouse"},
        state="waiting",
        counted=Decimal(7),
        counted_at=NOW,
        counted_by="One",
        book=Decimal(4711),
        difference=Decimal(-4704),
        value=Decimal("-94.08"),
        note="",
        decided_by=None,
        decided_at=None,
        movement=None,
    )
    (task,) = tasks_view([CountTask.model_validate(line.model_dump())], EN)
    assert "4711" not in str(task)
    assert not task["todo"]
    (shown,) = differences_view({9: [line]}, now=NOW, form=EN)
    assert (shown["list"], shown["difference"], shown["value"]) == (9, "−4,704 pcs", "−94.08")
    assert shown["less"]
    booked = line.model_copy(update={"state": "booked"})
    assert differences_view({9: [booked]}, now=NOW, form=EN) == []


def test_what_nobody_knows_of_a_loop_is_not_a_number() -> None:
    loops = [Loop.model_validate(row) for row in LISTS["replenishment-loops"]]
    first, second = loops_view(loops, {}, now=NOW, form=EN)
    assert (first["method"], first["urgent"], first["low"]) == ("reorder_point", True, True)
    assert (second["runsOutMs"], second["rate"], second["cover"]) == (None, None, None)
    assert second["rule"] == "3 cards of 600 pcs, 1 empty"
    assert second["low"], "an empty card is due"


def test_a_proposal_says_its_number_and_asks_for_a_supplier_that_is_open() -> None:
    proposal = Proposal.model_validate(LISTS["proposals"][0])
    (shown,) = proposals_view([proposal], [], [], now=NOW, form=EN)
    assert (shown["number"], shown["needsSupplier"]) == ("PO-P3", True)
    assert (shown["quantity"], shown["was"]) == ("24,000 pcs", "22,000 pcs")
    decided = proposal.model_copy(update={"state": "firm"})
    assert proposals_view([decided], [], [], now=NOW, form=EN) == []


def test_lots_show_their_state_and_offer_what_a_role_may_do() -> None:
    line = StockLine.model_validate(LISTS["stock"][0])
    (shown,) = lines_view([line], [], roles=("warehouse",), now=NOW, form=EN)
    assert (shown["held"], shown["soon"], shown["expired"]) == (True, True, False)
    assert shown["actions"] == ["put_away", "move", "give_back"]
    (for_quality,) = lines_view([line], [], roles=("quality",), now=NOW, form=EN)
    assert for_quality["actions"] == ["release"]
    (nobody,) = lines_view([line], [], roles=(), now=NOW, form=EN)
    assert nobody["actions"] == []
    long_ago = line.model_copy(update={"expires_on": (NOW - timedelta(days=2)).date()})
    assert lines_view([long_ago], [], roles=(), now=NOW, form=EN)[0]["expired"]
    (summed,) = sums_view([line, line], EN)
    assert (summed["onHand"], summed["held"]) == ("2,465.0 kg", "2,465.0 kg")


def test_places_are_a_tree_and_one_whose_parent_is_closed_stands_alone() -> None:
    def place(code: str, parent: str | None, *, active: bool = True) -> SavedLocation:
        name = {"en": code}
        return SavedLocation(code=code, name=name, kind="bin", parent=parent, active=active)

    places = [place("B", "A"), place("A", None), place("D", "C"), place("C", None, active=False)]
    assert [(row["code"], row["depth"]) for row in tree_view(places, EN)] == [
        ("A", 0),
        ("B", 1),
        ("D", 0),
    ]


def test_a_tap_becomes_a_path_and_a_body_in_the_contracts_words() -> None:
    body = {"order": "PO 7", "line": 2, "lot": "L1", "quantity": "5", "expires_on": None}
    request = request_for("receive", body, unit="")
    assert request.path == "purchase-orders/PO%207/lines/2/receive"
    assert request.body["lot"] == "L1"
    assert "expires_on" not in request.body
    with pytest.raises(ValidationError):
        request_for("receive", {**body, "quantity": "-1"}, unit="")
    with pytest.raises(ValidationError):
        request_for("count", {"list": 1, "item": "CAP", "book": "7"}, unit="")
    for verb, spec in WAREHOUSE.items():
        assert not (PLACES[verb] & set(spec.body.model_fields)), "a word cannot be path and body"
