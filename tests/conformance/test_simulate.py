"""Any profile can be tried without its device: the simulator serves its map, and the probe finds everything good in it."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from device_profiles.broker import Broker
from device_profiles.catalog import BUILTIN, load_profile
from device_profiles.placement import placed
from device_profiles.plant import Device
from device_profiles.profile import Profile, Protocol, Role
from device_profiles.program import SystemClock
from edge.bench.probe import Row, probe
from edge.ending import end
from gateway.contract.equipment import EquipmentPath
from simulators.simulate import NotServed, compose
from tests.conformance.gateway_rig import PlantBroker, free_port, running_broker
from tests.conformance.sparkplug_rig import SPARKPLUG

PROFILES = {
    profile.id: profile
    for file in sorted(BUILTIN.rglob("*.yaml"))
    if file.parent.name != "plants"
    for profile in [placed(load_profile(file))]
}
WITHIN_S = 20.0
ROUNDS_MAX = 60
"""Probes until something has moved; each takes a moment."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlantBroker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def endpoint_of(profile: Profile, broker_port: int) -> str:
    match profile.protocol:
        case Protocol.OPCUA:
            return f"opc.tcp://127.0.0.1:{free_port()}/"
        case Protocol.MQTT:
            return f"mqtt://127.0.0.1:{broker_port}/sim/{profile.id}"
        case Protocol.SPARKPLUG:
            return f"sparkplug://127.0.0.1:{broker_port}/Works/Sim/Device"
        case Protocol.ASCII_SCALE:
            return f"scale+tcp://127.0.0.1:{free_port()}"
        case _:
            return f"modbus-tcp://127.0.0.1:{free_port()}?unit=1"


@contextlib.asynccontextmanager
async def simulated(profile: Profile, endpoint: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(compose(profile, endpoint, SystemClock()).run(stop))
    try:
        yield
    finally:
        stop.set()
        await end(running)


async def read(profile: Profile, endpoint: str) -> dict[str, Row]:
    device = Device(
        id="device",
        profile=profile,
        endpoint=endpoint,
        agent="agent",
        equipment=EquipmentPath("site/area/line/unit"),
        bindings=(),
    )
    nobody = Broker(host="127.0.0.1", port=1)
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                rows = await probe(device, clock=SystemClock(), broker=nobody, within_s=WITHIN_S)
            except ConnectionError:
                await asyncio.sleep(0.05)  # the simulator is not up yet
                continue
            return {row.signal: row for row in rows}


async def moves(profile: Profile, endpoint: str) -> dict[str, Row]:
    """Probes until a count, a weight or a process value has another value than at first."""
    first = await read(profile, endpoint)
    roles = {Role.GOOD, Role.PRODUCED, Role.CONSUMED, Role.PROCESS_VALUE}
    lively = [name for name, found in profile.signals.items() if found.role in roles]
    if not lively:
        return first  # it says a state and nothing else
    for _ in range(ROUNDS_MAX):
        now = await read(profile, endpoint)
        if any(now[name].value != first[name].value for name in lively):
            return now
        await asyncio.sleep(0.1)
    raise AssertionError(f"nothing moved: {first}")


def bad(rows: dict[str, Row]) -> dict[str, str]:
    return {name: f"{row.quality} {row.raw}" for name, row in rows.items() if row.quality != "good"}


@pytest.mark.parametrize("profile_id", PROFILES)
async def test_every_profile_that_comes_with_the_product_can_be_tried(
    profile_id: str, broker: PlantBroker
) -> None:
    profile = PROFILES[profile_id]
    endpoint = endpoint_of(profile, broker.port)
    async with simulated(profile, endpoint):
        assert bad(await moves(profile, endpoint)) == {}


@pytest.mark.parametrize(
    ("profile_id", "scheme"),
    [
        ("laumas-tlu", "modbus-rtu://{path}?unit=7"),
        ("adam-6051", "modbus-rtu-tcp://127.0.0.1:{port}?unit=7"),
        ("mettler-mt-sics", "scale+serial://{path}?baud=9600"),
        ("toledo-continuous", "scale+serial://{path}"),
    ],
)
async def test_it_speaks_on_a_serial_line_too(profile_id: str, scheme: str, tmp_path: Path) -> None:
    endpoint = scheme.format(path=tmp_path / "line", port=free_port())
    async with simulated(PROFILES[profile_id], endpoint):
        assert bad(await moves(PROFILES[profile_id], endpoint)) == {}
    assert not (tmp_path / "line").exists()


async def test_a_sparkplug_profile_gets_an_edge_node(tmp_path: Path, broker: PlantBroker) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(SPARKPLUG)
    profile = load_profile(file)
    endpoint = endpoint_of(profile, broker.port)
    async with simulated(profile, endpoint):
        rows = await moves(profile, endpoint)
        assert bad(rows) == {}
        assert rows["state"].value == "running"


def test_an_endpoint_of_another_protocol_is_refused() -> None:
    with pytest.raises(NotServed, match="modbus"):
        compose(PROFILES["adam-6051"], "mqtt://127.0.0.1:1883/x", SystemClock())


async def test_the_command_says_where_the_device_is_and_ends_when_told() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators.simulate",
        "adam-6051",
        "--port",
        str(free_port()),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert program.stdout is not None
        async with asyncio.timeout(WITHIN_S):
            said = (await program.stdout.readline()).decode()
            endpoint = said.split(" is at ")[1].strip()
            assert bad(await read(PROFILES["adam-6051"], endpoint)) == {}
    finally:
        program.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WITHIN_S):
            _, errors = await program.communicate()
    assert program.returncode == 0, errors.decode()
