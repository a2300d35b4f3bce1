"""Tiny devices on real protocol servers: what every edge driver must cope with, behind a cable that can be cut and frozen."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

import aiomqtt
from asyncua import ua
from asyncua.common.node import Node
from asyncua.server.server import Server
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from device_profiles.catalog import load_profile
from device_profiles.profile import Profile
from device_profiles.program import SystemClock
from edge.driver import Driver
from edge.ending import end
from edge.modbus_driver import ModbusDriver
from edge.mqtt_driver import MqttDriver
from edge.opcua_driver import OpcUaDriver
from tests.conformance.gateway_rig import PlantBroker, free_port
from tests.conformance.tcp_proxy import TcpProxy

HEAD = """\
schema: lineside.profile/1
id: tiny
name: {en: Tiny}
source: {document: a test, verified: a test}
"""
COUNTER = (
    "counter: {kind: cumulative, modulus: 4294967296, rate_max_per_s: 1000, burst: 100, jitter: 2}"
)
STATES = 'states: {"0": down, "1": running}'
SETPOINTS = "setpoints: {allowed_in: [running], download: {target_quantity: target}}\n"
OPCUA = f"""{HEAD}protocol: opcua
lost_after_s: 2.5
poll_ms: 50
opcua: {{namespaces: {{m: "urn:tiny"}}}}
signals:
  good: {{role: good, browse_path: "m:Tiny/m:Good", type: u32, unit: pcs, {COUNTER}}}
  state: {{role: state, browse_path: "m:Tiny/m:Running", type: bool, {STATES}}}
  target: {{role: setpoint, browse_path: "m:Tiny/m:Target", type: i32}}
{SETPOINTS}"""
MODBUS = f"""{HEAD}protocol: modbus-tcp
lost_after_s: 1
poll_ms: 50
signals:
  good: {{role: good, table: holding, address: 0, type: u32, unit: pcs, {COUNTER}}}
  state: {{role: state, table: holding, address: 2, bit: 0, type: bool, {STATES}}}
  target: {{role: setpoint, table: holding, address: 40, type: i32}}
  order: {{role: setpoint, table: holding, address: 44, type: string, length: 8}}
setpoints: {{allowed_in: [running], download: {{work_order: order, target_quantity: target}}}}
"""
MQTT = f"""{HEAD}protocol: mqtt
lost_after_s: 1
signals:
  good: {{role: good, topic: status, json_path: n.good, time_path: ts, type: u32, unit: pcs, {COUNTER}}}
  state: {{role: state, topic: status, json_path: running, time_path: ts, type: bool, {STATES}}}
  target: {{role: setpoint, topic: target, type: i32}}
{SETPOINTS}"""


class Cable(Protocol):
    """What connects a driver with its device."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def cut(self) -> None: ...

    async def freeze(self) -> None: ...

    async def restore(self) -> None: ...


class Rig(Protocol):
    """One tiny device: a counter, a state and, unless it is read only, a set-point."""

    profile: Profile
    carries_time: bool

    @property
    def link(self) -> Cable: ...

    def driver(self) -> Driver: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def show(self, *, good: int, running: bool) -> None: ...

    async def spoil(self) -> None:
        """From now on the counter has no good value."""
        ...


def _profile(directory: Path, text: str) -> Profile:
    file = directory / "tiny.yaml"
    file.write_text(text)
    return load_profile(file)


class OpcUaRig:
    """An asyncua server whose namespace index moves with every start."""

    carries_time = True

    def __init__(self, directory: Path) -> None:
        self.profile = _profile(directory, OPCUA)
        self._device_port, port = free_port(), free_port()
        self.link = TcpProxy(port=port, target_port=self._device_port)
        self.endpoint = f"opc.tcp://127.0.0.1:{port}/tiny"
        self._starts = 0
        self._server: Server | None = None
        self._nodes: dict[str, Node] = {}

    def driver(self) -> Driver:
        return OpcUaDriver(endpoint=self.endpoint, profile=self.profile, clock=SystemClock())

    async def start(self) -> None:
        self._starts += 1
        server = Server()
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self._device_port}/tiny")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for number in range(self._starts):
            await server.register_namespace(f"urn:other:{number}")
        index = await server.register_namespace("urn:tiny")
        machine = await server.nodes.objects.add_object(index, "Tiny")
        kinds = {
            "Good": ua.VariantType.UInt32,
            "Running": ua.VariantType.Boolean,
            "Target": ua.VariantType.Int32,
        }
        for name, kind in kinds.items():
            empty = False if kind is ua.VariantType.Boolean else 0
            self._nodes[name] = await machine.add_variable(index, name, ua.Variant(empty, kind))
        await self._nodes["Target"].set_writable()
        await server.start()
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None

    async def show(self, *, good: int, running: bool) -> None:
        await self.write("Good", ua.DataValue(ua.Variant(good, ua.VariantType.UInt32)))
        await self.write("Running", ua.DataValue(ua.Variant(running, ua.VariantType.Boolean)))

    async def spoil(self) -> None:
        bad = ua.StatusCode(ua.UInt32(0x808C0000))  # BadSensorFailure
        await self.write("Good", ua.DataValue(StatusCode=bad))

    async def write(self, name: str, value: ua.DataValue) -> None:
        """Give a variable a value with any status, true now."""
        assert self._server is not None
        value.SourceTimestamp = cast(ua.DateTime, datetime.now(UTC))
        await self._server.write_attribute_value(self._nodes[name].nodeid, value)


