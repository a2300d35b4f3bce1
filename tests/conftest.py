"""What every test may ask for: a PostgreSQL server, a fresh database on it, and Chromium."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import structlog
from psycopg import sql

from mes_server.embedded_postgres import EmbeddedPostgres

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_left_out: list[str] = []
_database_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One real server for the whole test run, its data thrown away afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="lineside-tests-", dir="/tmp"))
    server = EmbeddedPostgres(data_directory=directory, durable=False)
    try:
        yield server.start()
    finally:
        server.stop()
        server.erase()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def fresh_database(server_url: str, *, template: str = "template1") -> Iterator[str]:
    """The URL of a database that exists for the length of the block, copied from a template."""
    name = f"test_{next(_database_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """An empty database for this test alone."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def own_logging() -> Iterator[None]:
    """For tests that call a program's `main`, which sets up the logging of its whole process."""
    levels = {name: logging.getLogger(name).level for name in ("asyncua", "pymodbus", "mqtt")}
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def find_chromium() -> str | None:
    """The path of Debian's Chromium, or of another build under one of its usual names."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium_executable() -> str:
    """For `playwright.chromium.launch(executable_path=...)`; mark the test `browser`."""
    path = find_chromium()
    assert path is not None, "mark this test with pytest.mark.browser"
    return path


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the browser tests where there is no Chromium; the summary shouts about it."""
    if find_chromium() is not None:
        return
    without = [item for item in items if item.get_closest_marker("browser")]
    _left_out.extend(item.nodeid for item in without)
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=without)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names every browser test that did not run, last on the screen."""
    if not _left_out:
        return
    terminalreporter.section(
        "BROWSER TESTS SKIPPED: no Chromium here", sep="#", red=True, bold=True
    )
    for nodeid in _left_out:
        terminalreporter.line(f"SKIPPED (no Chromium) {nodeid}", red=True)
    terminalreporter.line("Run `apt-get install chromium` and the tests again.", red=True)
