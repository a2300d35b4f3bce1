"""The boards in a real browser: plant overview, stock and calls, work orders, index."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.feeding_plant import ASSEMBLY, MOULDER
from tests.journeys.feeding_server import FeedingServer
from tests.journeys.scanner import scan, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.browser]
TELEVISION = (1920, 1080)
HANDHELD = (390, 844)


def font_size(page: Page, selector: str) -> float:
    script = "element => parseFloat(getComputedStyle(element).fontSize)"
    return float(page.locator(selector).first.evaluate(script))


@pytest.mark.parametrize(
    ("language", "down", "behind", "short"),
    [("en", "Down", "behind", "2 short"), ("zh", "停机", "落后", "缺料 2")],
)
def test_the_overview_has_a_tile_per_line_to_be_read_across_the_hall(
    open_page: OpenPage, language: str, down: str, behind: str, short: str
) -> None:
    page = open_page("/board", language=language, size=TELEVISION)
    expect(page.locator(".tile")).to_have_count(3)
    assembly = page.locator('.tile[data-line="assembly/A1"]')
    expect(assembly.locator(".tile-word")).to_have_text(down)
    expect(assembly.locator(".tile-state .icon")).to_have_text("stop")
    expect(assembly.locator(".tile-count")).to_have_text("12,480")
    expect(assembly.locator(".tile-pace-word")).to_have_text(behind)
    expect(assembly.locator(".tile-mark.short")).to_contain_text(short)
    assert font_size(page, ".tile-count") == 120
    assert font_size(page, ".tile-word") == 64
    assert font_size(page, ".tile h2") == 48


def test_the_overview_follows_the_plant(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page("/board", size=TELEVISION)
    card = feeder.unit(ASSEMBLY)
    feeder.put("unit", ASSEMBLY, card.model_copy(update={"state": "running", "shortages": 0}))
    assembly = page.locator('.tile[data-line="assembly/A1"]')
    expect(assembly.locator(".tile-word")).to_have_text("Running")
    expect(assembly.locator(".tile-mark.short")).to_have_count(0)


def test_stock_shows_cover_and_when_it_runs_out(open_page: OpenPage) -> None:
    page = open_page("/replenishment", size=TELEVISION)
    first = page.locator(".stock-card").first
    expect(first).to_have_attribute("data-stock", "A1-LS/CORD")
    expect(first.locator(".level")).to_contain_text("Shortage")
    heater = page.locator('[data-stock="A1-LS/HEATER"]')
    expect(heater.locator(".stock-on-hand")).to_have_text("310")
    expect(heater.locator(".cover-left")).to_contain_text("min")
    expect(heater.locator(".cover")).to_contain_text("runs out")
    expect(heater.locator(".stock-facts")).to_contain_text("Call C8")


def test_a_call_is_accepted_picked_short_and_delivered_by_tap_on_a_handheld(
    open_page: OpenPage, feeder: FeedingServer
) -> None:
    page = open_page("/replenishment", size=HANDHELD)
    sign_in(page, "2001")
    call = page.locator('[data-call="9"]')
    call.locator(".do-accept").click()
    call.locator(".amount").click()
    for key in "480":
        page.locator(".sheet .key", has_text=key).click()
    page.click(".sheet footer .primary")
    call.locator(".do-pick").click()
    call.locator(".do-deliver").click()
    expect(page.locator(".done-call").first).to_contain_text("Cord set")
    pick = {"lot": "L-2452", "quantity": "480", "location": "WH-1"}
    assert feeder.booked("9/pick") == [{"lots": {}, "picks": [pick], "reason": ""}]
    assert len(feeder.booked("9/deliver")) == 1


def test_a_call_goes_by_three_scans_alone(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page("/replenishment", language="zh", size=HANDHELD)
    sign_in(page, "2001")
    scan(page, "WH-1")
    call = page.locator('[data-call="9"]')
    expect(call.locator(".do-pick")).to_be_visible()
    scan(page, "L-2452")
    expect(call.locator(".do-deliver")).to_be_visible()
    scan(page, "A1-LS")
    expect(call).to_have_count(0)
    assert [path for path, _, _ in feeder.commands] == [
        f"replenishments/9/{step}" for step in ("accept", "pick", "deliver")
    ]


def test_a_scan_that_fits_no_call_is_refused_and_says_so(open_page: OpenPage) -> None:
    page = open_page("/replenishment", size=HANDHELD)
    sign_in(page, "2001")
    scan(page, "X-0000")
    expect(page.locator(".error-bar strong")).to_have_text("X-0000 fits no open call.")
    assert page.evaluate("document.documentElement.dataset.tone") == "refused"


def test_nothing_to_do_is_said_calmly(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page("/replenishment", size=TELEVISION)
    for number in (7, 8, 9):
        card = next(card for card in feeder.plant.signals if card.number == number)
        feeder.put("signal", str(number), card.model_copy(update={"state": "closed"}))
    expect(page.locator(".calls .empty")).to_have_text(
        "task_altNo open call. The lines are supplied."
    )


@pytest.mark.parametrize(("language", "late"), [("en", "Late"), ("zh", "已延期")])
def test_orders_show_progress_and_risk_and_can_be_filtered_and_sorted(
    open_page: OpenPage, language: str, late: str
) -> None:
    page = open_page("/orders", language=language, size=TELEVISION)
    expect(page.locator(".table-row")).to_have_count(8)
    expect(page.locator('[data-order="WO-1046/10"] .col-risk')).to_contain_text(late)
    expect(page.locator('[data-order="WO-1042/10"] .col-percent')).to_contain_text("128 / 480")
    page.click(".table-head .col-risk")
    expect(page.locator(".table-row").first).to_have_attribute("data-order", "WO-1046/10")
    page.locator(".segments button").nth(3).click()
    expect(page.locator(".table-row")).to_have_count(2)
    page.locator(".search input").fill("no such order")
    expect(page.locator(".table .empty")).to_be_visible()


def test_an_order_is_released_by_who_may_and_offers_nothing_to_nobody(
    open_page: OpenPage, feeder: FeedingServer
) -> None:
    page = open_page("/orders", size=TELEVISION)
    page.click('[data-order="WO-1047/10"]')
    expect(page.locator(".detail-actions .release")).to_have_count(0)
    sign_in(page, "3001")
    release = page.locator(".detail-actions .release")
    release.click()
    assert feeder.booked("/release") == []
    release.click()
    expect(page.locator(".detail .order-state")).to_contain_text("Released")
    assert feeder.booked("/release") == [
        {"operation": 10, "at": None, "reason": "", "insist_on_material": False}
    ]


def test_over_run_is_kept_and_shown(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page(f"/terminal/{MOULDER}")
    card = feeder.unit(MOULDER)
    assert card.order is not None
    over = card.order.model_copy(update={"good": Decimal(500)})
    feeder.put("unit", MOULDER, card.model_copy(update={"order": over}))
    expect(page.locator(".facts .abnormal")).to_contain_text("20 pcs over target")


@pytest.mark.parametrize(
    ("language", "groups"),
    [
        ("en", ["Line", "Warehouse", "Planning", "Management"]),
        ("zh", ["产线", "仓库", "计划", "管理"]),
    ],
)
def test_the_index_leads_to_every_screen(
    open_page: OpenPage, language: str, groups: list[str]
) -> None:
    page = open_page("/", language=language)
    expect(page.locator("main h2")).to_have_text(groups)
    links = {link.get_attribute("href") for link in page.locator("main a").all()}
    assert {f"/terminal/{MOULDER}", f"/terminal/{MOULDER}/queue"} <= links
    assert {
        *("/board", "/replenishment", "/orders", "/trace", "/review", "/reports"),
        *("/warehouse/receive", "/warehouse/count", "/warehouse/stock", "/warehouse/plan"),
    } <= links


def test_language_and_night_are_switched_anywhere_and_remembered(open_page: OpenPage) -> None:
    page = open_page("/board")
    page.click(".theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "night"
    page.click(".language")
    expect(page.locator(".tile-word").first).to_have_text("运行")
    assert page.evaluate("document.documentElement.dataset.theme") == "night"
