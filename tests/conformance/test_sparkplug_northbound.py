"""The gateway's Sparkplug B node, read by an independent library and by our own host, on a real broker."""

import asyncio
import contextlib
import itertools
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from device_profiles.broker import Broker
from device_profiles.program import SystemClock
from edge.ending import end
from edge.sparkplug_host import SparkplugHost
from edge.sparkplug_node import Died, Event, SparkplugNode, Told
from gateway.contract.codec import encode
from gateway.contract.fact import AnyFact, Cause, CountFact, MeasurementFact, StateFact
from gateway.contract.sparkplug import state_topic
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import AgentStatus, FactMessage
from gateway.sparkplug_node import NodeSettings
from tests.conformance.gateway_rig import (
    AGENT,
    SITE,
    UNIT,
    Agent,
    MesServer,
    PlantBroker,
    free_port,
    running_broker,
    running_gateway,
    running_server,
    until,
)

ROOT = Path(__file__).parents[2]
GROUP, NODE, DEVICE = SITE, "gate", "moulding:M1:IMM1"
SETTINGS = NodeSettings(group=GROUP, node=NODE)
OLD_BROKER_LISTENER = """
[v4.1]
name = "v4"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 20480
max_inflight_count = 100
dynamic_filters = true
"""


@pytest.fixture(scope="module")
def reader_python() -> Path:
    """The interpreter that has pysparkplug, which needs another paho than ours; made when it is not there yet."""
    subprocess.run([str(ROOT / ".ci/sparkplug-reader")], check=True, timeout=100)
    return ROOT / "build/sparkplug-reader/bin/python"


class Plant:
    """A broker, a server, and an agent at one of the units."""

    def __init__(self, broker: PlantBroker, server: MesServer, old_port: int) -> None:
        self.broker, self.server, self.old_port = broker, server, old_port
        self.agent = Agent(broker.port)
        self._seq = 1

    async def say(self, client: aiomqtt.Client, *facts: AnyFact) -> None:
        message = FactMessage(agent=AGENT, outbox_epoch=1, first_seq=self._seq, facts=[*facts])
        self._seq += len(facts)
        await self.agent.publish(client, message)

    async def status(self, client: aiomqtt.Client, *, online: bool) -> None:
        said = encode(AgentStatus(agent=AGENT, online=online))
        await client.publish(f"lineside/v1/{SITE}/{AGENT}/status", said, qos=1, retain=True)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    old_port = free_port()
    with (
        running_broker(tmp_path, OLD_BROKER_LISTENER.format(port=old_port)) as broker,
        running_server() as server,
    ):
        yield Plant(broker, server, old_port)


class Heard:
    """What the independent reader says it heard."""

    def __init__(self, program: asyncio.subprocess.Process) -> None:
        self.documents: list[dict[str, Any]] = []
        self._program = program

    def kinds(self, device: str | None = None) -> list[str]:
        return [each["kind"] for each in self.documents if each.get("device") == device]

    def of(self, kind: str, device: str | None = None) -> list[dict[str, Any]]:
        return [e for e in self.documents if (e["kind"], e.get("device")) == (kind, device)]

    def latest(self, metric: str, device: str | None = DEVICE) -> Any:
        """The last word on a metric, in births and data."""
        said = [e for e in self.documents if e.get("device") == device and metric in e["metrics"]]
        return said[-1]["metrics"][metric]["value"] if said else "nothing heard"

    async def ask_for_birth(self) -> None:
        assert self._program.stdin is not None
        self._program.stdin.write(f"{NODE}\n".encode())
        await self._program.stdin.drain()

    async def listen(self) -> None:
        assert self._program.stdout is not None
        async for line in self._program.stdout:
            self.documents.append(json.loads(line))


