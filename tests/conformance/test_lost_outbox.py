"""An agent whose outbox is gone: running counters go on from what the bus knows of them, to the piece."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from device_profiles.program import SystemClock
from edge.compose import Config, compose
from edge.ending import end
from gateway.admission import rules_of
from gateway.contract.fact import Cause, CountFact, StateFact
from gateway.contract.uplink import FactMessage, SourceBatch
from gateway.known_totals import KnownTotals
from tests.conformance.device_rigs import ModbusRig, running_rig
from tests.conformance.gateway_rig import PlantBroker, running_broker, until
from tests.conformance.test_edge_path import SITE, Committer, config


@dataclass
class Hall(Committer):
    """Gateway and server in one, with the gateway's own memory of counters on the same bus."""

    config: Config | None = None
    counts: list[CountFact] = field(default_factory=list[CountFact])
    hears: bool = True
    """False: what is sent is lost on its way."""
    totals: KnownTotals | None = None

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> bool:
        assert self._client is not None
        await self._client.publish(topic, payload, qos=qos, retain=retain)
        return True

    async def _take(self, where: str, payload: bytes) -> None:
        if self.hears:
            await super()._take(where, payload)

    def note(self, message: FactMessage) -> None:
        assert self.totals is not None
        new = [fact for fact in message.facts if isinstance(fact, CountFact)]
        self.counts += new
        self.totals.see(
            SourceBatch(
                agent=message.agent,
                outbox_epoch=message.outbox_epoch,
                first_seq=message.first_seq,
                facts=message.facts,
            )
        )


@dataclass
class Place:
    rig: ModbusRig
    hall: Hall
    config: Config

    @contextlib.asynccontextmanager
    async def agent(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(compose(self.config, SystemClock()).run(stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(20):
                await task

    def total(self) -> int:
        return self.hall.counts[-1].total if self.hall.counts else -1


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PlantBroker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
async def place(broker: PlantBroker, tmp_path: Path) -> AsyncIterator[Place]:
    async with running_rig("modbus", tmp_path) as rig:
        assert isinstance(rig, ModbusRig)
        await rig.show(good=1_000, running=True)
        settings = config(rig, broker, tmp_path / "edge")
        hall = Hall(port=broker.port)
        hall.totals = KnownTotals(
            site=SITE, rules=rules_of(settings.plant), bus=hall, clock=SystemClock()
        )
        hall.answer = hall.note
        tasks = [asyncio.create_task(hall.run()), asyncio.create_task(hall.totals.run())]
        await until(lambda: hall.connected, "the hall is connected")
        yield Place(rig=rig, hall=hall, config=settings)
        await end(*tasks)


async def test_what_a_deleted_outbox_had_not_sent_and_what_came_after_is_in_the_next_total(
    place: Place,
) -> None:
    hall = place.hall
    async with place.agent():
        await until(lambda: place.total() == 0, "the baseline")
        await place.rig.show(good=1_010, running=True)
        await until(lambda: place.total() == 10, "pieces")
        assert hall.totals is not None
        await until(lambda: not hall.totals._untold, "what is known, on the bus")  # pyright: ignore[reportPrivateUsage, reportOptionalMemberAccess]
        hall.hears = False
        await place.rig.show(good=1_030, running=True)
        outbox = place.config.data_directory
        await until((outbox / "outbox.sqlite").exists, "the outbox")
    shutil.rmtree(outbox)
    await place.rig.show(good=1_042, running=True)
    hall.hears, epoch = True, hall.counts[-1].epoch
    async with place.agent():
        await until(lambda: place.total() >= 42, "everything that was made")
        await place.rig.show(good=1_043, running=True)
        await until(lambda: place.total() == 43, "and it goes on")
    assert {fact.epoch for fact in hall.counts} == {epoch}, "one totalizer all the time"
    assert [fact.cause for fact in hall.counts].count(Cause.BASELINE) == 1
    late = next(fact for fact in hall.counts if fact.total == 42)
    assert (late.cause, late.delta) == (Cause.LATE, 32)
    assert late.since is not None


async def test_a_counter_that_nobody_knows_begins_anew_with_the_first_reading_that_waited(
    place: Place,
) -> None:
    async with place.agent():
        facts = place.hall.facts
        await until(lambda: any(isinstance(f, StateFact) for f in facts.values()), "a reading")
        await place.rig.show(good=1_005, running=True)
        await until(lambda: place.total() == 5, "nothing is lost by waiting")
    first = place.hall.counts[0]
    assert (first.cause, first.total, first.delta) == (Cause.BASELINE, 0, 0)
