"""A task of the agent that dies is started again, said, and counted; what it read meanwhile is kept."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from device_profiles.broker import Broker
from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.program import SystemClock
from edge.agent import Agent
from edge.decoding import RawValue
from edge.driver import Batch, Deliver, Reading
from edge.outbox import Outbox
from edge.outbox_file import OutboxFile

DEVICE = load_plant(builtin_plant("kettle-works")).devices["asm1"]


class Stumbling:
    """A driver that dies after its first reading, and again, and then reads on."""

    def __init__(self) -> None:
        self.runs = 0
        self.reads_on = asyncio.Event()

    async def run(self, deliver: Deliver) -> None:
        self.runs += 1
        clock = SystemClock()
        reading = Reading(signal="produced", value=100 + self.runs)
        await deliver(
            Batch(readings=(reading,), arrived=clock.now(), monotonic_s=clock.monotonic())
        )
        if self.runs < 3:
            raise RuntimeError("stumbled")
        self.reads_on.set()
        await asyncio.Event().wait()

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        return values


def agent_of(driver: Stumbling, directory: Path) -> Agent:
    """An agent without a broker."""
    return Agent(
        site="kettle-works",
        name="edge-assembly",
        devices=[DEVICE],
        drivers={"asm1": driver},
        outbox=Outbox(directory / "o.sqlite", now_ms=1),
        broker=Broker(host="127.0.0.1", port=1),
        clock=SystemClock(),
        boot="boot",
    )


async def test_a_driver_that_dies_is_started_again_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.agent.TOTALS_WAIT_MAX_S", 0.0)  # there is no broker to wait for
    driver, stop = Stumbling(), asyncio.Event()
    agent = agent_of(driver, tmp_path)
    with capture_logs() as said:
        running = asyncio.create_task(agent.run(stop))
        async with asyncio.timeout(20):
            await driver.reads_on.wait()
        stop.set()
        async with asyncio.timeout(5):
            await running
    assert agent.restarts == {"device asm1": 2}
    assert sum(entry["event"] == "task died" for entry in said) == 2
    file = OutboxFile(tmp_path / "o.sqlite", now_ms=2)
    assert file.bounds().facts >= 3
    file.close()


async def said_by(said: Sequence[Mapping[str, object]], event: str) -> Mapping[str, object]:
    """The first entry of the log with these words."""
    async with asyncio.timeout(20):
        while True:
            for entry in said:
                if entry["event"] == event:
                    return entry
            await asyncio.sleep(0.01)


async def test_an_agent_that_starts_on_a_disk_that_takes_nothing_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.agent.TOTALS_WAIT_MAX_S", 0.0)
    monkeypatch.setattr("edge.agent.OPEN_AGAIN_S", 0.05)
    in_the_way = tmp_path / "o.sqlite"
    in_the_way.mkdir()  # no file can be opened there, as on a disk without space for one
    driver, stop = Stumbling(), asyncio.Event()
    with capture_logs() as said:
        running = asyncio.create_task(agent_of(driver, tmp_path).run(stop))
        trouble = await said_by(said, "disk takes nothing at the start")
        assert str(in_the_way) in str(trouble["why"])
        assert driver.runs == 0, "what could not be kept is not read"
        in_the_way.rmdir()
        await said_by(said, "agent started")
        async with asyncio.timeout(20):
            await driver.reads_on.wait()
        stop.set()
        async with asyncio.timeout(5):
            await running
    file = OutboxFile(in_the_way, now_ms=2)
    assert file.bounds().facts >= 3
    file.close()


async def test_an_agent_that_waits_for_its_disk_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "o.sqlite").mkdir()
    stop = asyncio.Event()
    with capture_logs() as said:
        running = asyncio.create_task(agent_of(Stumbling(), tmp_path).run(stop))
        await said_by(said, "disk takes nothing at the start")
        stop.set()
        async with asyncio.timeout(5):
            await running
