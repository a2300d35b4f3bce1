"""Without Chromium the browser tests are left out, without mosquitto the broker's, and without npm those on TimescaleDB:
nobody can overlook it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCREEN_TEST = """
import pytest

@pytest.mark.browser
def test_a_screen(): ...

@pytest.mark.mosquitto
def test_a_broker(): ...

@pytest.mark.timescale
def test_a_hypertable(): ...

def test_arithmetic(): ...
"""


def run_pytest(directory: Path, path: str, *options: str) -> str:
    (directory / "test_screen.py").write_text(SCREEN_TEST)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml"]
    answer = subprocess.run(
        [*command, "-p", "no:cacheprovider", *options, str(directory)],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return answer.stdout


def have(directory: Path, program: str) -> None:
    (directory / program).write_text("#!/bin/sh\n")
    (directory / program).chmod(0o755)


@pytest.fixture(autouse=True)
def timescale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Node.js and its TimescaleDB are there."""
    have(tmp_path, "node")
    package = tmp_path / "npm" / "@unni-craftsman" / "pglite"
    package.mkdir(parents=True)
    monkeypatch.setenv("LINESIDE_TEST_TIMESCALE", str(tmp_path / "npm"))
    return package


def test_a_missing_timescale_is_shouted_about(
    tmp_path: Path, timescale: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(tmp_path, "chromium")
    have(tmp_path, "mosquitto")
    monkeypatch.setenv("LINESIDE_TEST_MOSQUITTO_PLACES", str(tmp_path))
    timescale.rmdir()
    said = run_pytest(tmp_path, str(tmp_path))
    assert "TIMESCALE TESTS SKIPPED: no TimescaleDB for Node.js here" in said
    assert "test_screen.py::test_a_hypertable" in said
    assert "apt-get install npm && .ci/timescale" in said
    assert "3 passed, 1 deselected" in said


def test_a_missing_chromium_is_shouted_about(tmp_path: Path) -> None:
    have(tmp_path, "mosquitto")
    said = run_pytest(tmp_path, str(tmp_path))
    assert "BROWSER TESTS SKIPPED: no Chromium here" in said
    assert "SKIPPED (no Chromium)" in said
    assert "test_screen.py::test_a_screen" in said
    assert "3 passed, 1 deselected" in said


def test_with_the_programs_everything_runs(tmp_path: Path) -> None:
    for program in ("chromium", "mosquitto"):
        have(tmp_path, program)
    said = run_pytest(tmp_path, str(tmp_path))
    assert "SKIPPED" not in said
    assert "4 passed" in said


def test_a_missing_mosquitto_is_shouted_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(tmp_path, "chromium")
    monkeypatch.setenv("LINESIDE_TEST_MOSQUITTO_PLACES", str(tmp_path))
    said = run_pytest(tmp_path, str(tmp_path))
    assert "MOSQUITTO TESTS SKIPPED: no Mosquitto here" in said
    assert "test_screen.py::test_a_broker" in said
    assert "3 passed, 1 deselected" in said


def test_processes_side_by_side_say_it_too(tmp_path: Path) -> None:
    have(tmp_path, "mosquitto")
    said = run_pytest(tmp_path, str(tmp_path), "-n", "2")
    assert "BROWSER TESTS SKIPPED: no Chromium here" in said
    assert said.count("SKIPPED (no Chromium)") == 1
    assert "3 passed" in said
