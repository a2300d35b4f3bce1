"""A Sparkplug B edge node of somebody else's on a real broker: gaps, deaths, history, and our own STATE."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest

from edge.driver import Batch
from edge.ending import end
from gateway.contract.sparkplug import state_topic
from tests.conformance.gateway_rig import until
from tests.conformance.sparkplug_rig import SparkplugRig
from tests.conformance.test_drivers import Reader, reading

HOST = state_topic("edge-1")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[SparkplugRig]:
    rig = SparkplugRig(tmp_path)
    await rig.start()
    await rig.link.start()
    yield rig
    await rig.link.stop()
    await rig.stop()


@contextlib.asynccontextmanager
async def heard(rig: SparkplugRig) -> AsyncIterator[Reader]:
    """A reader that has heard the birth."""
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.value("good") == 5, "the birth")
        yield reader


def lost(batches: list[Batch]) -> list[str]:
    return [batch.fault or "" for batch in batches if batch.lost]


async def test_a_gap_in_the_sequence_asks_for_a_rebirth_and_loses_no_piece(
    rig: SparkplugRig,
) -> None:
    async with heard(rig) as reader:
        births = rig.node.rebirths
        rig.node.values["Counts/Good"] = 8
        rig.node.lose_one()
        await rig.node.tell(Heat=21.5)
        await until(lambda: rig.node.rebirths > births, "a request for rebirth")
        await until(lambda: reader.value("good") == 8, "the count from the birth")
        assert reader.counted() == 3


async def test_a_node_that_says_nothing_new_stays_known(rig: SparkplugRig) -> None:
    async with heard(rig) as reader:
        signs = len(reader.batches)
        await until(
            lambda: len(reader.batches) > signs + 6, "signs of life beyond the time of loss"
        )
        assert not reader.tracker.lost


async def test_a_node_that_dies_is_unknown_at_once_and_comes_back_with_its_birth(
    rig: SparkplugRig,
) -> None:
    async with heard(rig) as reader:
        await rig.node.stop(death=True)
        await until(lambda: reader.tracker.lost, "the loss")
        assert "edge node" in lost(reader.batches)[-1]
        rig.node.values["Counts/Good"] = 12
        await rig.node.start()
        await until(lambda: reader.counted() == 7, "what was made meanwhile")
        assert not reader.tracker.lost


async def test_an_old_death_does_not_end_a_new_life(rig: SparkplugRig) -> None:
    async with heard(rig) as reader:
        await rig.node.die(bd_seq=rig.node.bd_seq - 1)
        await rig.node.tell(Counts_Good=6)
        await until(lambda: reader.value("good") == 6, "the next count")
        assert lost(reader.batches) == []


async def test_a_device_that_dies_alone_is_unknown(rig: SparkplugRig) -> None:
    async with heard(rig) as reader:
        await rig.node.device_dies()
        await until(lambda: reader.tracker.lost, "the loss")
        await rig.node.device_birth()
        await until(lambda: not reader.tracker.lost, "the device again")


async def test_history_keeps_its_time_and_counts_nothing_twice(rig: SparkplugRig) -> None:
    hour_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    at_ms = int(hour_ago.timestamp() * 1000)
    async with heard(rig) as reader:
        await rig.node.tell(Heat=33.25, Counts_Good=3, historical=True, at_ms=at_ms)
        await until(
            lambda: any(getattr(f, "value", 0) == 33.25 for f in reader.out.facts), "the old heat"
        )
        await rig.node.tell(Counts_Good=9)
        await until(lambda: reader.counted() == 4, "the pieces since the birth")
        old = [fact for fact in reader.out.facts if getattr(fact, "value", 0) == 33.25]
        assert [fact.at for fact in old] == [hour_ago]
        assert reader.value("state") is True


async def test_the_host_says_when_it_is_online_and_when_not(rig: SparkplugRig) -> None:
    said: list[dict[str, object]] = []

    async def watch() -> None:
        v5 = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client("127.0.0.1", rig.broker.port, protocol=v5) as client:
            await client.subscribe(HOST, qos=1)
            async for message in client.messages:
                said.append(json.loads(bytes(message.payload)))  # noqa: PERF401 - others look on

    async with heard(rig):
        watching = asyncio.create_task(watch())
        await until(lambda: [s["online"] for s in said] == [True], "retained: online")
        await rig.link.cut()
        await until(lambda: said[-1]["online"] is False, "the last will")
        assert said[-1]["timestamp"] == said[0]["timestamp"]
        await rig.link.restore()
        await until(lambda: said[-1]["online"] is True, "online again")
    await until(lambda: said[-1]["online"] is False, "offline after a stop")
    await end(watching)
