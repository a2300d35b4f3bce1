"""A shift at the terminal of the real demo plant: real machines, real server, a real browser."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conformance.gateway_rig import free_port
from tests.journeys.conftest import linked
from tests.journeys.scanner import scan
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]
UNIT = "kettle-works/moulding/M1/IMM1"
ASSEMBLY = "kettle-works/assembly/A1/ASM1"
LEADER, WAREHOUSE, PLANNER = "2001", "3001", "4001"
STARTED_WITHIN_S = 120


@pytest.fixture(scope="module")
def plant_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole demo plant without the simulated people; it must stop cleanly."""
    data: Path = tmp_path_factory.mktemp("plant")
    url, log = f"http://127.0.0.1:{(port := free_port())}", data / "console.log"
    command = [
        sys.executable,
        "-m",
        "simulators.all_in_one",
        "--no-people",
        "--data",
        str(data / "data"),
    ]
    ports = ["--hmi-port", str(port), "--api-port", str(free_port())]
    with log.open("w") as console:
        plant = subprocess.Popen(
            [*command, *ports], stdout=console, stderr=console, env={**os.environ}
        )
    try:
        eventually(
            lambda: plant.poll() is not None or (linked(url) and "Badges" in log.read_text()),
            within_s=STARTED_WITHIN_S,
        )
        assert plant.poll() is None, log.read_text()
        yield url
    finally:
        plant.send_signal(signal.SIGTERM)
        status = plant.wait(timeout=60)
    assert status == 0, log.read_text()


@pytest.fixture
def page(chromium: Browser, plant_url: str) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=plant_url, viewport={"width": 1280, "height": 800}, has_touch=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def visit(page: Page, path: str, *, badge: str = "") -> None:
    page.goto(path)
    page.wait_for_selector(".link-on")
    if badge and page.locator(".person.locked").count():
        scan(page, badge)
    if badge:
        page.wait_for_selector(".person:not(.locked)")


def number(page: Page, selector: str) -> int:
    return int(re.sub(r"\D", "", page.locator(selector).first.inner_text()) or 0)


def test_a_shift_from_start_to_completion(page: Page) -> None:
    visit(page, f"/terminal/{UNIT}/queue", badge=LEADER)
    start = page.locator(".job .start:enabled").first
    start.click()
    start.click()
    page.wait_for_url(f"**/terminal/{UNIT}")
    eventually(lambda: number(page, ".count-good") >= 3, within_s=60)

    scan(page, "PP-2406-01")
    expect(page.locator(".accepted")).to_contain_text("PP-2406-01")
    expect(page.locator(".lot-list")).to_contain_text("PP-2406-01")
    page.wait_for_selector(".sheet", state="detached")
    scan(page, "NO-SUCH-LOT")
    expect(page.locator(".error-bar strong")).not_to_be_empty()
    expect(page.locator(".code")).to_have_text("NO-SUCH-LOT")
    page.click(".sheet .close")

    before = number(page, ".figure .big")
    page.click(".action.scrap")
    page.locator(".keypad .key", has_text="2").click()
    page.click(".reason:nth-child(2)")
    page.locator(".book").dblclick()
    expect(page.locator(".toast")).to_be_visible()
    eventually(lambda: number(page, ".figure .big") in (before + 2, before + 3), within_s=15)
    page.click(".undo")
    expect(page.locator(".toast")).to_have_count(0)

    page.click(".action.pause")
    expect(page.locator(".action.resume")).to_be_visible()
    page.click(".action.resume")
    page.click(".action.complete")
    page.click(".action.complete.confirm")
    expect(page.locator(".run-grid .empty").first).to_contain_text("No order is running here.")


def test_every_board_shows_the_real_plant(page: Page) -> None:
    visit(page, "/board")
    expect(page.locator(".tile")).to_have_count(3)
    visit(page, "/replenishment", badge=WAREHOUSE)
    expect(page.locator('[data-stock="M1-LS/PP-RESIN"] .stock-on-hand')).to_be_visible()
    visit(page, "/orders", badge=LEADER)
    expect(page.locator(".table-row").first).to_be_visible()
    visit(page, "/")
    expect(page.locator(".unit-door")).to_have_count(3)


def keys(page: Page, digits: str) -> None:
    for digit in digits:
        page.locator(".keypad .key", has_text=digit).click()


