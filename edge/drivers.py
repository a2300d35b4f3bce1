"""Which driver speaks a device's protocol."""

from dataclasses import dataclass, field
from typing import assert_never

from device_profiles.broker import Broker, device_broker
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
    """A driver for one device; `broker` is the plant's, whose credentials MQTT devices on the same host are read with.

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
            there = device_broker(endpoint, broker)
            return MqttDriver(endpoint=endpoint, profile=profile, clock=clock, broker=there)
        case Protocol.ASCII_SCALE:
            return AsciiScaleDriver(endpoint=endpoint, profile=profile, clock=clock)
        case Protocol.SPARKPLUG:
            host = links.sparkplug.host(
                endpoint, host_id=device.agent, clock=clock, broker=device_broker(endpoint, broker)
            )
            return SparkplugDriver(endpoint=endpoint, profile=profile, clock=clock, host=host)
        case _:
            assert_never(profile.protocol)
