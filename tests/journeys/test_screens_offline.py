"""When the link is gone: seen within seconds, nothing booked, nothing queued, and back by itself."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import OpenPage, hmi_running
from tests.journeys.feeding_plant import MOULDER
from tests.journeys.feeding_server import FeedingServer, serving
from tests.journeys.scanner import scan, sign_in

pytestmark = [pytest.mark.journey, pytest.mark.browser]
NOTICED_MS = 7_000
"""The feed beats twice a second here and may be silent for five; then a second for the page."""


def signed_in(page: Page) -> Page:
    sign_in(page, "1001")
    return page


@contextmanager
def stopped(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def assert_nothing_can_be_booked(page: Page) -> None:
    expect(page.locator(".offline")).to_be_visible(timeout=NOTICED_MS)
    expect(page.locator(".offline")).to_contain_text("Nothing can be booked.")
    expect(page.locator(".run.stale")).to_be_visible(timeout=NOTICED_MS)
    for name in ("pause", "scrap", "rework", "lot", "complete"):
        expect(page.locator(f".action.{name}")).to_be_disabled()
    scan(page, "L-2500")
    expect(page.locator(".error-bar strong")).to_have_text("Offline")
    assert page.evaluate("document.documentElement.dataset.tone") == "refused"


def test_a_frozen_server_is_noticed_and_nothing_is_booked(
    open_page: OpenPage, feeder: FeedingServer
) -> None:
    page = signed_in(open_page(f"/terminal/{MOULDER}"))
    feeder.frozen = True
    assert_nothing_can_be_booked(page)
    expect(page.locator(".count-good")).to_have_text("128")
    feeder.frozen = False
    expect(page.locator(".offline")).to_have_count(0, timeout=15_000)
    expect(page.locator(".action.pause")).to_be_enabled()
    assert feeder.commands == [], "nothing was queued to be booked later"


def test_frozen_screens_server_is_noticed_by_the_browsers_own_clock(
    open_page: OpenPage, feeder: FeedingServer, hmi_process: tuple[str, int]
) -> None:
    page = signed_in(open_page(f"/terminal/{MOULDER}"))
    with stopped(hmi_process[1]):
        assert_nothing_can_be_booked(page)
    expect(page.locator(".offline")).to_have_count(0, timeout=15_000)
    expect(page.locator(".person")).to_contain_text("Operator One")
    assert feeder.commands == []


def test_a_board_stays_readable_while_offline(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page("/board", language="zh", size=(1920, 1080))
    feeder.frozen = True
    expect(page.locator(".offline")).to_contain_text("离线", timeout=NOTICED_MS)
    expect(page.locator(".board.stale")).to_have_count(0)
    feeder.frozen = False
    expect(page.locator(".offline")).to_have_count(0, timeout=15_000)


def test_a_screen_opened_before_the_server_waits_and_then_shows_the_plants_own_time(
    chromium: Browser, tmp_path: Path
) -> None:
    feeder = FeedingServer()
    with serving(feeder) as url:
        feeder.frozen = True
        with hmi_running(url, token=feeder.token, directory=tmp_path) as (base, _):
            page = chromium.new_context().new_page()
            page.goto(f"{base}/board")
            expect(page.locator(".offline")).to_contain_text("does not answer yet")
            expect(page.locator(".bone").first).to_be_visible()
            feeder.frozen = False
            expect(page.locator(".tile")).to_have_count(3, timeout=20_000)
            shown = page.locator(".board-clock").inner_text()
            there = {
                (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(minutes=m)).strftime("%H:%M")
                for m in (0, 1)
            }
            assert shown in there
            page.context.close()
