"""What the gateway's conformance tests run against: a real broker, a real server, and an agent on the bus."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from iotcore import Broker as BrokerProcess

from device_profiles.broker import Broker
from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.program import SystemClock
from edge.ending import end
from gateway.compose import Config, Gateway, compose
from gateway.contract.codec import decode, encode
from gateway.contract.fact import Cause, CountFact
from gateway.contract.job_order import CommandPage, JobOrderCommand, RunningOrders
from gateway.contract.uplink import (
    Ack,
    FactMessage,
    IngestReply,
    IngestRequest,
    SourceBatch,
    SourceMark,
)
from gateway.plant_bus import NO_DELAY
from gateway.sparkplug_node import NodeSettings
from simulators.all_in_one.data_directory import free_ports

SITE = "kettle-works"
AGENT = "edge-moulding"
UNIT = "kettle-works/moulding/M1/IMM1"
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DEADLINE_S = 20.0

BROKER_TOML = """\
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "v5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 20480
max_inflight_count = 100
dynamic_filters = true
"""


WORKERS = 8
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on, that no outgoing connection takes before its server starts, and that no other process
    of these tests gets; none twice."""
    port = next(p for p in free_ports() if p % WORKERS == WORKER and p not in _given)
    _given.add(port)
    return port


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; fail naming it when it does not come true in time."""
    assert await holds(condition, DEADLINE_S), f"not within {DEADLINE_S:g} s: {what}"


async def holds(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether a condition comes true in time; looks every 10 ms, as it may be met in another thread."""
    for _ in range(int(within_s / 0.01)):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return condition()


def counts(
    first: int, last: int, *, equipment: str = UNIT, signal: str = "good"
) -> list[CountFact]:
    """One piece per fact, one fact per second; fact n has the total n."""
    return [
        CountFact(
            equipment=equipment,
            signal=signal,
            at=START + timedelta(seconds=n),
            arrived=START + timedelta(seconds=n),
            epoch=1,
            total=n,
            delta=1,
            raw=n,
            cause=Cause.STEP,
            since=START + timedelta(seconds=n - 1),
        )
        for n in range(first, last + 1)
    ]


def message(first: int, last: int, *, agent: str = AGENT) -> FactMessage:
    """Facts first..last as an agent sends them."""
    return FactMessage(agent=agent, outbox_epoch=1, first_seq=first, facts=[*counts(first, last)])


@dataclass
class MesServer:
    """A server that commits to memory: one cumulative mark per source, as the contract says."""

    port: int = field(default_factory=free_port)
    stored: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """Agent -> (sequence, reason of its quarantine or '') in the order they were committed."""
    requests: int = 0
    fault: Callable[[SourceBatch], Response | None] = lambda _: None
    commands: list[JobOrderCommand] = field(default_factory=list)
    running: dict[str, str] = field(default_factory=dict)
    """Unit -> order that runs on it."""
    polls: list[int] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=self.port, log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(10)
            assert not self._thread.is_alive()

    def sequences(self, agent: str = AGENT) -> list[int]:
        return [seq for seq, _ in self.stored.get(agent, [])]

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/api/v1/ingest/facts")
        async def ingest(request: Request) -> Response:
            if request.headers["authorization"] != "Bearer gate":
                return Response(status_code=401)
            self.requests += 1
            batch = decode(await request.body(), IngestRequest)
            for source in batch.sources:
                if (fault := self.fault(source)) is not None:
                    return fault
            marks = [self._commit(source) for source in batch.sources]
            reply = IngestReply(marks=marks, stored=0, duplicates=0)
            return Response(encode(reply), media_type="application/json")

        @app.get("/api/v1/gateway/orders")
        async def orders() -> Response:
            return Response(encode(RunningOrders(orders=dict(self.running))))

        @app.get("/api/v1/gateway/commands")
        async def commands(after: int, wait_s: float) -> Response:
            self.polls.append(after)
            for _ in range(int(min(wait_s, 1.0) / 0.02)):
                if any(command.position > after for command in self.commands):
                    break
                await asyncio.sleep(0.02)
            new = [command for command in self.commands if command.position > after]
            position = max([after, *(command.position for command in new)])
            return Response(encode(CommandPage(commands=new, position=position)))

        return app

    def _commit(self, source: SourceBatch) -> SourceMark:
        rows = self.stored.setdefault(source.agent, [])
        through = rows[-1][0] if rows else 0
        reasons = {verdict.seq: verdict.reason for verdict in source.quarantined}
        rewind = source.first_seq > through + 1
        if not rewind:
            last = source.first_seq + len(source.facts) - 1
            rows += [(seq, reasons.get(seq, "")) for seq in range(through + 1, last + 1)]
            through = max(through, last)
        return SourceMark(
            agent=source.agent, outbox_epoch=source.outbox_epoch, through=through, rewind=rewind
        )


