"""The whole path with everything on: TLS on each link, accounts, topic rules, client certificates, a revocable token."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from hmi.server_client import ServerClient, Unreachable
from tests.conformance.gateway_rig import until
from tests.conformance.mosquitto_rig import READER, client, heard
from tests.conformance.safe_plant import AGENT, SITE, Program, SafePlant

pytestmark = [pytest.mark.mosquitto, pytest.mark.journey]


@pytest.fixture(params=[False, True], ids=["passwords", "passwords and client certificates"])
def plant(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[SafePlant]:
    plant = SafePlant.prepare(tmp_path, database_url, client_certificates=request.param)
    plant.broker.start()
    yield plant
    plant.broker.stop()


@pytest.fixture
def programs(plant: SafePlant) -> Iterator[dict[str, Program]]:
    programs = {"server": plant.server(), "gateway": plant.gateway(), "edge": plant.edge()}
    yield programs
    for one in programs.values():
        one.kill()


async def test_pieces_reach_the_books_and_readers_and_no_secret_leaves(
    plant: SafePlant, programs: dict[str, Program]
) -> None:
    for one in programs.values():
        one.start()
    await plant.server_is_up()
    await plant.machine_makes(5)

    listed = b"".join(one.seen_by_everybody() for one in programs.values())
    retained = b""
    if not plant.broker.client_certificates:
        async with client(plant.broker.access(READER)) as reader:
            await reader.subscribe(f"lineside/uns/{SITE}/#", qos=1)
            shown = await heard(reader, 3)
        assert any(topic.endswith("/good") for topic, _ in shown)
        async with client(plant.broker.access("gateway")) as gateway:
            await gateway.subscribe(f"lineside/v1/{SITE}/{AGENT}/status", qos=1)
            shown = [*shown, *(await heard(gateway, 1))]
        retained = b"".join(topic.encode() + payload for topic, payload in shown)

    assert [one.end() for one in reversed(programs.values())] == [0, 0, 0]
    told = "".join(one.said() for one in programs.values()).encode()
    assert b'"event": "bus_connected"' in told
    for secret in plant.secrets():
        assert secret.encode() not in told + listed + retained


async def test_a_revoked_token_stops_the_gateway_and_a_new_one_loses_nothing(
    plant: SafePlant, programs: dict[str, Program]
) -> None:
    programs["server"].start()
    await plant.server_is_up()
    with plant.office() as office:
        made = office.post(
            "/tokens",
            json={"name": "gateway 1", "scopes": ["ingest"]},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        assert made.status_code == 201, made.text
        plant.keep_gateway(made.json()["secret"])
        programs["gateway"].start()
        programs["edge"].start()
        await plant.machine_makes(2)
        revoked = office.post(
            f"/tokens/{made.json()['id']}/revoke", headers={"Idempotency-Key": str(uuid.uuid4())}
        )
        assert revoked.is_success, revoked.text
    await until(lambda: "HTTP 401" in programs["gateway"].said(), "the gateway is refused")
    assert made.json()["secret"] not in programs["gateway"].said()
    programs["gateway"].end()
    plant.keep_gateway(plant.tokens["LINESIDE_GATEWAY_TOKEN"])
    programs["gateway"].start()
    await plant.machine_makes(2)
    assert plant.booked() == plant.made


async def test_the_screens_reach_the_server_over_tls_and_trust_nobody_else(
    plant: SafePlant, programs: dict[str, Program]
) -> None:
    programs["server"].start()
    await plant.server_is_up()
    token = plant.tokens["LINESIDE_HMI_TOKEN"]
    screens = ServerClient(url=plant.url, token=token, ca_file=plant.broker.ca_file)
    assert await screens.snapshot()
    await screens.close()
    distrustful = ServerClient(url=plant.url, token=token)
    with pytest.raises(Unreachable, match="not from an authority that is trusted here"):
        await distrustful.snapshot()
    await distrustful.close()
    elsewhere = ServerClient(
        url=plant.url.replace("127.0.0.1", "localhost"), token=token, ca_file=plant.broker.ca_file
    )
    with pytest.raises(Unreachable, match="is for another host"):
        await elsewhere.snapshot()
    await elsewhere.close()
