"""Endpoints of a plant file: what suits a protocol, and what an engineer reads when it does not."""

from pathlib import Path

import pytest

from device_profiles.catalog import ProfileFaults, load_plant
from device_profiles.endpoint import endpoint_fault
from device_profiles.profile import Protocol


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        (Protocol.MODBUS_TCP, "modbus-tcp://10.0.0.5:502?unit=3"),
        (Protocol.MODBUS_TCP, "modbus-rtu:///dev/ttyUSB0?baud=19200&parity=E&unit=3"),
        (Protocol.MODBUS_RTU, "modbus-rtu-tcp://10.0.0.5:4001?unit=1&timeout_ms=300"),
        (Protocol.ASCII_SCALE, "scale+tcp://10.0.0.7:4305"),
        (Protocol.ASCII_SCALE, "scale+serial:///dev/ttyS0?baud=9600&bits=7&parity=E"),
        (Protocol.SPARKPLUG, "sparkplug://10.0.0.1:1883/Works/Gateway/Press"),
        (Protocol.SPARKPLUG, "sparkplug://10.0.0.1:1883/Works/Gateway?host_id=scada"),
        (Protocol.OPCUA, "opc.tcp://10.0.0.5:4840/moulder"),
    ],
)
def test_endpoints_that_suit(protocol: Protocol, endpoint: str) -> None:
    assert endpoint_fault(endpoint, protocol) is None


@pytest.mark.parametrize(
    ("protocol", "endpoint", "advice"),
    [
        (Protocol.MODBUS_RTU, "modbus-rtu://dev/ttyUSB0", "modbus-rtu:///dev/ttyUSB0"),
        (Protocol.MODBUS_RTU, "modbus-rtu:///dev/ttyUSB0?parity=even", "?parity=N, E or O"),
        (Protocol.MODBUS_RTU, "modbus-rtu:///dev/ttyUSB0?baud=fast", "?baud=50 to"),
        (Protocol.MODBUS_TCP, "modbus-tcp://10.0.0.5:502?unit=256", "?unit=0 to 255"),
        (Protocol.ASCII_SCALE, "scale+tcp://10.0.0.7", "scale+tcp://host:port"),
        (Protocol.ASCII_SCALE, "tcp://10.0.0.7:1", "scale+tcp://host:port"),
        (Protocol.SPARKPLUG, "sparkplug://10.0.0.1:1883/Works", "group, edge node"),
        (Protocol.MQTT, "mqtt://10.0.0.1:1883/", "base topic"),
    ],
)
def test_endpoints_that_do_not_suit_are_corrected(
    protocol: Protocol, endpoint: str, advice: str
) -> None:
    assert advice in (endpoint_fault(endpoint, protocol) or "")


def test_devices_on_one_port_must_agree_about_it(tmp_path: Path) -> None:
    units = "".join(
        f"  - {{id: m{unit}, equipment: a/l/u{unit}, profile: eastron-sdm630, agent: e,"
        f' endpoint: "modbus-rtu:///dev/ttyUSB0?baud={baud}&unit={unit}"}}\n'
        for unit, baud in ((1, 9600), (2, 19200))
    )
    plant = tmp_path / "plant.yaml"
    plant.write_text(
        "schema: lineside.plant/1\nsite: works\nname: {en: Works}\ntime_zone: UTC\nequipment:\n"
        "  - {path: a, name: {en: A}}\n  - {path: a/l, name: {en: L}}\n"
        "  - {path: a/l/u1, name: {en: U}}\n  - {path: a/l/u2, name: {en: U}}\n"
        f"devices:\n{units}"
    )
    with pytest.raises(ProfileFaults, match="m2 sets /dev/ttyUSB0 to 19200 8N1, another device"):
        load_plant(plant)
    plant.write_text(plant.read_text().replace("19200", "9600"))
    assert len(load_plant(plant).devices) == 2
