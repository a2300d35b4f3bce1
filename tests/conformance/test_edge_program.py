"""The program itself: SIGTERM ends it within two seconds with everything on disk, kill -9 loses no piece."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from edge.ending import end
from gateway.contract.fact import CountFact
from tests.conformance.device_rigs import ModbusRig, running_rig
from tests.conformance.gateway_rig import PlantBroker, free_port, running_broker, until
from tests.conformance.test_edge_path import Committer

PLANT = """\
schema: lineside.plant/1
site: works
name: {{en: Works}}
time_zone: UTC
equipment:
  - {{path: a, name: {{en: A}}}}
  - {{path: a/l, name: {{en: L}}}}
  - {{path: a/l/u, name: {{en: U}}}}
devices:
  - {{id: tiny, equipment: a/l/u, profile: tiny, agent: edge-1, endpoint: "{endpoint}"}}
"""


class Program:
    """`lineside-edge` in a process of its own."""

    def __init__(self, directory: Path, rig: ModbusRig, broker_port: int) -> None:
        self._directory = directory
        (directory / "plant.yaml").write_text(PLANT.format(endpoint=rig.endpoint))
        (directory / "edge.toml").write_text(
            f'agent = "edge-1"\nplant = "{directory}/plant.yaml"\nprofile_directory = "{directory}"\n'
            f'data_directory = "{directory}/data"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker_port}"\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self._directory / "edge.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge.compose", "--config", str(self._directory / "edge.toml")],
            stderr=log,
        )
        log.close()

    def end(self, how: signal.Signals, within_s: float = 10.0) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        status = self._process.wait(within_s)
        self._process = None
        return status

    def stop(self) -> None:
        if self._process is not None:
            self.end(signal.SIGKILL)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[ModbusRig]:
    async with running_rig("modbus", tmp_path) as rig:
        assert isinstance(rig, ModbusRig)
        await rig.show(good=1000, running=True)
        yield rig


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PlantBroker]:
    with running_broker(tmp_path) as broker:
        yield broker


async def test_kill_9_and_sigterm_cost_no_piece(
    rig: ModbusRig, broker: PlantBroker, tmp_path: Path
) -> None:
    server = Committer(port=broker.port)
    listening = asyncio.create_task(server.run())
    program = Program(tmp_path, rig, broker.port)
    try:
        program.start()
        await until(lambda: len(server.facts) >= 2, "baseline and state")
        for round_number, how in enumerate((signal.SIGKILL, signal.SIGTERM, signal.SIGKILL)):
            await rig.show(good=1100 + 100 * round_number, running=True)
            await until(lambda: server.pieces() > 0, "pieces")
            status = await asyncio.to_thread(program.end, how)
            assert status == (0 if how is signal.SIGTERM else -how)
            await rig.show(good=1150 + 100 * round_number, running=True)
            program.start()
            await until(
                lambda n=round_number: server.pieces() == 150 + 100 * n, "what was made meanwhile"
            )
        assert await asyncio.to_thread(program.end, signal.SIGTERM, 2.5) == 0
    finally:
        program.stop()
        await end(listening)
    counts = [fact for fact in server.facts.values() if isinstance(fact, CountFact)]
    assert counts[-1].total == 350
    assert sorted(server.facts) == list(range(1, len(server.facts) + 1))


async def test_without_a_broker_it_still_reads_stores_and_stops_in_time(
    rig: ModbusRig, tmp_path: Path
) -> None:
    program = Program(tmp_path, rig, free_port())
    try:
        program.start()
        log = tmp_path / "edge.log"
        await until(
            lambda: log.exists() and "broker lost" in log.read_text(), "the broker is missed"
        )
        assert (tmp_path / "data" / "outbox.sqlite").exists()
        assert await asyncio.to_thread(program.end, signal.SIGTERM, 2.5) == 0
    finally:
        program.stop()
