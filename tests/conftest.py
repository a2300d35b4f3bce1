"""What every test may ask for: a PostgreSQL server, a fresh database on it, Chromium, and mosquitto."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest
import structlog
from psycopg import sql

from mes_server.embedded_postgres import EmbeddedPostgres
from mes_server.storage.migrate import migrate

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
MOSQUITTO_PLACES = os.environ.get("LINESIDE_TEST_MOSQUITTO_PLACES", "/usr/sbin:/usr/local/sbin")
"""Where Debian keeps the broker, and where ordinary users do not look."""
TIMESCALE = Path(
    os.environ.get("LINESIDE_TEST_TIMESCALE", Path(__file__).parent / "timescale" / "node_modules")
)
"""Where npm puts TimescaleDB, which is a development tool here and never shipped."""
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=500)
hypothesis.settings.load_profile("repeatable")
"""Every run draws the same examples; `make test TEST_ARGS=--hypothesis-profile=explore` draws new and more ones."""
_left_out: dict[str, list[str]] = {}
"""Mark -> the tests that did not run for want of its program."""
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


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> Iterator[str]:
    """The name of a database with the present schema and nothing in it, to be copied."""
    with fresh_database(postgres_url) as url:

        async def bring_up() -> None:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await migrate(connection, now=datetime(2026, 1, 1, tzinfo=UTC))

        with ThreadPoolExecutor(1) as aside:  # away from the event loop of the test that asks first
            aside.submit(asyncio.run, bring_up()).result()
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def migrated_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """A database with the present schema, for this test alone."""
    with fresh_database(postgres_url, template=migrated_template) as url:
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


def find_mosquitto() -> str | None:
    """The path of the broker mosquitto."""
    path = os.pathsep.join([os.environ.get("PATH", ""), MOSQUITTO_PLACES])
    return shutil.which("mosquitto", path=path)


def find_timescale() -> str | None:
    """Node.js, if TimescaleDB for it is installed too."""
    return shutil.which("node") if (TIMESCALE / "@unni-craftsman" / "pglite").is_dir() else None


FINDERS = {"browser": find_chromium, "mosquitto": find_mosquitto, "timescale": find_timescale}
PROGRAMS = {"browser": "Chromium", "mosquitto": "Mosquitto", "timescale": "TimescaleDB for Node.js"}
INSTALL = {
    "browser": "apt-get install chromium",
    "mosquitto": "apt-get install mosquitto",
    "timescale": "apt-get install npm && .ci/timescale",
}
"""Mark -> how to get its program."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests whose program is not here; the summary shouts about it."""
    for mark, find in FINDERS.items():
        if find() is not None:
            continue
        without = [item for item in items if item.get_closest_marker(mark)]
        _left_out.setdefault(mark, []).extend(item.nodeid for item in without)
        items[:] = [item for item in items if item not in without]
        config.hook.pytest_deselected(items=without)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of `pytest -n` tells its master what it left out."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = _left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Each worker left out the same."""
    _left_out.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names every test that did not run for want of a program, last on the screen."""
    for mark, left_out in _left_out.items():
        if not left_out:
            continue
        program = PROGRAMS[mark]
        terminalreporter.section(
            f"{mark.upper()} TESTS SKIPPED: no {program} here", sep="#", red=True, bold=True
        )
        for nodeid in left_out:
            terminalreporter.line(f"SKIPPED (no {program}) {nodeid}", red=True)
        terminalreporter.line(f"Run `{INSTALL[mark]}` and the tests again.", red=True)
