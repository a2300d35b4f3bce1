"""Acknowledgements and commands on their way down, and the loop that sends batches up."""

import asyncio

import pytest
from structlog.testing import capture_logs

from edge.ending import end
from gateway.agents import AGENTS_MAX, Agents
from gateway.contract.job_order import CommandPage, JobOrderCommand
from gateway.contract.uplink import (
    Ack,
    AgentStatus,
    SourceBatch,
    SourceMark,
)
from gateway.counters import Complaints, Counters
from gateway.downlink import Downlink
from gateway.intake import Intake
from gateway.uplink import REWIND_QUIET_S, Marks, Uplink
from tests.core.gateway_fakes import (
    NOW,
    UNREACHABLE,
    FakeBus,
    FakeServer,
    ManualClock,
    incoming,
    source,
    turns,
)


def marks_relay() -> tuple[Marks, FakeBus, ManualClock]:
    bus, clock = FakeBus(), ManualClock()
    return Marks(site="works", bus=bus, counters=Counters(), clock=clock), bus, clock


def mark(through: int, *, rewind: bool = False, epoch: int = 1) -> SourceMark:
    return SourceMark(agent="a", outbox_epoch=epoch, through=through, rewind=rewind, credit=123)


async def test_a_mark_becomes_an_acknowledgement_on_the_agents_topic() -> None:
    relay, bus, _ = marks_relay()
    await relay.relay([mark(17)])
    assert bus.said[0][0] == "lineside/v1/works/a/ack"
    assert bus.acks() == [Ack(outbox_epoch=1, through=17, credit=123)]


async def test_the_same_rewind_is_relayed_once_in_a_while_and_another_at_once() -> None:
    relay, bus, clock = marks_relay()
    for moment in (mark(5, rewind=True), mark(5, rewind=True), mark(9, rewind=True)):
        await relay.relay([moment])
    clock.seconds += REWIND_QUIET_S
    await relay.relay([mark(9, rewind=True)])
    await relay.relay([mark(9, rewind=True, epoch=2)])
    assert [ack.rewind for ack in bus.acks()] == [True, False, True, True, True]


async def test_an_agent_that_comes_back_is_told_its_mark_and_its_open_commands() -> None:
    relay, bus, clock = marks_relay()
    await relay.relay([mark(40)])
    server = FakeServer(
        pages=[CommandPage(commands=[command(3, "a"), command(4, "b")], position=4)]
    )
    downlink = await polled(server, bus, clock, polls=2)
    bus.said.clear()
    agents = Agents(reminders=(relay.remind, downlink.remind), known=frozenset({"a"}))
    reminding = asyncio.create_task(agents.run())

    async def settle() -> list[str]:
        for _ in range(10):
            await asyncio.sleep(0)
        topics = [topic for topic, _ in bus.said]
        bus.said.clear()
        return topics

    online = AgentStatus(agent="a", online=True, since=NOW)
    agents.heard(online)
    assert await settle() == ["lineside/v1/works/a/ack", "lineside/v1/works/a/command"]
    agents.heard(online)
    assert await settle() == []
    agents.heard(AgentStatus(agent="a", online=False))
    assert await settle() == []
    agents.heard(online)
    assert len(await settle()) == 2
    agents.forget()
    agents.heard(online)
    assert len(await settle()) == 2
    await end(reminding)


def test_strangers_that_come_and_go_cannot_fill_the_log() -> None:
    agents = Agents(reminders=(), known=frozenset({"a"}))
    with capture_logs() as said:
        for number in range(100):
            agents.heard(AgentStatus(agent=f"stranger-{number}", online=True))
        agents.heard(AgentStatus(agent="a", online=True))
        agents.heard(AgentStatus(agent="a", online=False))
    assert [(entry["agent"], entry["online"]) for entry in said] == [("a", True), ("a", False)]


