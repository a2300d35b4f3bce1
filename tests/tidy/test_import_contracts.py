"""The import rules hold, and each of them catches a trespasser."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("device_profiles", "edge", "gateway", "hmi", "mes_server", "simulators")

# id of the contract, the file that trespasses, the line that does it
TRESPASSES = [
    ("edge", "edge/trespasser.py", "import mes_server.storage"),
    ("edge", "edge/trespasser.py", "from gateway import trespassed"),
    ("gateway", "gateway/trespasser.py", "from mes_server import domain"),
    ("mes-server", "mes_server/operations/trespasser.py", "from gateway import trespassed"),
    ("mes-server", "mes_server/trespasser.py", "import hmi"),
    ("hmi", "hmi/trespasser.py", "from mes_server.operations import trespassed"),
    ("hmi", "hmi/trespasser.py", "from gateway.contract import fact"),
    ("device-profiles", "device_profiles/trespasser.py", "import edge"),
    ("simulators", "simulators/trespasser.py", "import gateway.trespassed"),
    ("simulators", "simulators/trespasser.py", "from mes_server import storage"),
    ("simulators", "simulators/trespasser.py", "from edge.compose import trespassed"),
    ("server-layers", "mes_server/domain/trespasser.py", "from mes_server import storage"),
    ("server-layers", "mes_server/storage/trespasser.py", "from mes_server import operations"),
    ("server-layers", "mes_server/operations/trespasser.py", "import mes_server.api"),
    ("server-layers", "mes_server/api/trespasser.py", "from mes_server.compose import trespassed"),
    ("http-words", "mes_server/operations/trespasser.py", "from mes_server.contract import stock"),
    ("http-words", "mes_server/domain/trespasser.py", "import mes_server.contract"),
    ("pure", "gateway/contract/trespasser.py", "import time"),
    ("pure", "gateway/sparkplug_session.py", "import time"),
    ("pure", "mes_server/domain/trespasser.py", "import random"),
    ("pure", "mes_server/domain/trespasser.py", "import psycopg"),
    ("pure", "mes_server/contract/trespasser.py", "from os import environ"),
    ("pure-edge", "edge/totalizer.py", "import random"),
    ("pure-edge", "edge/decoding.py", "import edge.trespassed"),
    ("pure-views", "hmi/views/trespasser.py", "from nicegui import ui"),
    ("pure-simulators", "simulators/machine.py", "import asyncio"),
]


def contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return settings["tool"]["importlinter"]["contracts"]


def lint_imports(tree: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    words = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    if contract is not None:
        words += ["--contract", contract]
    return subprocess.run(
        words,
        check=False,
        cwd=tree,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tree / package,
            ignore=lambda _, names: [n for n in names if not (n.endswith(".py") or "." not in n)],
        )
    for package in ("edge", "gateway", "mes_server/operations"):
        (tree / package / "trespassed.py").write_text('"""Something private."""\n\nimport time\n')
    for program in ("edge", "mes_server"):
        (tree / program / "compose.py").touch()
    return tree


def test_the_tree_keeps_every_import_rule() -> None:
    answer = lint_imports(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_rule_has_a_trespasser() -> None:
    assert {contract["id"] for contract in contracts()} == {rule for rule, _, _ in TRESPASSES}


@pytest.mark.parametrize(("rule", "file", "line"), TRESPASSES)
def test_a_trespasser_is_caught_by_name(copied_tree: Path, rule: str, file: str, line: str) -> None:
    name = next(contract["name"] for contract in contracts() if contract["id"] == rule)
    trespasser = copied_tree / file
    before = trespasser.read_bytes() if trespasser.exists() else None
    with trespasser.open("a") as text:
        text.write(f"\n{line}\n")
    try:
        answer = lint_imports(copied_tree, rule)
    finally:
        if before is None:
            trespasser.unlink()
        else:
            trespasser.write_bytes(before)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"{name} BROKEN" in answer.stdout
    assert file.removesuffix(".py").replace("/", ".") in answer.stdout
