"""Takes the screenshots that the documents show, from a running demo: `make demo` in one terminal, `make screenshots` in another."""

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TERMINAL, DESKTOP, HANDHELD = (1280, 800), (1920, 1080), (390, 844)
SETTLE_MS = 1_500
WAREHOUSE = "3001"
"""The demo's badge of a warehouse person."""
SCAN = """text => {
  for (const key of [...text, "Enter"])
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}"""
"""A scanner types faster than any hand, however busy the machine is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: where, how large, in which language and light, signed in or not, and what is tapped before."""

    name: str
    path: str
    size: tuple[int, int]
    language: str = "en"
    theme: str = "day"
    badge: str = ""
    taps: tuple[str, ...] = ()


def shots(unit: str, *, operator: str, leader: str) -> list[Shot]:
    """Every picture; `unit` is the address of a terminal."""
    scrap = (".action.scrap", ".keypad .key:nth-child(9)", ".reason:nth-child(3)")
    return [
        Shot(name="board", path="/board", size=DESKTOP),
        Shot(name="board-zh-night", path="/board", size=DESKTOP, language="zh", theme="night"),
        Shot(name="run", path=unit, size=TERMINAL, badge=operator),
        Shot(name="run-zh-night", path=unit, size=TERMINAL, language="zh", theme="night"),
        Shot(name="scrap", path=unit, size=TERMINAL, badge=operator, taps=scrap),
        Shot(name="load-lot", path=unit, size=TERMINAL, badge=operator, taps=(".action.lot",)),
        Shot(name="queue", path=f"{unit}/queue", size=TERMINAL),
        Shot(name="replenishment", path="/replenishment", size=DESKTOP),
        Shot(name="replenishment-handheld", path="/replenishment", size=HANDHELD, language="zh"),
        Shot(
            name="orders",
            path="/orders",
            size=DESKTOP,
            badge=leader,
            taps=(".table-row:nth-child(1)",),
        ),
        Shot(name="home", path="/", size=TERMINAL),
        Shot(name="warehouse-receive", path="/warehouse/receive", size=TERMINAL),
        Shot(
            name="warehouse-receive-entry",
            path="/warehouse/receive",
            size=HANDHELD,
            badge=WAREHOUSE,
            taps=(".wh-card",),
        ),
        Shot(
            name="warehouse-stock",
            path="/warehouse/stock",
            size=TERMINAL,
            badge=WAREHOUSE,
            taps=('[data-place="WH-1"]',),
        ),
        Shot(name="warehouse-plan", path="/warehouse/plan", size=TERMINAL, badge=leader),
    ]


def open_live(browser: Browser, base: str, shot: Shot) -> Page:
    """The page of a shot, live and with its typefaces."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]}, has_touch=True
    )
    context.add_cookies([{"name": "lineside_language", "value": shot.language, "url": base}])
    context.add_init_script(f'localStorage.setItem("lineside.theme", "{shot.theme}")')
    page = context.new_page()
    page.goto(base + shot.path)
    page.wait_for_selector(".link-on")
    page.wait_for_function("document.fonts.status === 'loaded'")
    return page


def take(browser: Browser, base: str, shot: Shot) -> Path:
    """Save one picture."""
    page = open_live(browser, base, shot)
    if shot.badge:
        page.evaluate(SCAN, shot.badge)
        page.wait_for_selector(".person:not(.locked)")
    for selector in shot.taps:
        page.locator(selector).first.click()
    page.wait_for_timeout(SETTLE_MS)
    file = HERE / f"{shot.name}.png"
    page.screenshot(path=file)
    page.context.close()
    return file


def first_terminal(browser: Browser, base: str) -> str:
    """The address of the first machine terminal that the index names."""
    page = open_live(browser, base, Shot(name="", path="/", size=TERMINAL))
    links = page.locator(".unit-main")
    links.first.wait_for()
    addresses = [link.get_attribute("href") or "" for link in links.all()]
    page.context.close()
    return next((address for address in addresses if "moulding" in address), addresses[0])


def main() -> int:
    """Entry point of `make screenshots`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="address of the screens")
    parser.add_argument("--operator", default="1001", help="badge of an operator")
    parser.add_argument("--leader", default="2001", help="badge of a team leader")
    parser.add_argument("--only", default="", help="name of one picture")
    chosen = parser.parse_args()
    executable = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if executable is None:
        sys.stderr.write("No Chromium here; `apt-get install chromium`, then try again.\n")
        return 1
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
            unit = first_terminal(browser, chosen.url)
            for shot in shots(unit, operator=chosen.operator, leader=chosen.leader):
                if chosen.only in ("", shot.name):
                    sys.stdout.write(f"{take(browser, chosen.url, shot)}\n")
            browser.close()
    except Error as error:
        sys.stderr.write(f"{error.message}\nIs the demo running at {chosen.url}? `make demo`.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
