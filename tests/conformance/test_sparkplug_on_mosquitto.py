"""The gateway's Sparkplug node on a real mosquitto with TLS and the topic rules that we make: it may be itself, no more."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from device_profiles.program import SystemClock
from edge.ending import end
from edge.sparkplug_host import SparkplugHost
from edge.sparkplug_node import Died, RebirthNeeded
from gateway.contract.codec import encode
from gateway.contract.sparkplug import REBIRTH, DataType, Metric
from gateway.contract.uplink import AgentStatus, FactMessage
from gateway.sparkplug_node import NodeSettings
from tests.conformance.gateway_rig import (
    AGENT,
    SITE,
    PlantBroker,
    running_gateway,
    running_server,
    until,
)
from tests.conformance.mosquitto_rig import (
    NOT_AUTHORIZED,
    SafeBroker,
    answer_to,
    client,
    safe_broker,
)
from tests.conformance.test_sparkplug_northbound import DEVICE, Listening, count

pytestmark = pytest.mark.mosquitto

NODE, HOST, GATEWAY = "gate", "scada", "gateway"
SETTINGS = NodeSettings(group=SITE, node=NODE, primary_host=HOST)
ITS_OWN = tuple(f"spBv1.0/{SITE}/{kind}/{NODE}" for kind in ("NBIRTH", "NDATA", "NDEATH")) + tuple(
    f"spBv1.0/{SITE}/{kind}/{NODE}/{DEVICE}" for kind in ("DBIRTH", "DDATA", "DDEATH")
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SafeBroker]:
    with safe_broker(tmp_path_factory.mktemp("broker")) as broker:
        broker.make_files("--sparkplug-host", HOST, "--sparkplug-node", NODE)
        broker.reload()
        deadline = time.monotonic() + 60
        while not _knows(broker, HOST):
            assert time.monotonic() < deadline, "mosquitto does not know the new account"
        yield broker


def _knows(broker: SafeBroker, account: str) -> bool:
    return answer_to(broker.access(account), f"spBv1.0/STATE/{account}", b"") != NOT_AUTHORIZED


def _may_publish(broker: SafeBroker, account: str, topic: str) -> bool:
    return answer_to(broker.access(account), topic, b"") != NOT_AUTHORIZED


def test_the_gateway_may_be_its_own_node_and_no_other(broker: SafeBroker) -> None:
    assert [topic for topic in ITS_OWN if not _may_publish(broker, GATEWAY, topic)] == []
    others = [
        *(topic.replace(f"/{NODE}", "/press-7") for topic in ITS_OWN),
        *(topic.replace(f"/{SITE}/", "/other-group/") for topic in ITS_OWN),
        f"spBv1.0/{SITE}/NCMD/{NODE}",
        f"spBv1.0/{SITE}/DCMD/{NODE}/{DEVICE}",
        f"spBv1.0/STATE/{HOST}",
        f"spBv1.0/STATE/{GATEWAY}",
    ]
    assert [topic for topic in others if _may_publish(broker, GATEWAY, topic)] == []


def test_a_host_may_ask_for_births_and_be_itself_no_more(broker: SafeBroker) -> None:
    assert _may_publish(broker, HOST, f"spBv1.0/{SITE}/NCMD/{NODE}")
    others = [
        *ITS_OWN,
        f"spBv1.0/{SITE}/NCMD/press-7",
        f"spBv1.0/{SITE}/DCMD/{NODE}/{DEVICE}",
        "spBv1.0/STATE/another",
    ]
    assert [topic for topic in others if _may_publish(broker, HOST, topic)] == []


async def test_the_node_is_born_read_asked_and_dies_over_tls_under_the_rules(
    broker: SafeBroker, tmp_path: Path
) -> None:
    heard = Listening()
    unused = PlantBroker(directory=tmp_path)
    with running_server() as server:
        async with (
            running_gateway(
                unused, server, address=broker.access(GATEWAY), sparkplug=SETTINGS
            ) as gateway,
            client(broker.access(AGENT)) as agent,
        ):
            node = gateway.sparkplug
            assert node is not None
            await _is_online(agent)
            await until(lambda: node.bus.connected, "the node's connection")
            assert not node.session.born, "its primary host is not there"
            host = SparkplugHost(broker=broker.access(HOST), host_id=HOST, clock=SystemClock())
            listening = asyncio.create_task(host.listen(SITE, NODE, heard))
            try:
                await until(lambda: (DEVICE, "Good") in heard.values, "births")
                await _tells(agent, 1, 5)
                await until(lambda: heard.values[DEVICE, "Good"] == 5, "the count")
                born = _births(heard)
                wish = Metric(name=REBIRTH, datatype=DataType.BOOLEAN, value=True)
                await until(lambda: node.clock.monotonic() - node._born_s > 2.5, "a while")  # pyright: ignore[reportPrivateUsage]
                await host.command(SITE, NODE, None, [wish])
                await until(lambda: _births(heard) > born, "the rebirth that was asked for")
                await until(lambda: heard.values[DEVICE, "Good"] == 5, "the count again")
                assert not any(isinstance(event, RebirthNeeded) for event in heard.events)
            finally:
                await end(listening)
            await until(lambda: not node.session.born, "the death: the host has left")
            listening = asyncio.create_task(host.listen(SITE, NODE, heard))
            try:
                await _tells(agent, 2, 6)
                await until(lambda: heard.values[DEVICE, "Good"] == 6, "a new life")
                await node.leave()
                await until(lambda: heard.events[-1] == Died(device=None), "the death")
            finally:
                await end(listening)


def _births(heard: Listening) -> int:
    return sum(getattr(event, "birth", False) for event in heard.events)


async def _is_online(agent: aiomqtt.Client) -> None:
    said = encode(AgentStatus(agent=AGENT, online=True))
    await agent.publish(f"lineside/v1/{SITE}/{AGENT}/status", said, qos=1, retain=True)


async def _tells(agent: aiomqtt.Client, seq: int, total: int) -> None:
    message = FactMessage(agent=AGENT, outbox_epoch=1, first_seq=seq, facts=[count(total)])
    await agent.publish(f"lineside/v1/{SITE}/{AGENT}/facts", encode(message), qos=1)
