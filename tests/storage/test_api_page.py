"""The page for whoever writes a client: each of its examples runs against a real server and answers what it says."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.storage.receiver import receiver
from tests.storage.test_server_program import TOKENS, start, url_of

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANYTHING = "…"


def differences(told: Any, got: Any, path: str = "") -> list[str]:
    """Where the answer lacks what the page says; answers may say more."""
    if told == ANYTHING:
        return []
    if isinstance(told, dict) and isinstance(got, dict):
        return [
            fault
            for name, value in told.items()
            for fault in differences(value, got.get(name), f"{path}.{name}")
        ]
    if isinstance(told, list) and isinstance(got, list) and len(told) == len(got):
        return [
            fault
            for place, (one, other) in enumerate(zip(told, got, strict=True))
            for fault in differences(one, other, f"{path}[{place}]")
        ]
    return [] if told == got else [f"{path}: {told!r} is {got!r}"]


def test_every_example_of_the_page_runs_and_answers_as_it_says(
    database_url: str, tmp_path: Path
) -> None:
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n[erp]\nevery_s = 0\n')
    process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
    blocks = BLOCK.findall(PAGE.read_text())
    assert len([kind for kind, _ in blocks if kind == "sh"]) >= 15
    try:
        with receiver() as there:
            environment = {
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "LINESIDE": url_of(process),
                "TOKEN": TOKENS["LINESIDE_ADMIN_TOKEN"],
                "RECEIVER": there.url,
            }
            said = ""
            for kind, text in blocks:
                if kind == "json":
                    assert differences(json.loads(text), json.loads(said)) == [], said
                    continue
                done = subprocess.run(
                    ["bash", "-eu", "-c", text],
                    check=False,
                    cwd=tmp_path,
                    env=environment,
                    capture_output=True,
                    text=True,
                    timeout=60,
                )
                assert done.returncode == 0, (text, done.stdout, done.stderr)
                assert done.stdout, text
                said = done.stdout
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def test_a_page_that_says_something_else_is_noticed() -> None:
    assert differences({"a": [1, {"b": "…"}]}, {"a": [1, {"b": 2, "c": 3}], "d": 4}) == []
    assert differences({"a": [1, {"b": 5}]}, {"a": [1, {"b": 2}]}) == [".a[1].b: 5 is 2"]
    assert differences([1], [1, 2])
