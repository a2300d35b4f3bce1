"""Which driver speaks a device's protocol."""

from dataclasses import dataclass, field
from typing import assert_never

from device_profiles.plant import Device
from device_profiles.profile import Protocol
from device_profiles.program import Clock
from edge.ascii_scale_driver import AsciiScaleDriver
from edge.driver import Driver
from edge.modbus_driver import ModbusDriver, ModbusLinks
from edge.mqtt_driver import MqttDriver
from edge.opcua_driver import OpcUaDriver
from edge.opcua_security import NO_SECURITY, OpcUaSecurity
from edge.sparkplug_driver import SparkplugDriver, SparkplugHosts
from edge.uplink import Broker


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLinks:
    """What the devices of one agent share: serial lines, and the host application on each Sparkplug broker."""

    modbus: ModbusLinks = field(default_factory=ModbusLinks)
    sparkplug: SparkplugHosts = field(default_factory=SparkplugHosts)


def driver_for(
    device: Device,
    *,
    clock: Clock,
    broker: Broker,
    links: SharedLinks | None = None,
    security: OpcUaSecurity = NO_SECURITY,
) -> Driver:
    """A driver for one device; MQTT devices use the broker's credentials unless their endpoint carries its own.

    `links`: what the devices of an agent share; devices on one serial line must be given the same.
    """
    profile, endpoint = device.profile, device.endpoint
    links = links or SharedLinks()
    match profile.protocol:
        case Protocol.OPCUA:
            return OpcUaDriver(endpoint=endpoint, profile=profile, clock=clock, security=security)
        case Protocol.MODBUS_TCP | Protocol.MODBUS_RTU:
            return ModbusDriver(endpoint=endpoint, profile=profile, clock=clock, links=links.modbus)
        case Protocol.MQTT:
            return MqttDriver(
                endpoint=endpoint,
                profile=profile,
                clock=clock,
                username=broker.username,
                password=broker.password,
            )
        case Protocol.ASCII_SCALE:
            return AsciiScaleDriver(endpoint=endpoint, profile=profile, clock=clock)
        case Protocol.SPARKPLUG:
            host = links.sparkplug.host(
                endpoint,
                host_id=device.agent,
                clock=clock,
                username=broker.username,
                password=broker.password,
            )
            return SparkplugDriver(endpoint=endpoint, profile=profile, clock=clock, host=host)
        case _:
            assert_never(profile.protocol)
