"""A real HMI process, a real browser, and the feeding server behind them, for the tests of the screens."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.feeding_server import FeedingServer, serving
from tests.journeys.waiting import eventually

BROWSER_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TERMINAL = (1280, 800)
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def screens_feeder() -> Iterator[FeedingServer]:
    """One feeding server for all tests of the screens."""
    feeder = FeedingServer()
    with serving(feeder):
        yield feeder


@contextmanager
def hmi_running(server_url: str, *, token: str, directory: Path) -> Iterator[tuple[str, int]]:
    """`lineside-hmi` as production starts it: its URL and process id; it must stop cleanly on SIGTERM."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = directory / "hmi.toml"
    settings.write_text(f'[listen]\nport = {port}\n[server]\nurl = "{server_url}"\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "hmi.compose", "--config", str(settings)],
        env={**os.environ, "LINESIDE_HMI_TOKEN": token},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: answers(url), within_s=120)
        yield url, process.pid
    finally:
        process.terminate()
        status = process.wait(timeout=10)
    assert status == 0


@pytest.fixture(scope="session")
def hmi_process(
    screens_feeder: FeedingServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    """One HMI for all tests of the screens: its URL and process id."""
    directory = tmp_path_factory.mktemp("hmi")
    with hmi_running(
        screens_feeder.url, token=screens_feeder.token, directory=directory
    ) as running:
        yield running


def answers(url: str) -> bool:
    """Whether the HMI answers at all."""
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.HTTPError:
        return False


def linked(url: str) -> bool:
    """Whether the HMI answers and hears its server."""
    try:
        return bool(httpx.get(f"{url}/healthz").json()["linked"])
    except httpx.HTTPError:
        return False


@pytest.fixture
def feeder(screens_feeder: FeedingServer, hmi_process: tuple[str, int]) -> FeedingServer:
    """The feeding server with a fresh plant, which the HMI has taken up."""
    taken = screens_feeder.snapshots
    screens_feeder.start_over()
    eventually(lambda: screens_feeder.snapshots > taken and linked(hmi_process[0]), within_s=15)
    return screens_feeder


@pytest.fixture(scope="module")
def chromium(chromium_executable: str) -> Iterator[Browser]:
    """One browser for the tests of a module; Playwright keeps an event loop running, so it must not outlive them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_executable, args=BROWSER_ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(
    chromium: Browser, hmi_process: tuple[str, int], feeder: FeedingServer
) -> Iterator[OpenPage]:
    """`open_page(path, language=, theme=, size=)`: a live page in a browser profile of its own.

    A script error on any page fails the test.
    """
    base, errors, contexts = hmi_process[0], list[str](), []

    def open_it(
        path: str, *, language: str = "en", theme: str = "day", size: tuple[int, int] = TERMINAL
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=True
        )
        contexts.append(context)
        context.add_cookies([{"name": "lineside_language", "value": language, "url": base}])
        context.add_init_script(f'localStorage["lineside.theme"] ??= "{theme}"')
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(base + path)
        page.wait_for_selector(".link-on")
        page.wait_for_function("document.fonts.status === 'loaded'")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert errors == []
