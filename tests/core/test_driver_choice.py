"""Each protocol has its driver, and the devices of an agent share what can only be had once."""

import pytest

from device_profiles.broker import Broker
from device_profiles.catalog import load_profile_by_id
from device_profiles.plant import Device
from device_profiles.program import SystemClock
from edge.ascii_scale_driver import AsciiScaleDriver
from edge.drivers import SharedLinks, driver_for
from edge.modbus_driver import ModbusDriver
from edge.mqtt_driver import MqttDriver
from edge.opcua_driver import OpcUaDriver
from gateway.contract.equipment import EquipmentPath

BROKER = Broker(host="127.0.0.1", port=1883)


@pytest.mark.parametrize(
    ("profile", "endpoint", "kind"),
    [
        ("packml-moulder", "opc.tcp://h:4840/x", OpcUaDriver),
        ("hbm-wtx120-dosing", "modbus-tcp://h:502?unit=1", ModbusDriver),
        ("hbm-wtx120-dosing", "modbus-rtu:///dev/ttyUSB0?unit=1", ModbusDriver),
        ("eastron-sdm630", "modbus-rtu-tcp://h:4001?unit=1", ModbusDriver),
        ("mqtt-packing-cell", "mqtt://h:1883/base", MqttDriver),
        ("mettler-mt-sics", "scale+tcp://h:4305", AsciiScaleDriver),
        ("toledo-continuous", "scale+serial:///dev/ttyS0", AsciiScaleDriver),
    ],
)
def test_each_protocol_has_its_driver(profile: str, endpoint: str, kind: type) -> None:
    device = Device(
        id="d",
        profile=load_profile_by_id(profile),
        endpoint=endpoint,
        agent="a",
        equipment=EquipmentPath("w/a/l/u"),
        bindings=(),
    )
    assert isinstance(driver_for(device, clock=SystemClock(), broker=BROKER), kind)


def test_a_serial_port_is_one_line_for_all_its_units_and_a_tcp_endpoint_a_connection_each() -> None:
    links = SharedLinks().modbus
    first = links.link("modbus-rtu:///dev/ttyUSB0?baud=19200&unit=1")
    assert links.link("modbus-rtu:///dev/ttyUSB0?baud=19200&unit=2") is first
    assert links.link("modbus-rtu:///dev/ttyUSB1?baud=19200&unit=2") is not first
    one, other = (links.link(f"modbus-tcp://h:502?unit={unit}") for unit in (1, 2))
    assert one is not other
    assert one.line is other.line


def test_nodes_on_one_broker_share_one_host_application() -> None:
    hosts, clock = SharedLinks().sparkplug, SystemClock()

    def host(endpoint: str) -> object:
        return hosts.host(endpoint, host_id="edge-1", clock=clock)

    first = host("sparkplug://h:1883/G/N1")
    assert host("sparkplug://h:1883/G/N2/D") is first
    assert host("sparkplug://h:1883/G/N2/D?host_id=scada") is not first
    assert host("sparkplug://other:1883/G/N1") is not first
