"""One suite that every driver passes, on a real server of its protocol."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device_profiles.plant import Device, SignalBinding
from device_profiles.profile import Role
from device_profiles.program import SystemClock
from edge.decoding import RawValue
from edge.device_tracker import DeviceTracker
from edge.driver import Batch, Driver, DriverError, Reading
from edge.ending import end
from edge.tracker import Output
from gateway.contract.equipment import EquipmentPath
from gateway.contract.fact import Cause, CountFact, StateFact
from gateway.contract.state import EquipmentState
from tests.conformance.device_rigs import RIGS, Rig, running_rig
from tests.conformance.gateway_rig import until
from tests.conformance.line_rigs import LINE_RIGS, READ_ONLY
from tests.conformance.sparkplug_rig import SparkplugRig

ALL_RIGS = {**RIGS, **LINE_RIGS, "sparkplug": SparkplugRig}
BROKERED = ["mqtt", "sparkplug"]
"""Their messages go through a broker."""
WRITABLE = [kind for kind in ALL_RIGS if kind not in READ_ONLY]


@pytest.fixture(params=list(ALL_RIGS))
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_rig(request.param, tmp_path, ALL_RIGS) as rig:
        yield rig


class Reader:
    """A driver at work, and what the agent makes of it."""

    def __init__(self, rig: Rig) -> None:
        self.driver: Driver = rig.driver()
        self.batches: list[Batch] = []
        self.latest: dict[str, Reading] = {}
        self.out = Output()
        self._clock = SystemClock()
        bindings = tuple(
            SignalBinding(signal=name, name=name, role=signal.role)
            for name, signal in rig.profile.signals.items()
            if signal.role and signal.role is not Role.SETPOINT
        )
        device = Device(
            id="tiny",
            profile=rig.profile,
            endpoint="",
            agent="a",
            equipment=EquipmentPath("w/a/l/u"),
            bindings=bindings,
        )
        self.tracker = DeviceTracker(
            device,
            {},
            boot="b",
            epoch=1,
            started=self._clock.now(),
            monotonic_s=self._clock.monotonic(),
        )

    async def deliver(self, batch: Batch) -> None:
        self.batches.append(batch)
        self.latest.update({reading.signal: reading for reading in batch.readings})
        self.tracker.take(batch, self.out)

    async def tick(self) -> None:
        while True:
            self.tracker.tick(self._clock.now(), self._clock.monotonic(), self.out)
            await asyncio.sleep(0.05)

    def value(self, signal: str) -> RawValue | None:
        return self.latest[signal].value if signal in self.latest else None

    def counted(self) -> int:
        return sum(fact.delta for fact in self.out.facts if isinstance(fact, CountFact))

    def causes(self) -> list[Cause]:
        return [fact.cause for fact in self.out.facts if isinstance(fact, CountFact)]

    def states(self) -> list[EquipmentState]:
        return [fact.state for fact in self.out.facts if isinstance(fact, StateFact)]


@contextlib.asynccontextmanager
async def reading(rig: Rig) -> AsyncIterator[Reader]:
    reader = Reader(rig)
    tasks = [
        asyncio.create_task(reader.driver.run(reader.deliver)),
        asyncio.create_task(reader.tick()),
    ]
    try:
        yield reader
    finally:
        assert not await end(*tasks, within_s=3)


async def test_values_come_with_their_quality_and_time(rig: Rig) -> None:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.value("good") == 5, "the counter")
        await until(lambda: reader.value("state") is True, "the state")
        await rig.show(good=70_001, running=False)
        await until(lambda: reader.value("good") == 70_001, "the counter's next value")
        time = reader.latest["good"].source_time
        assert (time is not None) == rig.carries_time
        assert time is None or abs(time - datetime.now(UTC)) < timedelta(seconds=5)


async def test_a_spoilt_value_is_bad_and_changes_nothing(rig: Rig) -> None:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.value("good") == 5, "the counter")
        await rig.spoil()
        await until(
            lambda: reader.value("good") is None or reader.batches[-1].fault is not None,
            "bad quality",
        )
        assert reader.counted() == 0
        assert reader.causes() == [Cause.BASELINE]


async def test_a_server_that_restarts_is_read_again(rig: Rig) -> None:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.value("good") == 5, "the counter")
        await rig.stop()
        await until(lambda: EquipmentState.UNKNOWN in reader.states(), "no data")
        await rig.start()
        await rig.show(good=9, running=True)
        await until(lambda: reader.counted() == 4, "what was made meanwhile")
        assert reader.causes()[-1] is Cause.LATE
        await until(lambda: reader.states()[-1] is EquipmentState.RUNNING, "the state again")


async def test_a_frozen_link_is_lost_and_recovers(rig: Rig) -> None:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.states() == [EquipmentState.RUNNING], "running")
        await rig.link.freeze()
        await rig.show(good=8, running=True)
        await until(lambda: reader.states()[-1] is EquipmentState.UNKNOWN, "no data")
        await rig.link.restore()
        await until(lambda: reader.counted() == 3, "what was made meanwhile")
        await until(lambda: reader.states()[-1] is EquipmentState.RUNNING, "the state again")


async def test_a_cut_link_is_lost_and_recovers(rig: Rig) -> None:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.counted() == 0 and reader.value("good") == 5, "the counter")
        await rig.link.cut()
        await until(lambda: reader.tracker.lost, "the loss")
        await rig.link.restore()
        await rig.show(good=6, running=True)
        await until(lambda: reader.counted() == 1, "what was made meanwhile")
        assert not reader.tracker.lost


async def test_a_device_that_is_not_there_yet_is_found_when_it_comes(rig: Rig) -> None:
    await rig.stop()
    async with reading(rig) as reader:
        await until(lambda: reader.states() == [EquipmentState.UNKNOWN], "no data")
        await rig.start()
        await rig.show(good=3, running=True)
        await until(lambda: reader.value("good") == 3, "the counter")


@pytest.mark.parametrize("rig", BROKERED, indirect=True)
async def test_without_its_broker_a_device_is_unknown_at_once(rig: Rig) -> None:
    patient = replace(rig.profile, lost_after_s=3_600.0)
    rig.profile = patient
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.states() == [EquipmentState.RUNNING], "running")
        await rig.link.cut()
        await until(lambda: reader.tracker.lost, "the loss, an hour before it would be silence")
        assert reader.states() == [EquipmentState.RUNNING, EquipmentState.UNKNOWN]
        await rig.show(good=7, running=True)
        await rig.link.restore()
        await until(lambda: reader.counted() == 2, "what was made meanwhile")
        assert reader.causes()[-1] is Cause.LATE
        await until(lambda: reader.states()[-1] is EquipmentState.RUNNING, "the state again")


@pytest.mark.parametrize("rig", WRITABLE, indirect=True)
async def test_a_set_point_is_written_and_read_back(rig: Rig) -> None:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.value("good") == 5, "the counter")
        assert await reader.driver.write({"target": -250}) == {"target": -250}


@pytest.mark.parametrize("rig", READ_ONLY, indirect=True)
async def test_a_set_point_is_refused_by_a_device_that_takes_none(rig: Rig) -> None:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.value("good") == 5, "the counter")
        with pytest.raises(DriverError, match="no set-points"):
            await reader.driver.write({"target": 1})