@contextlib.contextmanager
def running_server() -> Iterator[MesServer]:
    server = MesServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class PlantBroker:
    """A real MQTT 5 broker in a child process, which can be killed and started again on its port."""

    directory: Path
    more: str = ""
    """Appended to its configuration."""
    port: int = field(default_factory=free_port)
    _broker: BrokerProcess | None = None

    def start(self) -> None:
        config = self.directory / "broker.toml"
        config.write_text(BROKER_TOML.format(port=self.port) + self.more)
        self._broker = BrokerProcess(config_path=str(config)).start()

    def kill(self) -> None:
        """kill -9."""
        assert self._broker is not None
        process = self._broker._process  # pyright: ignore[reportPrivateUsage]
        assert process is not None
        process.kill()
        process.wait(5)
        self._broker.stop()

    def stop(self) -> None:
        if self._broker:
            self._broker.stop()


@contextlib.contextmanager
def running_broker(directory: Path, more: str = "") -> Iterator[PlantBroker]:
    broker = PlantBroker(directory=directory, more=more)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextlib.asynccontextmanager
async def running_gateway(
    broker: PlantBroker,
    server: MesServer,
    *,
    address: Broker | None = None,
    connects: bool = True,
    sparkplug: NodeSettings | None = None,
) -> AsyncIterator[Gateway]:
    """The gateway as its compose builds it, connected when it is expected to."""
    config = Config(
        name="gate",
        plant=load_plant(builtin_plant("kettle-works")),
        bus=address or Broker(host="127.0.0.1", port=broker.port),
        server_url=server.url,
        token="gate",
        sparkplug=sparkplug,
    )
    gateway, stop = compose(config, SystemClock()), asyncio.Event()
    work = asyncio.create_task(gateway.run(stop))
    try:
        if connects:
            await until(lambda: gateway.bus.connected or work.done(), "the gateway is connected")
        yield gateway
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await work


@dataclass
class Agent:
    """An agent with an outbox: sends what is not acknowledged, and goes back on a rewind, silence or a lost broker."""

    port: int
    name: str = AGENT
    through: int = 0
    acks: list[Ack] = field(default_factory=list)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    """Everything else that came, by topic."""

    async def deliver(self, last: int, *, step: int = 40) -> None:
        """Send facts 1..last until all are acknowledged, whatever breaks on the way."""
        async with asyncio.timeout(DEADLINE_S):
            while self.through < last:
                with contextlib.suppress(aiomqtt.MqttError, OSError):
                    async with self.connection() as client:
                        await self._send(client, last, step)
                await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def connection(self, *filters: str) -> AsyncIterator[aiomqtt.Client]:
        client = aiomqtt.Client(
            "127.0.0.1",
            self.port,
            protocol=aiomqtt.ProtocolVersion.V5,
            timeout=2,
            keepalive=5,
            socket_options=[NO_DELAY],
        )
        async with client:
            await client.subscribe(f"lineside/v1/{SITE}/{self.name}/ack", qos=1)
            for topic_filter in filters:
                await client.subscribe(topic_filter, qos=1)
            listening = asyncio.create_task(self._listen(client))
            try:
                yield client
            finally:
                await end(listening)

    async def publish(self, client: aiomqtt.Client, facts: FactMessage) -> None:
        await client.publish(f"lineside/v1/{SITE}/{self.name}/facts", encode(facts), qos=1)

    async def _send(self, client: aiomqtt.Client, last: int, step: int) -> None:
        for first in range(self.through + 1, last + 1, step):
            end = min(first + step - 1, last)
            await self.publish(client, message(first, end, agent=self.name))
        await holds(lambda: self.through >= last, 1.0)

    async def _listen(self, client: aiomqtt.Client) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async for heard in client.messages:
                if heard.topic.value.endswith("/ack"):
                    self.acks.append(decode(heard.payload, Ack))
                    self.through = max(self.through, self.acks[-1].through)
                else:
                    self.heard.append((heard.topic.value, heard.payload))


def forget_first_subscriptions(
    monkeypatch: pytest.MonkeyPatch, client_id: str, count: int
) -> list[object]:
    """As with a broker that takes a client's first subscriptions and forgets them; returns what it forgot."""
    subscribe, forgotten = aiomqtt.Client.subscribe, list[object]()

    async def forgetful(self: aiomqtt.Client, /, topic: Any, *words: Any, **named: Any) -> Any:
        if self.identifier == client_id and len(forgotten) < count:
            forgotten.append(topic)
            return ()
        return await subscribe(self, topic, *words, **named)

    monkeypatch.setattr(aiomqtt.Client, "subscribe", forgetful)
    return forgotten
