"""The broker of docker-compose.yml, its own start script and files, on a real mosquitto: every account, and no secret told."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiomqtt
import pytest

from device_profiles.broker import Broker
from tests.conformance.gateway_rig import free_port, holds
from tests.conformance.mosquitto_rig import command
from tests.conftest import MOSQUITTO_PLACES

pytestmark = pytest.mark.mosquitto

ROOT = Path(__file__).parents[2]
ACCOUNTS = {
    name: f"pass-of-{name}-4711" for name in ("gateway", "edge-moulding", "edge-assembly", "reader")
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """What the container mounts, at places of this machine."""
    certificates = ["certificates", "--directory", str(tmp_path / "certificates")]
    command(*certificates, "create-authority")
    command(*certificates, "issue", "broker", "--host", "127.0.0.1")
    (tmp_path / "run").mkdir()
    (tmp_path / "config").mkdir()
    for file in (ROOT / "docker" / "mosquitto").iterdir():
        text = file.read_text().replace("/mosquitto/config", str(tmp_path / "config"))
        text = text.replace("/mosquitto/certificates", str(tmp_path / "certificates" / "broker"))
        text = text.replace("/run/lineside", str(tmp_path / "run"))
        if file.name == "mosquitto.conf" and os.geteuid() == 0:
            text += "user root\n"  # the tests' files are for their owner alone
        (tmp_path / "config" / file.name).write_text(text)
    return tmp_path


@pytest.fixture
def access(place: Path) -> Iterator[Broker]:
    """The broker, started as the container starts it; how to reach it, and its log beside it."""
    port, machines_port = free_port(), free_port()
    conf = place / "config" / "mosquitto.conf"
    text = conf.read_text().replace("8883", str(port)).replace("1884", str(machines_port))
    conf.write_text(text)
    secrets = {
        f"LINESIDE_MQTT_PASSWORD_{name.upper().replace('-', '_')}": password
        for name, password in ACCOUNTS.items()
    }
    path = os.pathsep.join([os.environ["PATH"], MOSQUITTO_PLACES])
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", str(place / "config" / "start.sh")],
            env={"PATH": path, **secrets},
            stdout=log,
            stderr=log,
        )
    try:
        ca_file = place / "certificates" / "trust" / "ca.pem"
        yield Broker(host="127.0.0.1", port=port, tls=True, ca_file=ca_file)
        assert process.poll() is None
        told = (place / "log").read_text() + Path(f"/proc/{process.pid}/cmdline").read_text()
        left = Path(f"/proc/{process.pid}/environ").read_text()
        assert [one for one in ACCOUNTS.values() if one in told + left] == []
        hashed = (place / "run" / "passwords").read_text()
        assert [one for one in ACCOUNTS.values() if one in hashed] == []
    finally:
        process.kill()
        process.wait(10)


async def admitted(access: Broker) -> bool:
    client = aiomqtt.Client(
        access.host,
        access.port,
        username=access.username,
        password=access.password,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=access.context(),
        timeout=5,
    )
    try:
        async with client:
            return True
    except aiomqtt.MqttError:
        return False


async def test_the_containers_broker_knows_its_accounts_and_nobody_else(
    access: Broker, place: Path
) -> None:
    passwords = place / "run" / "passwords"
    assert await holds(lambda: passwords.exists() and "$7$" in passwords.read_text(), 20)
    first = replace(access, username="gateway", password=ACCOUNTS["gateway"])
    for _ in range(100):
        if await admitted(first):
            break
        await asyncio.sleep(0.1)
    for name, password in ACCOUNTS.items():
        assert await admitted(replace(access, username=name, password=password)), name
        assert not await admitted(replace(access, username=name, password="x"))
    assert not await admitted(access)