def command(position: int, agent: str) -> JobOrderCommand:
    return JobOrderCommand(
        position=position,
        command_id=f"c-{position}",
        agent=agent,
        equipment="e",
        work_order="WO-1",
        operation=10,
        item="I",
        target_quantity=5,
    )


async def polled(server: FakeServer, bus: FakeBus, clock: ManualClock, *, polls: int) -> Downlink:
    """A downlink that has polled so many times."""
    downlink = Downlink(
        site="works",
        server=server,
        bus=bus,
        counters=Counters(),
        complaints=Complaints(clock=clock),
        clock=clock,
    )
    polling = asyncio.create_task(downlink.run())
    await turns(lambda: len(server.asked) >= polls)
    await end(polling)
    return downlink


async def test_polling_goes_on_after_the_last_position_and_from_the_start_after_a_failure() -> None:
    page = CommandPage(commands=[command(8, "a")], position=8)
    server = FakeServer(pages=[page, UNREACHABLE, page])
    bus = FakeBus()
    await polled(server, bus, ManualClock(), polls=4)
    assert server.asked[:4] == [0, 8, 0, 8]
    assert len(bus.said) == 1, "a command that came twice is published once"


async def test_a_machine_that_comes_back_is_reminded_of_its_newest_job_only() -> None:
    page = CommandPage(commands=[command(1, "a"), command(2, "a")], position=2)
    bus = FakeBus()
    downlink = await polled(FakeServer(pages=[page]), bus, ManualClock(), polls=2)
    assert [b'"position":1' in payload for _, payload in bus.said] == [True, False]
    bus.said.clear()
    await downlink.remind("a")
    [(_, payload)] = bus.said
    assert b'"position":2' in payload


async def test_a_server_that_answers_at_once_with_nothing_is_not_asked_in_a_hot_loop() -> None:
    server, clock = FakeServer(), ManualClock()
    await polled(server, FakeBus(), clock, polls=20)
    assert clock.seconds >= 19 * 0.2 - 1e-6


@pytest.mark.parametrize("agent", ["", "a/b", "+", "#", "a" * 100])
async def test_a_command_for_no_proper_agent_is_not_published(agent: str) -> None:
    server = FakeServer(pages=[CommandPage(commands=[command(1, agent)], position=1)])
    bus = FakeBus()
    await polled(server, bus, ManualClock(), polls=2)
    assert bus.said == []


async def test_while_one_batch_is_in_flight_the_next_one_grows() -> None:
    intake, clock = Intake(), ManualClock()
    sizes: list[int] = []
    release = asyncio.Event()

    async def deliver(batches: list[SourceBatch]) -> None:
        sizes.append(sum(len(batch.facts) for batch in batches))
        if len(sizes) == 1:
            await release.wait()

    work = asyncio.create_task(Uplink(intake=intake, deliver=deliver, clock=clock).run())
    intake.add(incoming(source(1, 10)))
    await turns(lambda: len(sizes) == 1)
    for first in range(11, 101, 10):
        intake.add(incoming(source(first, first + 9)))
    release.set()
    await turns(lambda: len(sizes) == 2)
    await end(work)
    assert sizes == [10, 90]
    assert clock.seconds <= 0.05


async def test_a_crowd_of_strangers_does_not_hide_an_agent_of_the_plant_file() -> None:
    reminded: list[str] = []
    seen = asyncio.Event()

    async def remind(agent: str) -> None:
        reminded.append(agent)
        if agent == "a":
            seen.set()

    agents = Agents(reminders=(remind,), known=frozenset({"a"}))
    for number in range(AGENTS_MAX + 10):
        agents.heard(AgentStatus(agent=f"stranger-{number}", online=True))
    agents.heard(AgentStatus(agent="a", online=True))
    working = asyncio.create_task(agents.run())
    async with asyncio.timeout(10):
        await seen.wait()
    await end(working)
    assert len(reminded) == AGENTS_MAX + 1
