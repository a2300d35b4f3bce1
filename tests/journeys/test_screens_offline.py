"""When the link is gone: seen within seconds, nothing booked, nothing queued, and back by itself."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.feeding_plant import MOULDER
from tests.journeys.feeding_server import FeedingServer

pytestmark = [pytest.mark.journey, pytest.mark.browser]
NOTICED_MS = 7_000
"""The feed beats twice a second here and may be silent for five; then a second for the page."""


def signed_in(page: Page) -> Page:
    page.keyboard.type("1001")
    page.keyboard.press("Enter")
    page.wait_for_selector(".person:not(.locked)")
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
    page.keyboard.type("L-2500")
    page.keyboard.press("Enter")
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
