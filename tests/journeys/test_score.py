"""The proof that it counts right, as one journey: the whole plant, every fault, and not one piece or gram wrong."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = {
    "pieces_true",
    "pieces_booked",
    "kg_true",
    "kg_booked",
    "facts_sent",
    "facts_stored",
    "duplicates",
    "ledger_imbalance",
    "balance_mismatches",
    "replenishments_raised",
    "replenishments_expected",
    "latency_ms_p50",
    "latency_ms_p99",
    "faults",
}
RUN_TIMEOUT_S = 280


def processes_that_name(word: str) -> list[str]:
    """Command lines of live processes in which `word` occurs."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found.append(line)
    return found


@pytest.mark.journey
@pytest.mark.timeout(RUN_TIMEOUT_S + 20)
def test_the_plant_counts_exactly_while_everything_fails(tmp_path: Path) -> None:
    data = tmp_path / "plant"
    words = ["--score", "--seconds", "40", "--seed", "11", "--faults", "--data", str(data)]
    run = subprocess.Popen(
        [sys.executable, "-m", "simulators.all_in_one", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = run.communicate(timeout=RUN_TIMEOUT_S)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    assert out.strip(), err
    score = json.loads(out.splitlines()[-1])
    assert score["differences"] == []
    assert run.returncode == 0, err
    assert score.keys() >= KEYS
    assert score["pieces_booked"] == score["pieces_true"] > 50
    assert score["facts_stored"] == score["facts_sent"] > 100
    assert (score["duplicates"], score["ledger_imbalance"], score["balance_mismatches"]) == (
        0,
        "0",
        0,
    )
    assert score["replenishments_raised"] == score["replenishments_expected"] > 0
    told = " ".join(score["faults"])
    for fault in ("broker", "server", "gateway", "edge-", "cut", "frozen", "reset", "wrapped"):
        assert fault in told
    assert processes_that_name(str(data)) == []
