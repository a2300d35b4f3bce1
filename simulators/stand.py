"""Where the devices of a plant are plugged in: one server and one cable per endpoint, as the plant file says."""

import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit

from device_profiles.plant import Device
from device_profiles.profile import Protocol as Wire
from simulators.ascii_scale import AsciiScale
from simulators.line import PtyLine, TcpLine
from simulators.link import Cable, Link, LinkState
from simulators.modbus_machine import ModbusServer, ModbusUnit
from simulators.mqtt_machine import MqttMachine
from simulators.opcua_machine import OpcUaMachine
from simulators.register_image import RawValue, RegisterImage
from simulators.rtu_machine import RtuUnit
from simulators.sparkplug_machine import SparkplugMachine, node_path

LINES = frozenset({"modbus-rtu", "modbus-rtu-tcp", "scale+serial", "scale+tcp"})
"""Endpoints where bytes go over a line."""


class NotSimulated(Exception):
    """A device whose protocol has no server here."""


class _Running(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class _Face(Protocol):
    async def show(self, values: Mapping[str, RawValue]) -> None: ...


class Plug:
    """A cable that can only be in or out: a serial line, a node's connection. Frozen is out as well."""

    def __init__(self, device: _Running) -> None:
        self._device = device
        self.state = LinkState.CLEAR

    async def start(self) -> None:
        """Plug it in; raises OSError when the place is taken."""
        await self._device.start()

    async def stop(self) -> None:
        """Pull it out for good."""
        if self.state is LinkState.CLEAR:
            await self._device.stop()

    async def cut(self) -> None:
        """Pull it out."""
        await self.stop()
        self.state = LinkState.CUT

    async def freeze(self) -> None:
        """Pull it out: nothing else can be done to it."""
        await self.stop()
        self.state = LinkState.FROZEN

    async def restore(self) -> None:
        """Plug it in again."""
        if self.state is not LinkState.CLEAR:
            await self._device.start()
        self.state = LinkState.CLEAR


class Stand:
    """All device servers of one plant, each behind a cable that can be faulted."""

    def __init__(self, devices: list[Device], *, now: Callable[[], datetime]) -> None:
        self.cables: dict[str, Cable] = {}
        self._faces: dict[str, _Face] = {}
        self._servers: list[_Running] = []
        self._machines: dict[str, OpcUaMachine] = {}
        self._shown: dict[str, dict[str, RawValue]] = {}
        self._now = now
        units: dict[tuple[str, int], list[tuple[Device, ModbusUnit]]] = {}
        for device in devices:
            url = urlsplit(device.endpoint)
            host, port = url.hostname or "127.0.0.1", url.port or 0
            if url.scheme in LINES:
                self._plug_line(device, url)
                continue
            match device.profile.protocol:
                case Wire.OPCUA:
                    self._plug_opcua(device, host, port, url.path)
                case Wire.MQTT:
                    self._plug_mqtt(device, host, port, url.path.strip("/"))
                case Wire.MODBUS_TCP:
                    unit = ModbusUnit(_unit(url), RegisterImage(device.profile.signals.values()))
                    units.setdefault((host, port), []).append((device, unit))
                case Wire.SPARKPLUG:
                    self._plug_sparkplug(device, host, port, url.path)
                case other:
                    raise NotSimulated(f"{device.id} speaks {other}, which is not simulated")
        for (host, port), bus in units.items():
            self._plug_modbus(host, port, bus)

    async def start(self) -> None:
        """Start every server, then its cable; raises OSError when a port is taken."""
        for server in self._servers:
            await server.start()

    async def stop(self) -> None:
        """Unplug everything."""
        for server in reversed(self._servers):
            await server.stop()

    async def show(self, values: Mapping[str, Mapping[str, RawValue]]) -> None:
        """Show new raw values, those that changed, on each device."""
        for device, shown in values.items():
            before = self._shown.setdefault(device, {})
            changed = {name: value for name, value in shown.items() if before.get(name) != value}
            if changed:
                before.update(changed)
                await self._faces[device].show(changed)

    async def jobs(self) -> dict[str, str]:
        """Device -> work order that was downloaded to it."""
        jobs: dict[str, str] = {}
        for device, machine in self._machines.items():
            jobs[device] = await machine.job()
        return jobs

    def _plug_opcua(self, device: Device, host: str, port: int, path: str) -> None:
        inner = free_port(host)
        machine = OpcUaMachine(device.profile, host=host, port=inner, path=path, now=self._now)
        self._machines[device.id] = machine
        link = Link(host=host, port=port, device_port=inner)
        self._servers += [machine, link]
        self.cables[device.id], self._faces[device.id] = link, machine

    def _plug_mqtt(self, device: Device, host: str, port: int, base: str) -> None:
        machine = MqttMachine(device, host=host, port=port, base=base, now=self._now)
        self._servers.append(machine)
        self.cables[device.id], self._faces[device.id] = machine, machine

    def _plug_line(self, device: Device, url: SplitResult) -> None:
        """A serial port of its own, or a converter's TCP port, with one device at the end."""
        rtu = url.scheme.startswith("modbus")
        unit = RtuUnit(_unit(url), RegisterImage(device.profile.signals.values()))
        end = unit if rtu else AsciiScale(device.profile)
        if url.hostname is None:
            line = Plug(PtyLine(Path(url.path), end))
            self._servers.append(line)
            self.cables[device.id], self._faces[device.id] = line, end
            return
        inner = free_port(url.hostname)
        link = Link(host=url.hostname, port=url.port or 0, device_port=inner)
        self._servers += [TcpLine(host=url.hostname, port=inner, device=end), link]
        self.cables[device.id], self._faces[device.id] = link, end

    def _plug_sparkplug(self, device: Device, host: str, port: int, path: str) -> None:
        node = SparkplugMachine(
            device.profile, host=host, port=port or 1883, path=node_path(path), now=self._now
        )
        plug = Plug(node)
        self._servers.append(plug)
        self.cables[device.id], self._faces[device.id] = plug, node

    def _plug_modbus(self, host: str, port: int, bus: list[tuple[Device, ModbusUnit]]) -> None:
        inner = free_port(host)
        server = ModbusServer(host=host, port=inner, units=[unit for _, unit in bus])
        link = Link(host=host, port=port, device_port=inner)
        self._servers += [server, link]
        for device, unit in bus:
            self.cables[device.id], self._faces[device.id] = link, unit


def free_port(host: str) -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _unit(url: SplitResult) -> int:
    return int(parse_qs(url.query).get("unit", ["1"])[0])
