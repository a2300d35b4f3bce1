"""The operator's terminal in a real browser: Run, its sheets, and the job queue."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OpenPage
from tests.journeys.feeding_plant import ASSEMBLY, BADGE_WITH_PIN, MOULDER, PACKING, PIN
from tests.journeys.feeding_server import FeedingServer
from tests.journeys.scanner import scan, sign_in
from tests.journeys.waiting import eventually

pytestmark = [pytest.mark.journey, pytest.mark.browser]
RUN = f"/terminal/{MOULDER}"


def enter_scrap(page: Page, digits: str) -> None:
    page.click(".action.scrap")
    for digit in digits:
        page.locator(".keypad .key", has_text=digit).click()
    page.click(".reason:nth-child(3)")


def tone(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.tone"))


@pytest.mark.parametrize(
    ("language", "state", "unit", "pace"),
    [("en", "Running", "/ 480 pcs", "ahead"), ("zh", "运行", "/ 480 件", "超前")],
)
def test_run_shows_the_order_live(
    open_page: OpenPage, feeder: FeedingServer, language: str, state: str, unit: str, pace: str
) -> None:
    page = open_page(RUN, language=language)
    expect(page.locator(".top .state-word")).to_have_text(state)
    expect(page.locator(".count-good")).to_have_text("128")
    expect(page.locator(".count-target")).to_have_text(unit)
    expect(page.locator(".pace-word")).to_have_text(pace)
    card = feeder.unit(MOULDER)
    assert card.order is not None
    made = card.order.model_copy(update={"good": Decimal(1129)})
    feeder.put("unit", MOULDER, card.model_copy(update={"order": made}))
    expect(page.locator(".count-good")).to_have_text("1,129")


def test_a_locked_run_stays_readable_and_asks_for_the_badge_first(open_page: OpenPage) -> None:
    page = open_page(RUN)
    page.click(".action.scrap")
    expect(page.locator(".sheet h2")).to_have_text("Sign in")
    expect(page.locator(".count-good")).to_be_visible()
    scan(page, "1001")
    expect(page.locator(".sheet h2")).to_have_text("Report scrap")
    expect(page.locator(".person")).to_have_text("personOperator One")


def test_a_badge_may_be_typed_and_an_unknown_one_is_refused_word_for_word(
    open_page: OpenPage,
) -> None:
    page = open_page(RUN)
    page.click(".person")
    for digit in "4711":
        page.locator(".keypad .key", has_text=digit).click()
    page.click(".badge-entry .action")
    expect(page.locator(".error-bar strong")).to_have_text("Badge 4711 is not known.")
    expect(page.locator(".error-bar p")).to_have_text("Ask your team leader.")
    expect(page.locator(".error-bar small")).to_have_text("Id e-4711")
    assert tone(page) == "refused"


def test_a_badge_that_needs_a_pin_asks_for_it_and_hides_it(open_page: OpenPage) -> None:
    page = open_page(RUN)
    scan(page, BADGE_WITH_PIN)
    expect(page.locator(".sheet h2")).to_have_text("Enter your PIN")
    for digit in ("1", *PIN):
        page.locator(".keypad .key", has_text=digit).click()
    expect(page.locator(".entry-display")).to_have_text("•••••")
    page.click(".badge-entry .action")
    expect(page.locator(".error-bar strong")).to_have_text("The PIN is missing or wrong.")
    for digit in PIN:
        page.locator(".keypad .key", has_text=digit).click()
    page.click(".badge-entry .action")
    expect(page.locator(".person")).to_contain_text("Planner One")


def test_an_override_is_offered_only_where_the_server_accepts_one(open_page: OpenPage) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    scan(page, "L-0000")
    expect(page.locator(".error-bar strong")).to_have_text("Lot L-0000 is on hold.")
    expect(page.locator(".override")).to_have_count(0)


def test_locking_the_station_signs_out(open_page: OpenPage) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    page.click(".person")
    page.click(".signed-in .action")
    expect(page.locator(".person.locked")).to_be_visible()


def test_a_double_tap_books_scrap_once_and_undo_reverses_it(
    open_page: OpenPage, feeder: FeedingServer
) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    enter_scrap(page, "3")
    page.locator(".book").dblclick()
    expect(page.locator(".toast-text")).to_have_text("3 pcs booked as scrap · Scratch")
    expect(page.locator(".count-good")).to_have_text("125")
    assert [body["quantity"] for body in feeder.booked("/scrap")] == ["3"]
    assert tone(page) == "accepted"
    page.click(".undo")
    expect(page.locator(".toast")).to_have_count(0)
    assert len(feeder.booked("/reverse")) == 1


def test_a_refused_entry_is_told_word_for_word_and_what_was_typed_stays(
    open_page: OpenPage, feeder: FeedingServer
) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    enter_scrap(page, "999")
    page.click(".book")
    expect(page.locator(".error-bar strong")).to_have_text(
        "Only 128 good pieces are booked on WO-1042."
    )
    expect(page.locator(".entry-display")).to_contain_text("999")
    expect(page.locator(".reason.chosen")).to_have_count(1)
    assert feeder.booked("/scrap") == []


def test_rework_is_booked_as_rework(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    page.click(".action.rework")
    page.locator(".keypad .key", has_text="2").click()
    page.click(".reason:nth-child(1)")
    page.click(".book")
    expect(page.locator(".toast")).to_be_visible()
    assert [body["disposition"] for body in feeder.booked("/scrap")] == ["rework"]


def test_a_lot_is_loaded_by_a_scan_anywhere(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    scan(page, "(10)L-2500")
    expect(page.locator(".accepted")).to_contain_text("Lot L-2500 loaded · 25.0 kg")
    assert feeder.booked("/mount") == [{"barcode": "(10)L-2500", "override_reason": ""}]
    assert tone(page) == "accepted"


def test_a_refused_lot_shows_what_was_scanned_and_what_is_expected(
    open_page: OpenPage, feeder: FeedingServer
) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    scan(page, "L-9999")
    expect(page.locator(".error-bar strong")).to_have_text("Lot L-9999 is on hold.")
    expect(page.locator(".code")).to_have_text("L-9999")
    expect(page.locator(".expected").first).to_contain_text("PP resin natural")
    assert tone(page) == "refused"
    page.locator(".override input").press_sequentially("released by phone", delay=80)
    page.click(".override .action")
    expect(page.locator(".accepted")).to_be_visible()
    assert feeder.booked("/mount")[-1]["override_reason"] == "released by phone"


def test_an_order_is_paused_resumed_and_completed_with_a_second_tap(
    open_page: OpenPage, feeder: FeedingServer
) -> None:
    page = open_page(RUN)
    sign_in(page, "1001")
    page.click(".action.pause")
    page.click(".action.resume")
    expect(page.locator(".action.pause")).to_be_visible()
    page.click(".action.complete")
    assert feeder.booked("/complete") == []
    page.click(".action.complete.confirm")
    expect(page.locator(".run-grid .empty").first).to_contain_text("No order is running here.")
    paths = [path for path, _, _ in feeder.commands]
    assert paths == [f"work-orders/WO-1042/{verb}" for verb in ("pause", "resume", "complete")]
    headers = feeder.commands[0][2]
    assert (headers["lineside-badge"], headers["lineside-station"]) == ("1001", MOULDER)


def test_silence_is_not_zero(open_page: OpenPage) -> None:
    page = open_page(f"/terminal/{PACKING}")
    expect(page.locator(".top .state-unknown .state-word")).to_have_text("No data")
    expect(page.locator(".rate-now .unknown")).to_have_text("?")
    expect(page.locator(".strip-panel")).to_contain_text("No data since")


def test_the_queue_tells_why_a_job_cannot_start(open_page: OpenPage) -> None:
    page = open_page(f"/terminal/{ASSEMBLY}/queue", language="zh")
    job = page.locator('[data-job="WO-1045/10"]')
    expect(job.locator(".reasons-why")).to_contain_text("线边和仓库都没有电源线。")
    expect(job.locator(".needs .missing")).to_contain_text("电源线 0.75 米")
    expect(job.locator(".start")).to_be_disabled()


def test_a_job_starts_in_two_taps(open_page: OpenPage, feeder: FeedingServer) -> None:
    page = open_page(f"{RUN}/queue")
    sign_in(page, "1001")
    start = page.locator('[data-job="WO-1044/10"] .start')
    start.click()
    start.click()
    page.wait_for_url(f"**{RUN}")
    eventually(lambda: len(feeder.booked("WO-1044/start")) == 1, within_s=5)


def test_a_machine_that_is_not_there_says_so(open_page: OpenPage) -> None:
    page = open_page("/terminal/nowhere/X")
    expect(page.locator(".empty p")).to_have_text("There is no such machine in this plant.")
