"""On a real mosquitto with our files: strangers, wrong agents and readers are refused what they may not do."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from device_profiles.broker import Broker
from device_profiles.link_words import plain_fault
from device_profiles.reach import reach
from tests.conformance.mosquitto_rig import (
    NOT_AUTHORIZED,
    READER,
    SafeBroker,
    answer_to,
    client,
    heard,
    safe_broker,
)

pytestmark = pytest.mark.mosquitto

SITE = "kettle-works"
ME, OTHER, GATEWAY = "edge-moulding", "edge-assembly", "gateway"
TAKEN, TAKEN_UNHEARD = 0, 16
"""Reason codes: success, and success though nobody subscribed."""
LAST = f"lineside/uns/{SITE}/last"
"""The gateway may write it and readers may read it: what comes before it has arrived, or never will."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SafeBroker]:
    with safe_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


def topic(agent: str, channel: str) -> str:
    return f"lineside/v1/{SITE}/{agent}/{channel}"


async def refused(access: Broker) -> str:
    """Why the broker does not take a client."""
    with pytest.raises(aiomqtt.MqttError) as caught:
        async with client(access):
            pass
    return plain_fault(caught.value)


async def may_publish(broker: SafeBroker, account: str, where: str) -> bool:
    """Whether the broker takes a publication from the account."""
    code = await asyncio.to_thread(answer_to, broker.access(account), where)
    assert code in (TAKEN, TAKEN_UNHEARD, NOT_AUTHORIZED)
    return code != NOT_AUTHORIZED


async def what_arrives(broker: SafeBroker, listener: str, wish: str, *said: str) -> list[str]:
    """Topics that reach an account which subscribed to `wish` while the gateway and the agents say these."""
    access = broker.access(listener)
    async with client(access) as listening, client(broker.access(GATEWAY)) as gateway:
        await listening.subscribe(wish, qos=1)
        for where in said:
            sender = gateway
            if where.endswith(("/facts", "/status")):
                async with client(broker.access(where.split("/")[3])) as agent:
                    await agent.publish(where, b"x", qos=1)
                continue
            await sender.publish(where, b"x", qos=1)
        own = topic(listener, "ack") if listener != READER else LAST
        await listening.subscribe(own, qos=1)
        await gateway.publish(own, b"end", qos=1)
        arrived: list[str] = []
        async with asyncio.timeout(20):
            async for message in listening.messages:
                if message.payload == b"end":
                    return arrived
                arrived.append(message.topic.value)
    raise AssertionError("the broker hung up")


async def test_a_stranger_is_refused(broker: SafeBroker) -> None:
    known = broker.access(ME)
    nobody = replace(known, username="nobody")
    unnamed = replace(known, username=None, password=None)
    guess = replace(known, password="guess")
    for stranger in (nobody, unnamed, guess):
        assert "the broker refuses" in await refused(stranger)


async def test_an_agent_cannot_log_in_with_another_agents_password(broker: SafeBroker) -> None:
    assert "the broker refuses" in await refused(
        replace(broker.access(ME), password=broker.password(OTHER))
    )


@pytest.mark.parametrize("channel", ["facts", "status"])
async def test_an_agent_speaks_as_itself_alone(broker: SafeBroker, channel: str) -> None:
    assert await may_publish(broker, ME, topic(ME, channel))
    assert not await may_publish(broker, ME, topic(OTHER, channel))
    assert not await may_publish(broker, ME, f"lineside/v1/other-site/{ME}/{channel}")


@pytest.mark.parametrize(
    "where",
    [
        topic(ME, "ack"),
        topic(ME, "command"),
        topic(OTHER, "command"),
        f"lineside/uns/{SITE}/moulding/M1/IMM1/good",
        "plant/packing/pck1/count",
        "spBv1.0/STATE/host",
        "anything/else",
    ],
)
async def test_an_agent_writes_nowhere_else(broker: SafeBroker, where: str) -> None:
    assert not await may_publish(broker, ME, where)


async def test_an_agent_hears_only_what_is_meant_for_it(broker: SafeBroker) -> None:
    said = (
        topic(OTHER, "ack"),
        topic(OTHER, "command"),
        topic(OTHER, "facts"),
        topic(OTHER, "status"),
        f"lineside/uns/{SITE}/a/b/c/good",
        topic(ME, "command"),
    )
    assert await what_arrives(broker, ME, "#", *said) == [topic(ME, "command")]


async def test_a_reader_sees_the_namespace_and_nothing_else(broker: SafeBroker) -> None:
    shown = f"lineside/uns/{SITE}/a/b/c/good"
    said = (topic(ME, "facts"), topic(ME, "ack"), topic(ME, "command"), topic(ME, "status"), shown)
    assert await what_arrives(broker, READER, "#", *said) == [shown]


