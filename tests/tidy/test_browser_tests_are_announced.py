"""Without Chromium the browser tests are left out, and nobody can overlook it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCREEN_TEST = """
import pytest

@pytest.mark.browser
def test_a_screen(): ...

def test_arithmetic(): ...
"""


def run_pytest(directory: Path, path: str) -> str:
    (directory / "test_screen.py").write_text(SCREEN_TEST)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml"]
    answer = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(directory)],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return answer.stdout


def test_a_missing_chromium_is_shouted_about(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, str(tmp_path))
    assert "BROWSER TESTS SKIPPED: no Chromium here" in said
    assert "SKIPPED (no Chromium)" in said
    assert "test_screen.py::test_a_screen" in said
    assert "1 passed, 1 deselected" in said


def test_with_chromium_everything_runs(tmp_path: Path) -> None:
    (tmp_path / "chromium").write_text("#!/bin/sh\n")
    (tmp_path / "chromium").chmod(0o755)
    said = run_pytest(tmp_path, str(tmp_path))
    assert "SKIPPED" not in said
    assert "2 passed" in said