class ModbusRig:
    """A pymodbus server with one unit; a spoilt counter answers with an exception."""

    carries_time = False

    def __init__(self, directory: Path) -> None:
        self.profile = _profile(directory, MODBUS)
        self._device_port, port = free_port(), free_port()
        self.link = TcpProxy(port=port, target_port=self._device_port)
        self.endpoint = f"modbus-tcp://127.0.0.1:{port}?unit=3"
        self._registers = [0, 0, 0]
        self._spoilt = False
        self._server: ModbusTcpServer | None = None

    def driver(self) -> Driver:
        return ModbusDriver(endpoint=self.endpoint, profile=self.profile, clock=SystemClock())

    async def start(self) -> None:
        registers = SimData(0, count=100, values=0, datatype=DataType.REGISTERS)
        device = SimDevice(id=3, simdata=[registers], action=self._answer)
        self._server = ModbusTcpServer(device, address=("127.0.0.1", self._device_port))
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    async def show(self, *, good: int, running: bool) -> None:
        self._registers = [good >> 16, good & 0xFFFF, int(running)]

    async def spoil(self) -> None:
        self._spoilt = True

    async def _answer(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        del function, start, count
        if self._spoilt and address == 0:
            return ExcCodes.DEVICE_FAILURE
        if written is None:
            registers[0:3] = self._registers
        return None


class MqttRig:
    """A device that publishes its status ten times a second, and confirms the set-points it is sent."""

    carries_time = True

    def __init__(self, directory: Path) -> None:
        self.profile = _profile(directory, MQTT)
        self._broker = PlantBroker(directory=directory)
        port = free_port()
        self.link = TcpProxy(port=port, target_port=self._broker.port)
        self._endpoint = f"mqtt://127.0.0.1:{port}/plant/tiny"
        self._status: dict[str, object] = {"n": {"good": 0}, "running": False}
        self._task: asyncio.Task[None] | None = None

    def driver(self) -> Driver:
        return MqttDriver(endpoint=self._endpoint, profile=self.profile, clock=SystemClock())

    async def start(self) -> None:
        await asyncio.to_thread(self._broker.start)
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        if self._task is not None:
            await end(self._task)
            self._task = None
            await asyncio.to_thread(self._broker.kill)

    async def show(self, *, good: int, running: bool) -> None:
        self._status = {"n": {"good": good}, "running": running}

    async def spoil(self) -> None:
        self._status = {"n": {}, "running": True}

    async def _live(self) -> None:
        v5 = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client("127.0.0.1", self._broker.port, protocol=v5) as client:
            await client.subscribe("plant/tiny/target/set", qos=1)
            confirming = asyncio.create_task(self._confirm(client))
            try:
                while True:
                    status = {"ts": datetime.now(UTC).isoformat(), **self._status}
                    await client.publish("plant/tiny/status", json.dumps(status))
                    await asyncio.sleep(0.1)
            finally:
                await end(confirming)

    async def _confirm(self, client: aiomqtt.Client) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in client.messages:
                await client.publish("plant/tiny/target", message.payload)


RIGS: Mapping[str, Callable[[Path], Rig]] = {
    "opcua": OpcUaRig,
    "modbus": ModbusRig,
    "mqtt": MqttRig,
}


@contextlib.asynccontextmanager
async def running_rig(
    kind: str, directory: Path, rigs: Mapping[str, Callable[[Path], Rig]] = RIGS
) -> AsyncIterator[Rig]:
    """A tiny device, up and behind its cable."""
    rig = rigs[kind](directory)
    await rig.start()
    await rig.link.start()
    try:
        yield rig
    finally:
        await rig.link.stop()
        await rig.stop()