@contextlib.asynccontextmanager
async def independent_reader(python: Path, port: int) -> AsyncIterator[Heard]:
    program = await asyncio.create_subprocess_exec(
        str(python),
        str(ROOT / "tests/conformance/sparkplug_reader.py"),
        "127.0.0.1",
        str(port),
        GROUP,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    heard = Heard(program)
    listening = asyncio.create_task(heard.listen())
    try:
        await until(lambda: heard.kinds() == ["listening"] or listening.done(), "the reader")
        yield heard
    finally:
        assert program.stdin is not None
        assert program.stderr is not None
        program.stdin.close()
        async with asyncio.timeout(20):
            errors = await program.stderr.read()
            assert await program.wait() == 0, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
        await end(listening)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def count(total: int) -> CountFact:
    return CountFact(
        equipment=UNIT,
        signal="good",
        at=now(),
        arrived=now(),
        epoch=1,
        total=total,
        delta=1,
        raw=total,
        cause=Cause.STEP,
        since=now(),
    )


def state(word: EquipmentState, detail: str = "") -> StateFact:
    return StateFact(
        equipment=UNIT, signal="state", at=now(), arrived=now(), state=word, detail=detail
    )


def melt(value: float) -> MeasurementFact:
    return MeasurementFact(
        equipment=UNIT,
        signal="melt_temperature",
        at=now(),
        arrived=now(),
        value=value,
        unit="Cel",
    )


async def born_without_values(heard: Heard) -> Any:
    """The unit's birth before anything is known of it; its metrics."""
    await until(lambda: heard.of("DBIRTH", DEVICE) != [], "the unit's birth")
    born = heard.of("DBIRTH", DEVICE)[0]["metrics"]
    assert born["Good"]["type"] == "INT64"
    assert (born["Good"]["null"], born["Good"]["value"]) == (True, None)
    assert born["Good"]["properties"]["engUnit"] == "pcs"
    assert born["Good"]["properties"]["Quality"] == 500
    assert born["Good"]["properties"]["_types"] == [12, 3, 11]
    assert born["State"]["null"]
    return born


async def values_are_read(plant: Plant, client: aiomqtt.Client, heard: Heard) -> None:
    """Every metric, and null when the machine is lost."""
    await plant.say(client, state(EquipmentState.RUNNING, "Execute"), count(7), melt(231.5))
    await until(lambda: heard.latest("Good") == 7, "the count")
    await until(lambda: heard.latest("Process/melt_temperature") == 231.5, "the heat")
    assert heard.latest("State") == "running"
    assert heard.latest("State/PackML") == 6
    assert heard.latest("State/Machine") == "Execute"
    await until(lambda: heard.latest("Order") == "WO-1001", "the order")
    await until(lambda: heard.latest("Rate") == 1.0, "the rate")
    assert str(heard.latest("LastFact")).startswith(f"{now():%Y-}")
    data = heard.of("DDATA", DEVICE)[-1]
    assert all(m["properties"]["Quality"] == 192 for m in data["metrics"].values())
    await plant.say(client, state(EquipmentState.UNKNOWN, "no data"))
    await until(lambda: heard.latest("Good") is None, "not known, rather than a value")
    await plant.say(client, state(EquipmentState.RUNNING), count(8))
    await until(lambda: heard.latest("Good") == 8, "the next count")


async def test_an_independent_reader_sees_births_values_deaths_and_rebirths(
    plant: Plant, reader_python: Path
) -> None:
    plant.server.running[UNIT] = "WO-1001"
    async with independent_reader(reader_python, plant.old_port) as heard:
        async with (
            running_gateway(plant.broker, plant.server, sparkplug=SETTINGS),
            plant.agent.connection() as client,
        ):
            await until(lambda: heard.of("NBIRTH") != [], "the node's birth")
            birth = heard.of("NBIRTH")[0]
            assert (birth["node"], birth["seq"], birth["retain"]) == (NODE, 0, False)
            assert birth["metrics"]["Node Control/Rebirth"]["type"] == "BOOLEAN"
            assert heard.of("DBIRTH", DEVICE) == []
            await plant.status(client, online=True)
            born = await born_without_values(heard)
            await values_are_read(plant, client, heard)

            await heard.ask_for_birth()
            await until(lambda: len(heard.of("DBIRTH", DEVICE)) == 2, "the unit's rebirth")
            assert len(heard.of("NBIRTH")) == 2
            again = heard.of("DBIRTH", DEVICE)[-1]["metrics"]["Good"]
            assert (again["value"], again["alias"]) == (8, born["Good"]["alias"])
            await plant.status(client, online=False)
            await until(lambda: heard.kinds(DEVICE)[-1] == "DDEATH", "the unit's death")
            await plant.status(client, online=True)
            await until(lambda: heard.kinds(DEVICE)[-1] == "DBIRTH", "the unit again")
        await until(lambda: heard.kinds()[-1] == "NDEATH", "the node's death")
    numbers = [e["seq"] for e in heard.documents[1:] if e["kind"] not in ("NDEATH", "NCMD")]
    assert all(after in (0, (before + 1) % 256) for before, after in itertools.pairwise(numbers))
    death, last = heard.of("NDEATH")[-1], heard.of("NBIRTH")[-1]
    assert death["metrics"]["bdSeq"]["value"] == last["metrics"]["bdSeq"]["value"]
    assert death["metrics"]["bdSeq"]["type"] == "INT64"


class Listening:
    """Our own host's listener: what it knows of the node."""

    def __init__(self) -> None:
        self.values: dict[tuple[str | None, str], object] = {}
        self.events: list[Event] = []

    async def told(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Told):
            named = {(event.device, metric.name or ""): metric.value for metric in event.metrics}
            self.values |= named

    async def pulse(self, node: SparkplugNode) -> None:
        pass

    async def cut_off(self, why: str, *, gone: bool) -> None:
        pass


@contextlib.asynccontextmanager
async def own_host(port: int, name: str) -> AsyncIterator[Listening]:
    listener = Listening()
    host = SparkplugHost(
        broker=Broker(host="127.0.0.1", port=port), host_id=name, clock=SystemClock()
    )
    task = asyncio.create_task(host.listen(GROUP, NODE, listener))
    try:
        yield listener
    finally:
        await end(task)


async def test_our_own_host_reads_our_own_node_and_hears_its_last_will(plant: Plant) -> None:
    async with own_host(plant.broker.port, "reader") as heard:
        async with (
            running_gateway(plant.broker, plant.server, sparkplug=SETTINGS) as gateway,
            plant.agent.connection() as client,
        ):
            await plant.status(client, online=True)
            await plant.say(client, count(41))
            await until(lambda: heard.values.get((DEVICE, "Good")) == 41, "the count")
            assert gateway.sparkplug is not None
            life = gateway.sparkplug.session.bd_seq
            plant.broker.kill()
            plant.broker.start()
            await until(
                lambda: gateway.counters.reconnects > 0 and gateway.bus.connected, "the bus again"
            )
            async with plant.agent.connection() as again:
                await plant.status(again, online=True)
                await plant.say(again, count(42))
                await until(lambda: heard.values.get((DEVICE, "Good")) == 42, "the next life")
            assert gateway.sparkplug.session.bd_seq != life
        await until(lambda: Died(device=None) in heard.events, "the death")


async def test_a_node_with_a_primary_host_is_there_only_while_the_host_is(plant: Plant) -> None:
    settings = NodeSettings(group=GROUP, node=NODE, primary_host="scada")
    async with (
        own_host(plant.broker.port, "onlooker") as heard,
        running_gateway(plant.broker, plant.server, sparkplug=settings) as gateway,
        plant.agent.connection() as client,
    ):
        assert gateway.sparkplug is not None
        node = gateway.sparkplug

        async def host_says(online: bool, at_ms: int) -> None:
            said = json.dumps({"online": online, "timestamp": at_ms})
            await client.publish(state_topic("scada"), said, qos=1, retain=True)

        await plant.status(client, online=True)
        await until(lambda: node.bus.connected, "the node's connection")
        assert not node.session.born
        await host_says(True, 1_000)
        await until(lambda: (None, "Units/Known") in heard.values, "the birth")
        life = node.session.bd_seq
        await host_says(False, 500)
        await plant.say(client, count(3))
        await until(lambda: heard.values.get((DEVICE, "Good")) == 3, "an old death changes nothing")
        await host_says(False, 1_000)
        await until(lambda: Died(device=None) in heard.events, "the death")
        await until(lambda: node.session.bd_seq != life, "the next life")
        assert not node.session.born
        await host_says(True, 2_000)
        await plant.say(client, count(4))
        await until(lambda: heard.values.get((DEVICE, "Good")) == 4, "the host is back")
