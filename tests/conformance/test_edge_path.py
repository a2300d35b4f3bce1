"""A whole edge agent between a real device and a real broker: whatever breaks, every piece arrives exactly once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from device_profiles.broker import Broker
from device_profiles.plant import Device, Equipment, Plant, SignalBinding
from device_profiles.profile import Role
from device_profiles.program import SystemClock
from edge.agent import Agent
from edge.compose import Config, compose
from edge.ending import end
from edge.outbox_file import Bounds, OutboxFile
from gateway.contract.codec import decode, encode
from gateway.contract.equipment import EquipmentPath
from gateway.contract.fact import AnyFact, Cause, CountFact, JobAnswerFact, StateFact
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.state import EquipmentState
from gateway.contract.topic import Channel, Topic
from gateway.contract.uplink import Ack, AgentStatus, FactMessage
from tests.conformance.device_rigs import ModbusRig, Rig, running_rig
from tests.conformance.gateway_rig import (
    PlantBroker,
    forget_first_subscriptions,
    running_broker,
    until,
)

SITE, AGENT = "works", "edge-1"
UNIT = EquipmentPath("works/a/l/u")


def topic(channel: Channel) -> str:
    return str(Topic(site=SITE, agent=AGENT, channel=channel))


@dataclass
class Committer:
    """Gateway and server in one: commits in sequence, acknowledges with a cumulative mark."""

    port: int
    facts: dict[int, AnyFact] = field(default_factory=dict[int, AnyFact])
    epoch: int = 0
    through: int = 0
    sent_twice: int = 0
    statuses: list[AgentStatus] = field(default_factory=list[AgentStatus])
    acknowledges: bool = True
    answer: Callable[[FactMessage], Ack | None] = lambda _: None
    """Answers instead of the honest acknowledgement, when it gives one."""
    _client: aiomqtt.Client | None = None

    async def run(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                v5 = aiomqtt.ProtocolVersion.V5
                async with aiomqtt.Client("127.0.0.1", self.port, protocol=v5, timeout=1) as client:
                    await client.subscribe([(topic("facts"), 1), (topic("status"), 1)])
                    self._client = client
                    async for message in client.messages:
                        await self._take(str(message.topic), bytes(message.payload))
            self._client = None
            await asyncio.sleep(0.1)

    async def send(self, channel: Channel, payload: bytes) -> None:
        assert self._client is not None
        await self._client.publish(topic(channel), payload, qos=1)

    async def _take(self, where: str, payload: bytes) -> None:
        if where == topic("status"):
            self.statuses.append(decode(payload, AgentStatus))
            return
        message = decode(payload, FactMessage)
        if message.outbox_epoch != self.epoch:
            self.epoch, self.through = message.outbox_epoch, message.oldest_seq - 1
        gap = message.first_seq > self.through + 1
        if not gap:
            for number, fact in enumerate(message.facts, start=message.first_seq):
                if number > self.through:
                    self.facts[number] = fact
                    self.through = number
                else:
                    self.sent_twice += 1
        ack = self.answer(message) or Ack(outbox_epoch=self.epoch, through=self.through, rewind=gap)
        if self.acknowledges:
            await self.send("ack", encode(ack))

    @property
    def connected(self) -> bool:
        return self._client is not None

    def pieces(self) -> int:
        return sum(fact.delta for fact in self.facts.values() if isinstance(fact, CountFact))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PlantBroker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_rig("modbus", tmp_path) as rig:
        await rig.show(good=1000, running=True)
        yield rig


@pytest.fixture
async def server(broker: PlantBroker) -> AsyncIterator[Committer]:
    server = Committer(port=broker.port)
    task = asyncio.create_task(server.run())
    await until(lambda: server.connected, "the server is connected")
    yield server
    await end(task)


def config(rig: Rig, broker: PlantBroker, directory: Path) -> Config:
    assert isinstance(rig, ModbusRig)
    bindings = tuple(
        SignalBinding(signal=name, name=name, role=role)
        for name, role in (("good", Role.GOOD), ("state", Role.STATE))
    )
    device = Device(
        id="tiny",
        profile=rig.profile,
        endpoint=rig.endpoint,
        agent=AGENT,
        equipment=UNIT,
        bindings=bindings,
    )
    plant = Plant(
        site=SITE,
        name={"en": "Works"},
        time_zone="UTC",
        equipment={UNIT: Equipment(path=UNIT, name={"en": "Unit"})},
        devices={"tiny": device},
    )
    return Config(
        agent=AGENT,
        plant=plant,
        data_directory=directory / "edge",
        broker=Broker(host="127.0.0.1", port=broker.port),
    )


def held(settings: Config) -> Bounds:
    """What the agent has on disk."""
    file = OutboxFile(settings.data_directory / "outbox.sqlite", now_ms=1)
    try:
        return file.bounds()
    finally:
        file.close()


@contextlib.asynccontextmanager
async def running_agent(settings: Config) -> AsyncIterator[Agent]:
    agent, stop = compose(settings, SystemClock()), asyncio.Event()
    task = asyncio.create_task(agent.run(stop))
    try:
        yield agent
    finally:
        stop.set()
        async with asyncio.timeout(4):
            await task
    assert agent.restarts == {}


async def test_a_broker_that_forgot_that_the_agent_listens_is_told_again(
    rig: Rig,
    broker: PlantBroker,
    server: Committer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forgotten = forget_first_subscriptions(monkeypatch, f"lineside-{AGENT}", 1)
    settings = config(rig, broker, tmp_path)
    async with running_agent(settings):
        await until(lambda: server.through > 0, "facts")
        await until(lambda: server.sent_twice > 0, "facts that nobody acknowledged, again")
        await until(lambda: held(settings).facts == 0, "every fact acknowledged")
    assert len(forgotten) == 1


async def test_pieces_arrive_once_and_are_trimmed_when_acknowledged(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    settings = config(rig, broker, tmp_path)
    async with running_agent(settings):
        await until(lambda: len(server.facts) >= 2, "baseline and state")
        for made in range(1, 30):
            await rig.show(good=1000 + made, running=True)
            await until(lambda made=made: server.pieces() == made, f"piece {made}")
        await until(lambda: held(settings).facts == 0, "everything trimmed")
    assert sorted(server.facts) == list(range(1, len(server.facts) + 1))
    assert held(settings).last == len(server.facts)


async def test_a_killed_broker_costs_nothing(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    async with running_agent(config(rig, broker, tmp_path)):
        await until(lambda: len(server.facts) >= 2, "baseline and state")
        for outage in (1, 2):
            await rig.show(good=1000 + 100 * outage, running=True)
            await asyncio.to_thread(broker.kill)
            await rig.show(good=1050 + 100 * outage, running=True)
            await asyncio.to_thread(broker.start)
            await until(lambda o=outage: server.pieces() == 50 + 100 * o, "all pieces")
    assert sorted(server.facts) == list(range(1, len(server.facts) + 1))


async def test_nothing_is_trimmed_before_it_is_acknowledged_and_silence_sends_again(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    settings = config(rig, broker, tmp_path)
    server.acknowledges = False
    async with running_agent(settings):
        await until(lambda: len(server.facts) >= 2, "baseline and state")
        await until(lambda: server.sent_twice >= 2, "the same facts again")
        assert held(settings).first == 1
        server.acknowledges = True
        await rig.show(good=1007, running=True)
        await until(lambda: server.pieces() == 7, "all pieces")


async def test_a_gap_rewinds_the_agent(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    async with running_agent(config(rig, broker, tmp_path)):
        await until(lambda: len(server.facts) >= 2, "baseline and state")
        server.acknowledges = False
        await rig.show(good=1005, running=True)
        await until(lambda: server.pieces() == 5, "the piece that will be forgotten")
        last = max(server.facts)
        del server.facts[last]
        server.through = last - 1
        await server.send(
            "ack", encode(Ack(outbox_epoch=server.epoch, through=last - 1, rewind=True))
        )
        server.acknowledges = True
        await until(lambda: server.pieces() == 5, "the piece again")


async def test_acknowledgements_that_are_not_for_us_trim_nothing(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    answers = [
        lambda message: Ack(outbox_epoch=message.outbox_epoch + 1, through=10**6),
        lambda message: Ack(outbox_epoch=message.outbox_epoch, through=10**6),
    ]
    settings = config(rig, broker, tmp_path)
    for number, answer in enumerate(answers, start=1):
        server.answer = answer
        async with running_agent(settings):
            await until(lambda n=number: len(server.facts) >= 2 * n, "facts")
            await rig.show(good=1000 + number, running=True)
            await until(lambda n=number: server.pieces() == n, "pieces")
        assert held(settings).first == 1


async def test_an_agent_that_was_down_books_what_it_missed_as_late(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    settings = config(rig, broker, tmp_path)
    async with running_agent(settings):
        await rig.show(good=1010, running=True)
        await until(lambda: server.pieces() == 10 or len(server.facts) >= 2, "facts")
    first_epoch, before = server.epoch, server.pieces()
    await rig.show(good=1050, running=True)
    async with running_agent(settings):
        await until(lambda: server.pieces() > before, "what was made meanwhile")
    late = [fact for fact in server.facts.values() if isinstance(fact, CountFact)][-1]
    assert late.cause is Cause.LATE
    assert server.epoch == first_epoch
    assert late.total == server.pieces()
    assert sorted(server.facts) == list(range(1, len(server.facts) + 1))


async def test_a_job_order_is_written_to_the_machine_and_answered(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    command = JobOrderCommand(
        position=1,
        command_id="c1",
        agent=AGENT,
        equipment=UNIT,
        work_order="WO-1",
        operation=10,
        item="X",
        target_quantity=500,
    )

    def answers() -> list[JobAnswerFact]:
        return [fact for fact in server.facts.values() if isinstance(fact, JobAnswerFact)]

    async with running_agent(config(rig, broker, tmp_path)):
        await until(lambda: len(server.facts) >= 2, "baseline and state")
        await server.send("command", encode(command))
        await server.send("command", encode(command))
        await until(lambda: len(answers()) >= 2, "an answer each time")
    first, again = answers()
    assert (first.command_id, first.accepted, first.reason) == ("c1", True, "")
    assert again == first


async def test_the_agents_presence_is_told(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    async with running_agent(config(rig, broker, tmp_path)):
        await until(lambda: any(status.online for status in server.statuses), "online")
    await until(lambda: not server.statuses[-1].online, "offline")


async def test_long_facts_are_sent_in_messages_that_every_broker_takes(
    rig: Rig, broker: PlantBroker, server: Committer, tmp_path: Path
) -> None:
    settings = config(rig, broker, tmp_path)
    now = SystemClock().now()
    wordy = StateFact(
        equipment=UNIT,
        signal="state",
        at=now,
        arrived=now,
        state=EquipmentState.DOWN,
        detail="the alarm text of a talkative machine " * 20,
    )
    file = OutboxFile(settings.data_directory / "outbox.sqlite", now_ms=1)
    file.commit(first=1, facts=[msgspec.json.encode(wordy)] * 500, memories=[], trim=None)
    file.close()
    async with running_agent(settings):
        await until(lambda: len(server.facts) >= 500, "all of them")
        await until(lambda: held(settings).facts == 0, "everything trimmed")
    assert server.sent_twice == 0