@pytest.mark.parametrize(
    "where", [f"lineside/uns/{SITE}/a", topic(ME, "command"), topic(ME, "facts")]
)
async def test_a_reader_writes_nothing(broker: SafeBroker, where: str) -> None:
    assert not await may_publish(broker, READER, where)


async def test_the_gateway_does_not_speak_for_agents(broker: SafeBroker) -> None:
    assert await may_publish(broker, GATEWAY, topic(ME, "ack"))
    assert await may_publish(broker, GATEWAY, topic(ME, "command"))
    assert not await may_publish(broker, GATEWAY, topic(ME, "facts"))
    assert not await may_publish(broker, GATEWAY, topic(ME, "status"))


async def test_a_machine_without_a_password_stays_below_its_own_topic(broker: SafeBroker) -> None:
    open_line = Broker(host="127.0.0.1", port=broker.machines_port)
    async with (
        client(broker.access(OTHER)) as agent,
        client(broker.access(GATEWAY)) as gateway,
        client(open_line) as machine,
    ):
        await agent.subscribe("plant/packing/pck1/#", qos=1)
        await gateway.subscribe(topic("+", "facts"), qos=1)
        for where in (topic(OTHER, "facts"), topic(OTHER, "command"), "plant/other/x"):
            assert await asyncio.to_thread(answer_to, open_line, where) == NOT_AUTHORIZED
            await machine.publish(where, b"forged", qos=1)
        await machine.publish("plant/packing/pck1/count", b"7", qos=1)
        assert await heard(agent, 1) == [("plant/packing/pck1/count", b"7")]
        await agent.publish(topic(OTHER, "facts"), b"true", qos=1)
        assert await heard(gateway, 1) == [(topic(OTHER, "facts"), b"true")]


async def test_a_renewed_password_ends_the_old_one_without_a_restart(tmp_path: Path) -> None:
    with safe_broker(tmp_path) as broker:
        before = broker.access(ME)
        async with client(before) as connected:
            assert f"New passwords: {ME}." in broker.make_files("--renew", ME)
            broker.reload()
            with pytest.raises(aiomqtt.MqttError):  # the running connection ends, too
                async with asyncio.timeout(20):
                    await heard(connected, 1)
        assert "the broker refuses" in await refused(before)
        async with client(broker.access(ME)), client(broker.access(OTHER)):
            pass
        assert "New passwords: none." in broker.make_files()


async def test_an_agent_that_left_the_plant_file_loses_its_account(tmp_path: Path) -> None:
    with safe_broker(tmp_path) as broker:
        gone = broker.access(OTHER)
        plant = tmp_path / "plant.yaml"
        plant.write_text(
            "schema: lineside.plant/1\nsite: kettle-works\nname: {en: W}\ntime_zone: UTC\nequipment:\n"
            "  - {path: a, name: {en: A}}\n  - {path: a/l, name: {en: L}}\n  - {path: a/l/u, name: {en: U}}\n"
            "devices:\n  - {id: m, equipment: a/l/u, profile: adam-6051-low-word, agent: edge-moulding,"
            ' endpoint: "modbus-tcp://127.0.0.1:5020?unit=1"}\n'
        )
        broker.plant = str(plant)
        broker.make_files()
        broker.reload()
        assert not broker.secrets_file(OTHER).exists()
        assert "the broker refuses" in await refused(gone)
        async with client(broker.access(ME)):
            pass


async def objection(access: Broker) -> str:
    """What the broker has against a client's certificate, as our programs say it."""
    for _ in range(20):  # on a busy machine the broker's objection may come too late to be heard
        try:
            await reach(access.host, access.port, access.context(), within_s=10)
        except OSError as error:
            return plain_fault(error)
    raise AssertionError("the broker has no objection")


async def test_a_broker_that_demands_certificates_says_what_is_wrong_with_ours(
    tmp_path: Path,
) -> None:
    stranger = SafeBroker(directory=tmp_path / "stranger")
    stranger.certify("create-authority")
    stranger.certify("issue", ME)
    with safe_broker(tmp_path / "ours", client_certificates=True) as broker:
        broker.certify("issue", ME)
        bare = broker.access(ME)
        assert "demands a certificate of ours" in await objection(bare)
        foreign = stranger.certificates / ME
        posing = replace(
            bare, certificate_file=foreign / "certificate.pem", key_file=foreign / "key.pem"
        )
        assert "does not know the authority of our certificate" in await objection(posing)
        own = broker.certificates / ME
        known = replace(bare, certificate_file=own / "certificate.pem", key_file=own / "key.pem")
        async with client(known):
            pass
        broker.certify("revoke", ME)
        broker.stop()
        broker.start()
        assert "our certificate was revoked" in await objection(known)
