"""The all-in-one's supervisor and data directory, on real but tiny programs."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from device_profiles.catalog import load_plant
from simulators.all_in_one.data_directory import (
    OWN_PORTS,
    DataDirectory,
    DataDirectoryFault,
    free_ports,
    port_is_free,
)
from simulators.all_in_one.program import ProgramSpec, StartFailed
from simulators.all_in_one.programs import plant_text
from simulators.all_in_one.supervisor import FAILURES_MAX, Supervisor

PATIENCE_S = 20.0
FOREVER = "import signal; signal.pause()"


def spec(
    tmp_path: Path, name: str, code: str, *, ready_timeout_s: float = PATIENCE_S
) -> ProgramSpec:
    """A program that says it is ready by touching a file with its pid."""
    mark = tmp_path / f"{name}.pid"
    start = f"import os; open({str(mark)!r}, 'w').write(str(os.getpid())); {code}"

    async def ready() -> bool:
        return bool(mark.exists() and mark.read_text())

    return ProgramSpec(
        name=name,
        command=(sys.executable, "-c", start),
        ready=ready,
        ready_timeout_s=ready_timeout_s,
    )


def pid_of(tmp_path: Path, name: str) -> int:
    return int((tmp_path / f"{name}.pid").read_text())


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncIterator[Supervisor]:
    subject = Supervisor(tmp_path, tell=lambda line: None, pause_s=0.01)
    yield subject
    await subject.stop()


async def test_a_killed_program_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    await supervisor.start(spec(tmp_path, "one", FOREVER))
    first = pid_of(tmp_path, "one")
    supervisor.kill("one")
    await until(lambda: pid_of_or(tmp_path, "one", first) != first)
    await supervisor.wait_ready("one", PATIENCE_S)
    assert supervisor.restarts == {"one": 1}
    assert not lives(first)


def pid_of_or(tmp_path: Path, name: str, instead: int) -> int:
    text = (tmp_path / f"{name}.pid").read_text()
    return int(text) if text else instead


async def test_stopping_leaves_no_process_and_says_who_had_to_be_killed(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.all_in_one.supervisor.STOP_PATIENCE_S", 0.3)
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); {FOREVER}"
    await supervisor.start(spec(tmp_path, "polite", FOREVER))
    await supervisor.start(spec(tmp_path, "deaf", deaf))
    await until(lambda: "on" in (tmp_path / "deaf.log").read_text())
    assert await supervisor.stop() == ["deaf"]
    assert not any(lives(pid_of(tmp_path, name)) for name in ("polite", "deaf"))


async def test_a_program_that_ends_at_its_start_is_reported_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    wrong = ProgramSpec(
        name="wrong",
        command=(sys.executable, "-c", "import sys; sys.exit('the port is taken')"),
        ready=lambda: asyncio.sleep(0, result=False),
    )
    with pytest.raises(StartFailed, match="the port is taken"):
        await supervisor.start(wrong)


async def test_a_program_that_cannot_be_kept_running_is_given_up(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    await supervisor.start(
        spec(tmp_path, "frail", "import time; time.sleep(0.2); raise SystemExit(3)")
    )
    async with asyncio.timeout(PATIENCE_S * 2):
        reason = await supervisor.failed
    assert f"ended {FAILURES_MAX} times in a row" in reason


def test_programs_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from simulators.all_in_one.program import ProgramSpec, Running
async def main():
    spec = ProgramSpec(name='child', command=(sys.executable, '-c', {FOREVER!r}), ready=None)
    print((await Running.start(spec, Path({str(tmp_path)!r}) / 'child.log')).pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert lives(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + PATIENCE_S
    while lives(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_data_directory_is_held_by_one_supervisor(tmp_path: Path) -> None:
    first, second = (DataDirectory(tmp_path / "d", kind="demo") for _ in range(2))
    first.open()
    with pytest.raises(DataDirectoryFault, match=f"process {os.getpid()}"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_foreign_files_and_the_demos_data_are_safe_from_a_score_run(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(DataDirectoryFault, match="other files"):
        DataDirectory(tmp_path, kind="score").open()
    demo = DataDirectory(tmp_path / "demo", kind="demo")
    demo.open()
    demo.close()
    with pytest.raises(DataDirectoryFault, match="does not hold data of a score run"):
        DataDirectory(tmp_path / "demo", kind="score").open()


def test_tokens_are_made_once_and_are_nobody_elses_business(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "d", kind="demo")
    data.open()
    tokens = data.tokens()
    assert data.tokens() == tokens
    assert len(set(tokens.values())) == len(tokens) >= 3
    assert (data.path / "tokens.json").stat().st_mode & 0o077 == 0
    data.close()


def test_the_plant_is_moved_to_free_ports_and_its_mqtt_machines_to_our_broker(
    tmp_path: Path,
) -> None:
    data = DataDirectory(tmp_path / "d", kind="demo")
    data.open()
    plant = data.write_plant(plant_text(), mqtt=("127.0.0.1", 1999), free=free_ports())
    devices = load_plant(plant).devices
    data.close()
    assert devices["pck1"].endpoint == "mqtt://127.0.0.1:1999/plant/packing/pck1"
    ports = {
        name: int(d.endpoint.split(":")[2].split("/")[0].split("?")[0])
        for name, d in devices.items()
    }
    assert ports["resin-scale"] == ports["masterbatch-scale"]
    assert len({ports["imm1"], ports["resin-scale"], ports["asm1"]}) == 3
    assert all(port_is_free(ports[name]) for name in ("imm1", "resin-scale", "asm1"))
    assert all(ports[name] in OWN_PORTS for name in ("imm1", "resin-scale", "asm1"))


def test_no_port_is_given_twice_and_none_that_is_taken() -> None:
    with socket.socket() as taken:
        free = free_ports()
        taken.bind(("127.0.0.1", next(free)))
        taken.listen()
        given = [next(free) for _ in range(50)]
        assert len(set(given)) == 50
        assert taken.getsockname()[1] not in given
