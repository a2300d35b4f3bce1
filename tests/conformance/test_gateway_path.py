"""The gateway between a real broker and a real server: nothing is lost, doubled or held up, whatever breaks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fastapi import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contract.codec import decode, encode
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.uplink import AgentStatus, SourceBatch
from tests.conformance.gateway_rig import (
    AGENT,
    SITE,
    UNIT,
    Agent,
    MesServer,
    PlantBroker,
    forget_first_subscriptions,
    message,
    running_broker,
    running_gateway,
    running_server,
    until,
)

FACTS = f"lineside/v1/{SITE}/{AGENT}/facts"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PlantBroker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def server() -> Iterator[MesServer]:
    with running_server() as server:
        yield server


async def test_facts_are_committed_in_order_and_acknowledged(
    broker: PlantBroker, server: MesServer
) -> None:
    async with running_gateway(broker, server):
        agent = Agent(broker.port)
        await agent.deliver(1_000)

    assert server.sequences() == list(range(1, 1_001))
    assert {reason for _, reason in server.stored[AGENT]} == {""}
    assert agent.acks[-1].through == 1_000
    assert agent.acks[-1].credit > 0


async def test_several_agents_share_batches_and_each_gets_its_own_mark(
    broker: PlantBroker, server: MesServer
) -> None:
    async with running_gateway(broker, server):
        agents = [Agent(broker.port, name) for name in (AGENT, "edge-assembly", "edge-x")]
        await asyncio.gather(*(agent.deliver(200) for agent in agents))

    for agent in agents:
        assert server.sequences(agent.name) == list(range(1, 201))
    assert all("edge-moulding" in reason for _, reason in server.stored["edge-x"])


async def test_while_the_server_is_down_facts_wait_and_none_is_lost(
    broker: PlantBroker, server: MesServer
) -> None:
    async with running_gateway(broker, server) as gateway:
        agent = Agent(broker.port)
        await agent.deliver(100)
        server.stop()
        delivering = asyncio.create_task(agent.deliver(400))
        await until(lambda: gateway.counters.retries >= 2, "the gateway tries again")
        assert agent.through == 100
        server.start()
        await delivering

    assert server.sequences() == list(range(1, 401))


async def test_a_broker_that_is_killed_and_started_again_costs_nothing(
    broker: PlantBroker, server: MesServer
) -> None:
    async with running_gateway(broker, server) as gateway:
        agent = Agent(broker.port)
        for reached in (200, 400, 600):
            delivering = asyncio.create_task(agent.deliver(reached, step=5))
            before = agent.through
            await until(lambda: agent.through > before, "some facts are through")  # noqa: B023
            broker.kill()
            broker.start()
            await delivering
        assert gateway.counters.reconnects >= 3

    assert server.sequences() == list(range(1, 601))


async def test_whatever_breaks_northbound_facts_go_on_and_the_report_says_what_broke(
    broker: PlantBroker, server: MesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise LookupError("nobody foresaw this")

    for where in (
        "live_view.LiveView.see",
        "live_view.LiveView.agent",
        "live_view.LiveView.changes",
    ):
        monkeypatch.setattr(f"gateway.{where}", breaks)
    monkeypatch.setattr("gateway.server_link.ServerLink.running_orders", breaks)
    async with running_gateway(broker, server) as gateway:
        agent = Agent(broker.port)
        await agent.deliver(200)
        failures = gateway.isolation.failures
        await until(lambda: failures.keys() >= {"live_view", "namespace", "orders"}, "failures")
        await agent.deliver(400)
        assert gateway.self_report.report().failures == failures
    assert server.sequences() == list(range(1, 401))


async def test_a_broker_that_forgot_that_the_gateway_listens_is_told_again(
    broker: PlantBroker, server: MesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_first_subscriptions(monkeypatch, "lineside-gateway-gate", 2)
    async with running_gateway(broker, server):
        await Agent(broker.port).deliver(50)
    assert server.sequences() == list(range(1, 51))


async def test_a_gap_is_answered_with_a_rewind(broker: PlantBroker, server: MesServer) -> None:
    async with running_gateway(broker, server):
        agent = Agent(broker.port)
        async with agent.connection() as client:
            await agent.publish(client, message(1, 10))
            await agent.publish(client, message(21, 30))
            await until(lambda: any(ack.rewind for ack in agent.acks), "a rewind")
            assert [ack.through for ack in agent.acks if ack.rewind] == [10]
            await agent.publish(client, message(11, 30))
            await until(lambda: agent.through == 30, "all is acknowledged")

    assert server.sequences() == list(range(1, 31))


async def test_a_message_that_names_another_agent_than_its_topic_is_refused_and_counted(
    broker: PlantBroker, server: MesServer
) -> None:
    async with running_gateway(broker, server) as gateway:
        agent = Agent(broker.port)
        async with agent.connection() as client:
            await agent.publish(client, message(1, 10, agent="edge-assembly"))
            await until(lambda: gateway.counters.wrong_agent == 1, "it is counted")
        await agent.deliver(10)

    assert set(server.stored) == {AGENT}


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(payloads=st.lists(st.binary(max_size=300), min_size=1, max_size=40))
def test_hostile_payloads_never_stop_it(
    broker: PlantBroker, server: MesServer, payloads: list[bytes]
) -> None:
    async def attack() -> None:
        async with running_gateway(broker, server) as gateway:
            agent = Agent(broker.port)
            async with agent.connection() as client:
                for index, payload in enumerate(payloads):
                    channel = ("facts", "status")[index % 2]
                    await client.publish(f"lineside/v1/{SITE}/{AGENT}/{channel}", payload)
                await until(lambda: gateway.counters.messages >= len(payloads), "all arrived")
            await agent.deliver(5)

    server.stored.clear()
    asyncio.run(attack())
    assert server.sequences() == [1, 2, 3, 4, 5]


async def test_a_fact_the_server_refuses_is_quarantined_and_blocks_nobody(
    broker: PlantBroker, server: MesServer
) -> None:
    def poison(source: SourceBatch) -> Response | None:
        totals = [getattr(fact, "total", None) for fact in source.facts]
        return Response("total 42 is cursed", status_code=422) if 42 in totals else None

    server.fault = poison
    async with running_gateway(broker, server) as gateway:
        agent, other = Agent(broker.port), Agent(broker.port, "edge-assembly")
        await asyncio.gather(agent.deliver(100), other.deliver(20))
        assert gateway.counters.replaced >= 1

    assert server.sequences() == list(range(1, 101))
    reasons = dict(server.stored[AGENT])
    assert "cursed" in reasons[42]
    assert '"total":42' in reasons[42]
    assert reasons[41] == reasons[43] == ""


async def test_a_fact_that_cannot_be_read_is_quarantined_and_the_rest_is_booked(
    broker: PlantBroker, server: MesServer
) -> None:
    payload = encode(message(1, 3)).replace(b'"total":2', b'"total":null')
    async with running_gateway(broker, server):
        agent = Agent(broker.port)
        async with agent.connection() as client:
            await client.publish(FACTS, payload)
            await until(lambda: agent.through == 3, "all three are acknowledged")

    reasons = dict(server.stored[AGENT])
    assert reasons[1] == reasons[3] == ""
    assert "$.total" in reasons[2]
    assert '"total":null' in reasons[2]


async def test_an_agent_that_the_server_rejects_does_not_hold_up_the_others(
    broker: PlantBroker, server: MesServer
) -> None:
    server.fault = lambda source: (
        Response("no such agent", status_code=422) if source.agent == "edge-x" else None
    )
    async with running_gateway(broker, server) as gateway:
        stranger, agent = Agent(broker.port, "edge-x"), Agent(broker.port)
        async with stranger.connection() as client:
            await stranger.publish(client, message(1, 30, agent="edge-x"))
            await agent.deliver(50)
            await stranger.publish(client, message(1, 30, agent="edge-x"))
            await until(lambda: gateway.counters.withheld >= 30, "its facts are withheld")
        assert stranger.acks == []

    assert server.sequences() == list(range(1, 51))


async def test_a_command_reaches_its_agent_and_again_when_the_agent_comes_back(
    broker: PlantBroker, server: MesServer
) -> None:
    command = JobOrderCommand(
        position=7,
        command_id="c-1",
        agent=AGENT,
        equipment=UNIT,
        work_order="WO-1",
        operation=10,
        item="KETTLE-BODY",
        target_quantity=800,
        setpoints={"melt": 215.5},
    )
    topic = f"lineside/v1/{SITE}/{AGENT}/command"
    status = f"lineside/v1/{SITE}/{AGENT}/status"
    async with running_gateway(broker, server):
        agent = Agent(broker.port)
        async with agent.connection(topic) as client:
            server.commands.append(command)
            await until(lambda: len(agent.heard) == 1, "the command arrives")
            assert decode(agent.heard[0][1], JobOrderCommand) == command
            await until(lambda: 7 in server.polls, "the gateway polls on from there")
            online = AgentStatus(agent=AGENT, online=True)
            await client.publish(status, encode(online), retain=True)
            await until(lambda: len(agent.heard) == 2, "it is sent again")
    assert server.polls[0] == 0


async def test_live_values_are_published_northbound_and_turn_unknown_with_their_agent(
    broker: PlantBroker, server: MesServer
) -> None:
    topic = f"lineside/uns/{UNIT}/good"
    status = f"lineside/v1/{SITE}/{AGENT}/status"

    def last(agent: Agent) -> tuple[object, object]:
        values = [msgspec.json.decode(body) for name, body in agent.heard if name == topic]
        return (values[-1]["value"], values[-1]["quality"]) if values else (None, None)

    async with running_gateway(broker, server):
        agent = Agent(broker.port)
        async with agent.connection("lineside/uns/#") as client:
            await until(lambda: last(agent) == (None, "unknown"), "not heard yet")
            await agent.publish(client, message(1, 10))
            await until(lambda: last(agent) == (10, "good"), "the count appears")
            await client.publish(status, encode(AgentStatus(agent=AGENT, online=False)))
            await until(lambda: last(agent) == (None, "unknown"), "the agent is gone")
            await client.publish(status, encode(AgentStatus(agent=AGENT, online=True)))
            await until(lambda: last(agent) == (10, "good"), "the agent is back")