def test_a_delivery_is_received_by_its_label_and_put_away(page: Page) -> None:
    visit(page, "/warehouse/receive", badge=WAREHOUSE)
    expect(page.locator('[data-line="PO-2103/1"]')).to_contain_text("800")
    scan(page, "CARTON|CT-95")
    expect(page.locator(".receive-what .lot")).to_have_value("CT-95")
    keys(page, "900")
    page.click(".book")
    expect(page.locator(".receive-entry .error-bar")).to_contain_text("880")
    for _ in "900":
        page.click(".keypad .key:last-child")
    page.click(".receive-what .all")
    page.click(".book")
    expect(page.locator(".received .accepted").first).to_contain_text("CT-95")
    expect(page.locator(".put-here")).to_contain_text("WH-B1")
    scan(page, "WH-B1")
    expect(page.locator(".put-away .accepted")).to_contain_text("WH-B1")
    page.click(".sheet .close")
    expect(page.locator('[data-line="PO-2103/1"]')).to_have_count(0)


def test_a_count_is_blind_and_a_leader_decides_about_differences(page: Page) -> None:
    visit(page, "/warehouse/count", badge=WAREHOUSE)
    page.click('[data-sheet="1"]')
    expect(page.locator('[data-task="PP-2407-02"]')).to_be_enabled()
    scan(page, "PP-2407-02")
    expect(page.locator(".count-entry")).to_contain_text("PP-2407-02")
    expect(page.locator(".count-entry .wh-what")).not_to_contain_text("500")
    keys(page, "500")
    page.click(".book")
    expect(page.locator('[data-task="PP-2407-02"].counted')).to_be_visible()

    page.click(".count-head .back")
    page.click(".person")
    page.click(".signed-in .action")
    page.wait_for_selector(".person.locked")
    scan(page, LEADER)
    page.click(".differences-tab")
    expect(page.locator('[data-difference="MB-0918"]')).to_contain_text("\u22123.0 kg")
    page.click('[data-difference="MB-0918"]')
    page.click(".reason:first-child")
    page.click(".action.approve")
    expect(page.locator('[data-difference="MB-0918"]')).to_have_count(0)


def test_a_proposal_is_ordered_in_two_taps(page: Page) -> None:
    visit(page, "/warehouse/plan", badge=PLANNER)
    approve = page.locator('[data-proposal="MB-WHITE"] .approve')
    approve.click()
    approve.click()
    expect(page.locator('[data-proposal="MB-WHITE"]')).to_have_count(0)
    page.click(".purchases-tab")
    expect(page.locator('[data-purchase^="PO-P"]')).to_contain_text("White masterbatch")


def test_an_order_says_why_is_changed_and_takes_counts_that_had_none(page: Page) -> None:
    visit(page, "/orders/WO-2001", badge=LEADER)
    page.click('[data-operation="10"] .start')
    page.click(".sheet footer .primary")
    expect(page.locator('[data-operation="10"] .order-state')).to_contain_text("Running")
    eventually(lambda: number(page, '[data-operation="10"] .why') >= 2, within_s=90)

    page.click('[data-operation="10"] .why')
    expect(page.locator(".chain")).to_contain_text("add up to this figure")
    expect(page.locator(".step .rows").first).to_contain_text("edge-assembly")
    page.click(".sheet .close")

    page.click(".order-actions .change")
    page.fill('input[name="quantity"]', "1")
    page.click(".quick button")
    page.click(".sheet footer .primary")
    expect(page.locator(".sheet .error-bar strong")).not_to_be_empty()
    page.fill('input[name="quantity"]', "500")
    page.click(".sheet footer .primary")
    expect(page.locator(".order-good")).to_contain_text("/ 500")
    expect(page.locator(".history")).to_contain_text("480 → 500")

    page.click('[data-operation="10"] .pause')
    page.click(".sheet footer .primary")
    visit(page, "/review", badge=LEADER)
    item = page.locator(f'[data-section="no_order"] [data-item^="N{ASSEMBLY}"]')
    item.locator(".do-attribute").first.click(timeout=90_000)
    expect(page.locator("select")).to_contain_text("WO-2001")
    page.click(".sheet footer .primary")
    expect(page.locator(".said")).to_contain_text("WO-2001")


def test_a_lot_is_traced_to_what_it_became_and_back(page: Page) -> None:
    visit(page, "/orders/WO-3001", badge=LEADER)
    page.click('[data-operation="10"] .start')
    page.click(".sheet footer .primary")
    eventually(lambda: number(page, '[data-operation="10"] .why') >= 1, within_s=120)
    visit(page, "/trace")
    scan(page, "WO-3001")
    page.locator(".found").first.click()
    expect(page.locator(".trace-grid aside")).to_contain_text("accounted for")
    used = page.locator(".tree [data-lot] a").first
    source = used.inner_text()
    used.click()
    expect(page.locator(".trace-grid aside h2")).to_have_text(source)
    page.click('[data-tab="recall"]')
    expect(page.locator('[data-product="WO-3001"]')).to_be_visible()
