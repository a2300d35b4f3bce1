"""The simulated plant's stand plugs in devices on serial lines, scales and Sparkplug nodes, and pulls their cables."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from device_profiles.catalog import load_profile, load_profile_by_id
from device_profiles.plant import Device
from device_profiles.profile import Profile
from gateway.contract.equipment import EquipmentPath
from simulators.link import LinkState
from simulators.register_image import RawValue
from simulators.stand import Stand
from tests.conformance.gateway_rig import free_port, running_broker
from tests.conformance.sparkplug_rig import SPARKPLUG
from tests.conformance.test_simulate import read


def device(profile: Profile, endpoint: str) -> Device:
    return Device(
        id="d",
        profile=profile,
        endpoint=endpoint,
        agent="agent",
        equipment=EquipmentPath("site/area/line/unit"),
        bindings=(),
    )


async def shows(profile: Profile, endpoint: str, values: dict[str, RawValue], wanted: str) -> None:
    """The first value is read through the cable, also after it was pulled and plugged in again."""
    stand = Stand([device(profile, endpoint)], now=lambda: datetime.now(UTC))
    await stand.start()
    try:
        await stand.show({"d": values})
        (name, *_) = values
        assert (await read(profile, endpoint))[name].value == wanted
        await stand.cables["d"].cut()
        assert stand.cables["d"].state is LinkState.CUT
        await stand.cables["d"].restore()
        assert (await read(profile, endpoint))[name].value == wanted
    finally:
        await stand.stop()


@pytest.mark.parametrize("scheme", ["scale+serial://{path}", "scale+tcp://127.0.0.1:{port}"])
async def test_a_scale_on_a_line(scheme: str, tmp_path: Path) -> None:
    endpoint = scheme.format(path=tmp_path / "line", port=free_port())
    await shows(load_profile_by_id("mettler-mt-sics"), endpoint, {"net": 12.5}, "12.5")


async def test_a_modbus_device_on_a_serial_line(tmp_path: Path) -> None:
    endpoint = f"modbus-rtu://{tmp_path / 'line'}?unit=3"
    await shows(load_profile_by_id("adam-6051"), endpoint, {"produced": 70_000}, "70000")


async def test_a_sparkplug_node(tmp_path: Path) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(SPARKPLUG)
    with running_broker(tmp_path) as broker:
        endpoint = f"sparkplug://127.0.0.1:{broker.port}/Works/Sim/Device"
        shown: dict[str, RawValue] = {"good": 7, "state": True, "heat": 20.0, "target": 0}
        await shows(load_profile(file), endpoint, shown, "7")
