"""What the screens show, from cards to view models."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hmi.i18n import Words
from hmi.views.board import board_view
from hmi.views.formatting import Format
from hmi.views.orders import orders_view, risk
from hmi.views.queue import queue_view
from hmi.views.run import pace_view, run_view
from hmi.views.state import ICONS, state_view
from hmi.views.stock import calls_view, level, plain, stock_view
from tests.journeys import feeding_plant as plant
from tests.journeys import feeding_stock as stock

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
EN = Format(words=Words(language="en"), zone=SHANGHAI)
ZH = Format(words=Words(language="zh"), zone=SHANGHAI)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("12480", "pcs", "12,480 pcs"),
        ("15.5", "kg", "15.5 kg"),
        ("0.04", "kg", "0.04 kg"),
        ("0", "kg", "0.0 kg"),
        ("-3", "pcs", "\u22123 pcs"),
        ("2.5", "pcs", "2.5 pcs"),
        ("0.125", "l", "0.1 l"),
    ],
)
def test_a_quantity_reads_with_its_unit_and_never_rounds_to_nothing(
    value: str, unit: str, shown: str
) -> None:
    assert EN.quantity(Decimal(value), unit) == shown


def test_times_are_shown_in_the_plants_zone_with_the_date_when_it_is_another_day() -> None:
    assert EN.moment(NOW + timedelta(hours=2), NOW) == "16:30"
    assert EN.moment(NOW + timedelta(hours=12), NOW) == "11-23 02:30"


def test_hundred_per_cent_means_all_of_it() -> None:
    assert EN.percent(Decimal("479.9"), Decimal(480)) == 99
    assert EN.percent(Decimal(480), Decimal(480)) == 100
    assert EN.percent(Decimal(1), Decimal(0)) is None


def test_the_run_screen_shows_count_target_pace_and_lots() -> None:
    card = plant.units(NOW)[0]
    shown = run_view(card, plant.strip(card.path, NOW), now=NOW, form=EN)
    order = shown["order"]
    assert (order["good"], order["target"], order["percent"]) == ("128", "480", 26)
    assert order["pace"]["amount"] == "+6"
    assert (shown["rate"], shown["standard"]) == ("7.3", "7.2")
    resin, masterbatch = shown["mounted"]
    assert (resin["percent"], resin["quantity"], resin["low"]) == (62, "15.5 kg", False)
    assert masterbatch["low"], "it ends in eleven minutes"
    assert shown["strip"][-1]["endMs"] is None


def test_a_unit_that_is_not_heard_shows_no_rate_instead_of_zero() -> None:
    card = plant.units(NOW)[2].model_copy(update={"rate_per_min": Decimal(3)})
    shown = run_view(card, (), now=NOW, form=EN)
    assert shown["state"]["key"] == "unknown"
    assert shown["rate"] is None
    assert shown["pace"] is None
    assert shown["order"] is None
    assert shown["noOrder"] == {"good": "37", "scrap": "2"}


def test_a_bare_signal_value_is_not_shown_as_a_reason() -> None:
    card = plant.units(NOW)[0].model_copy(update={"state_detail": "1"})
    assert run_view(card, (), now=NOW, form=EN)["state"]["detail"] == ""


@pytest.mark.parametrize(
    ("ahead", "amount", "abnormal"),
    [("6", "+6", False), ("-3", "\u22123", False), ("-8", "\u22128", True), ("0.4", "±0", False)],
)
def test_pace_is_marked_only_when_a_twentieth_of_what_the_standard_expects_is_missing(
    ahead: str, amount: str, abnormal: bool
) -> None:
    shown = pace_view(Decimal(ahead), good=Decimal(128), unit="pcs", form=EN)
    assert shown is not None
    assert (shown["amount"], shown["abnormal"]) == (amount, abnormal)


def test_without_a_standard_there_is_no_pace() -> None:
    assert pace_view(None, good=Decimal(128), unit="pcs", form=EN) is None


def test_every_state_has_an_icon_and_a_word_in_both_languages() -> None:
    for state in ICONS:
        for form in (EN, ZH):
            shown = state_view(state, form.words)
            assert shown["icon"]
            assert shown["word"]


def test_the_board_has_a_tile_per_line_with_shortages_and_counts_without_order() -> None:
    moulding, assembly, packing = board_view(plant.units(NOW), {}, now=NOW, form=EN)
    assert [tile["name"] for tile in (moulding, assembly, packing)] == [
        "Moulding line 1",
        "Assembly line 1",
        "Packing line 1",
    ]
    assert assembly["shortages"] == 2
    assert assembly["order"]["late"]
    assert packing["order"] is None
    assert packing["noOrder"] == "39"


def test_a_line_of_several_units_speaks_through_the_gravest() -> None:
    first, second, _ = plant.units(NOW)
    same_line = second.model_copy(update={"line": first.line})
    (tile,) = board_view([first, same_line], {}, now=NOW, form=EN)
    assert tile["state"]["key"] == "down"
    assert len(tile["units"]) == 2


def test_stock_that_runs_out_first_comes_first() -> None:
    shown = stock_view(stock.stock(NOW), now=NOW, form=EN)
    assert [card["item"] for card in shown[:3]] == ["CORD", "HEATER", "KB-17"]
    cord = shown[0]
    assert (cord["level"], cord["shortage"], cord["urgent"]) == ("short", "64 pcs", True)


def test_stores_are_not_shown_among_the_lines() -> None:
    store = stock.place(
        "WH-1", "CORD", NOW, on_hand="5000", point=None, order=None, rate=None, end_h=None
    )
    store = store.model_copy(update={"location_kind": "store"})
    shown = stock_view([*stock.stock(NOW), store], now=NOW, form=EN)
    assert all(card["location"] != "WH-1" for card in shown)


def test_stock_levels_follow_the_figures() -> None:
    levels = {card.item: level(card) for card in stock.stock(NOW)}
    assert levels == {
        "PP-RESIN": "ok",
        "MB-WHITE": "low",
        "HEATER": "low",
        "CORD": "short",
        "KB-17": "unmanaged",
        "CARTON": "ok",
        "LABEL": "ok",
    }


def test_calls_are_sorted_by_time_to_stock_out_and_delivered_ones_come_last() -> None:
    shown = calls_view(stock.signals(NOW), now=NOW, form=EN)
    assert [call["number"] for call in shown] == [9, 8, 7, 6]
    assert [call["next"] for call in shown] == ["accept", "pick", "accept", None]
    assert [pick["lot"] for pick in shown[1]["suggested"]] == ["L-2440", "L-2441"]


def test_an_amount_for_the_keypad_is_plain() -> None:
    assert plain(Decimal(100)) == "100"
    assert plain(Decimal("12.500")) == "12.5"


def test_an_order_is_late_after_its_due_time_and_at_risk_when_predicted_after_it() -> None:
    risks = {card.number: risk(card, now=NOW) for card in plant.orders(NOW)}
    assert risks["WO-1042"] == "on_time"
    assert risks["WO-1043"] == "at_risk"
    assert risks["WO-1046"] == "late"
    assert risks["WO-1041"] == "done"


def test_what_is_offered_for_an_order_depends_on_state_and_role() -> None:
    def actions(number: str, *roles: str) -> list[str]:
        rows = orders_view(plant.orders(NOW), roles=roles, now=NOW, form=EN)  # type: ignore[arg-type]
        return next(row["actions"] for row in rows if row["number"] == number)

    assert actions("WO-1042") == []
    assert actions("WO-1042", "operator") == ["pause", "hold", "complete"]
    assert actions("WO-1047", "planner") == ["release", "abort"]
    assert actions("WO-1047", "operator") == []


def test_a_job_tells_what_is_missing_and_why_it_cannot_start() -> None:
    cards = {f"{card.number}/10": card for card in plant.orders(NOW)}
    entries = plant.queue(plant.ASSEMBLY, list(cards.values()), "zh")
    jobs = {job["number"]: job for job in queue_view(entries, cards, now=NOW, form=ZH)}
    blocked = jobs["WO-1045"]
    assert not blocked["startable"]
    assert blocked["blocked"] == ["线边和仓库都没有电源线。"]
    assert [need["ready"] for need in blocked["materials"]] == [True, True, False]
    assert blocked["materials"][0]["required"] == "600 件"
