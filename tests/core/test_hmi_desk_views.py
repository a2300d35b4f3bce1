"""The desk's screens: one order whole, traceability, open items and reports, from the server's answers to view models."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from hmi.commands import UnknownVerb, request_for
from hmi.i18n import Words
from hmi.pages.why_questions import path_within
from hmi.views.formatting import Format
from hmi.views.order_detail import OrderTold, order_view
from hmi.views.order_history import OrderPast
from hmi.views.orders import next_number
from hmi.views.reports import report_view, shifts_view
from hmi.views.review import Waiting, review_view
from hmi.views.trace import lot_view, tree_view
from hmi.views.why import why_view
from mes_server.contract.costs import WorkInProcess
from mes_server.contract.feed import UnitCard
from mes_server.contract.history import Production
from mes_server.contract.lots import LotCard
from mes_server.contract.order_changes import OrderChangeRecord
from mes_server.contract.order_reports import OnTimeDelivery, OrderLot
from mes_server.contract.readiness import OrderReadiness
from mes_server.contract.reports import ConsumptionVariance
from mes_server.contract.review import NoOrderCount, QuarantinedFact
from mes_server.contract.trace import Genealogy, MassBalance, Why
from tests.journeys import feeding_desk as desk
from tests.journeys import feeding_plant as plant

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
EN = Format(words=Words(language="en"), zone=ZoneInfo("Asia/Shanghai"))
UNITS: dict[str, UnitCard] = {card.path: card for card in plant.units(NOW)}
ORDERS = plant.orders(NOW)


def answer(path: str, shape: Any) -> Any:
    return TypeAdapter(shape).validate_python(desk.answers(path, NOW, []))


def whole_order(number: str, *roles: Any) -> dict[str, Any]:
    told = OrderTold(
        readiness=answer("work-orders/WO-1042/readiness", OrderReadiness),
        lots=answer("work-orders/WO-1042/lots", list[OrderLot]),
        variance=answer("reports/consumption-variance", ConsumptionVariance),
        past=OrderPast(changes=answer("work-orders/WO-1042/changes", list[OrderChangeRecord])),
    )
    cards = [card for card in ORDERS if card.number == number]
    return order_view(cards, told, units=UNITS, roles=roles, now=NOW, form=EN)


def test_an_order_shows_what_is_missing_what_was_used_and_what_changed() -> None:
    shown = whole_order("WO-1042", "planner")
    order, [operation] = shown["order"], shown["operations"]
    assert (order["good"], order["target"], order["percent"]) == ("128", "480", 26)
    assert order["missing"] == "352 pcs"
    assert operation["why"]["good"] == "why/progress/WO-1042?operation=10&figure=good"
    [component] = shown["material"]["rows"]
    assert (component["toBring"], component["missing"]) == ("42 pcs", None)
    assert component["elsewhere"] == ["Warehouse 1,200 pcs"]
    [used] = shown["used"]["rows"]
    assert (used["variance"], used["share"], used["value"]) == ("+2 pcs", "+1.6 %", "4.00")
    assert [lot["quantity"] for lot in used["lots"]] == ["128 pcs"]
    assert "Quantity: 400 → 480" in [entry["what"] for entry in shown["history"]]


@pytest.mark.parametrize(
    ("number", "role", "offered", "beside"),
    [
        ("WO-1047", "planner", ["release", "change", "split", "cancel"], []),
        ("WO-1042", "operator", [], ["pause", "hold", "complete"]),
        ("WO-1042", "warehouse", [], []),
        ("WO-1041", "planner", [], ["close"]),
    ],
)
def test_an_order_offers_what_its_state_and_the_role_allow(
    number: str, role: str, offered: list[str], beside: list[str]
) -> None:
    shown = whole_order(number, role)
    assert shown["order"]["actions"] == offered
    assert shown["operations"][0]["actions"] == beside


def test_the_next_number_keeps_its_form() -> None:
    assert next_number(["WO-0098", "WO-0099", "odd"]) == "WO-0100"
    assert next_number([]) == ""


def test_what_people_type_goes_to_the_server_as_entered_with_the_version_they_saw() -> None:
    body = {"order": "WO 1/2", "version": 7, "quantity": "many", "reason": "x"}
    request = request_for("change", body, unit="")
    assert (request.path, request.seen) == ("work-orders/WO%201%2F2/change", 7)
    assert request.body == {"quantity": "many", "reason": "x"}


@pytest.mark.parametrize(
    "path", ["people", "why/../people", "https://elsewhere/why/x", "//elsewhere/why/x", "", None]
)
def test_a_browser_asks_why_and_for_nothing_else(path: object) -> None:
    with pytest.raises(UnknownVerb):
        path_within(path, "why/")


def test_a_chain_that_does_not_add_up_says_so() -> None:
    why = answer("why/progress/WO-1042", Why)
    assert why_view(why, now=NOW, form=EN)["addsUp"] is True
    broken = why.model_copy(update={"explained": Decimal(127)})
    shown = why_view(broken, now=NOW, form=EN)
    assert (shown["addsUp"], shown["explained"], shown["value"]) == (False, "127", "128")
    assert shown["steps"][0]["inputs"] == [{"label": "counted", "value": "128 pcs"}]


def test_a_lot_on_a_cycle_is_told_once_and_named_again() -> None:
    tree = answer("lots/HEATING-ELEMENT/HE-5501/genealogy", Genealogy)
    [link] = tree.links
    back = link.model_copy(
        update={
            "input_item": "KETTLE", "input_lot": "WO-1042", "output_item": "HEATING-ELEMENT", "output_lot": "HE-5501",
        }
    )  # fmt: skip
    round_ = tree.model_copy(update={"links": [link, back]})
    rows = tree_view(round_, {}, units=UNITS, now=NOW, form=EN)["rows"]
    assert [(row["lot"], row["depth"], row["again"]) for row in rows] == [
        ("WO-1042", 1, False),
        ("HE-5501", 2, False),
        ("WO-1042", 3, True),
    ]


def test_a_mass_balance_that_is_open_is_shown() -> None:
    lot = answer("lots/HEATING-ELEMENT/HE-5501", LotCard)
    balance = answer("lots/HEATING-ELEMENT/HE-5501/balance", MassBalance)
    assert lot_view(lot, balance, now=NOW, form=EN)["balanced"]
    open_ = balance.model_copy(update={"difference": Decimal(-3)})
    shown = lot_view(lot, open_, now=NOW, form=EN)
    assert (shown["balanced"], shown["difference"]) == (False, "−3 pcs")
    assert [place["name"] for place in shown["places"]] == ["Assembly line side"]


def sections(waiting: Waiting, *roles: Any) -> dict[str, Any]:
    found = review_view(
        waiting, signals=[], orders=ORDERS, units=UNITS, roles=roles, now=NOW, form=EN
    )
    return {section["key"]: section["rows"] for section in found}


def test_hours_in_a_row_without_an_order_are_one_item_for_the_order_that_runs() -> None:
    hour = NOW.replace(minute=0)
    counts = [
        NoOrderCount(equipment=desk.UNIT, equipment_name={}, hour=at, good=good, scrap=Decimal(1))
        for at, good in (
            (hour, Decimal(5)),
            (hour - HOUR, Decimal(7)),
            (hour - 3 * HOUR, Decimal(2)),
        )
    ]
    first, second = sections(Waiting(counts=counts), "leader")["no_order"]
    assert (first["figure"], second["figure"]) == ("12 good, 2 scrap", "2 good, 1 scrap")
    assert first["do"]["kind"] == "attribute"
    assert first["do"]["orders"][0]["value"] == "WO-1042/10", "the one that runs comes first"
    assert (first["do"]["since"], first["do"]["until"]) == (
        (hour - HOUR).isoformat(),
        (hour + HOUR).isoformat(),
    )
    [signed_out, _] = sections(Waiting(counts=counts))["no_order"]
    assert signed_out["locked"]
    assert signed_out["do"]["kind"] == "go"


def test_doubted_readings_are_told_by_signal_and_resolved_ones_not_at_all() -> None:
    facts = [
        QuarantinedFact(
            id=nr, agent="a", equipment=desk.UNIT, signal="good", at=NOW, quantity=Decimal(1), reason="why " * 200, resolved_at=done,
        )
        for nr, done in enumerate((None, None, NOW))
    ]  # fmt: skip
    [row] = sections(Waiting(quarantine=facts))["quarantine"]
    assert row["figure"] == "2 readings"
    assert len(row["detail"]) <= 160
    assert sections(Waiting()) == {}


def test_a_report_says_its_sums_only_of_all_of_its_rows() -> None:
    row = {
        "order": "WO-1", "item": "KETTLE", "item_name": {"en": "Kettle"}, "unit": "pcs", "made": "5", "issued_value": "10",
        "made_value": "4", "in_process_value": "6",
    }  # fmt: skip
    report = WorkInProcess.model_validate({"formula": "f", "at": NOW, "rows": [row]})
    whole = report_view("wip", report, None, query={}, now=NOW, form=EN)
    assert [one["value"] for one in whole["said"]] == ["6.00"]
    assert whole["rows"][0]["behind"] == {"kind": "go", "path": "/orders/WO-1"}
    assert report_view("wip", report, "2", query={}, now=NOW, form=EN)["said"] == []


def test_a_share_of_nothing_is_unknown_not_zero() -> None:
    report = OnTimeDelivery.model_validate(
        {
            "formula": "f", "at": NOW, "since": NOW, "until": NOW, "orders": 0, "orders_on_time": 0, "orders_in_full": 0,
            "on_time_percent": None, "rows": [],
        }
    )  # fmt: skip
    shown = report_view("on_time", report, None, query={"days": "30"}, now=NOW, form=EN)
    assert shown["said"][0]["value"] == "?"
    assert shown["file"] == "/export/reports/on-time-delivery?days=30"


def test_a_shift_in_which_nothing_was_heard_has_no_figures() -> None:
    production = answer("history/production", Production)
    [heard] = production.rows
    silent = heard.model_copy(
        update={"good": Decimal(0), "scrap": Decimal(0), "states": [], "unheard_s": Decimal(28800)}
    )
    both = production.model_copy(update={"rows": [heard, silent]})
    shown = shifts_view(both, units=UNITS, now=NOW, form=EN)
    texts = [[cell["text"] for cell in row["cells"]] for row in shown["rows"]]
    assert texts[0][3:] == ["480", "6", "1.2 %", "6.9 h", "15 min", "0 min", "10 min"]
    assert texts[1][3:] == ["?", "?", "?", "?", "?", "?", "8.0 h"]
