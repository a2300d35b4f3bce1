"""Pulses, pieces per cycle and slow signals, from a real server through the real driver to the fact."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import aiomqtt
from asyncua import ua
from asyncua.common.callback import CallbackType, ServerItemCallback
from asyncua.server.server import Server
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from device_profiles.broker import Broker
from device_profiles.catalog import load_plant
from device_profiles.plant import Device
from device_profiles.program import SystemClock
from edge.device_tracker import DeviceTracker
from edge.driver import Batch
from edge.drivers import driver_for
from edge.ending import end
from edge.tracker import Output
from gateway.contract.fact import CountFact
from tests.conformance.gateway_rig import free_port, running_broker
from tests.core.test_reading_rules import PLANT

HEAD = """\
schema: lineside.profile/1
id: device
name: {en: Device}
source: {document: a test, verified: a test}
lost_after_s: 5
"""
PULSES = (
    HEAD
    + """\
protocol: modbus-tcp
poll_ms: 20
signals:
  pieces: {role: good, table: discrete, address: 0, type: bool, counter: {kind: pulse, rate_max_per_s: 20, burst: 5}}
  slow: {role: process_value, table: input, address: 0, type: u16, sample_ms: 200}
"""
)
CYCLES = (
    HEAD
    + """\
protocol: opcua
poll_ms: 50
opcua: {namespaces: {m: "urn:m"}}
signals:
  pieces: {role: good, browse_path: "m:Shot", type: u16, counter: {kind: per_cycle, rate_max_per_s: 1000, burst: 100}}
"""
)
MESSAGES = (
    HEAD
    + """\
protocol: mqtt
signals:
  pieces: {role: good, topic: shot, json_path: n, time_path: ts, type: u16, counter: {kind: per_cycle, rate_max_per_s: 1000, burst: 100}}
"""
)


class Watch:
    """A device read by its driver, and the counts that come of it."""

    def __init__(self, directory: Path, profile: str, endpoint: str) -> None:
        (directory / "device.yaml").write_text(profile)
        (directory / "plant.yaml").write_text(PLANT % (endpoint, ""))
        plant = load_plant(directory / "plant.yaml")
        self.device: Device = plant.devices["one"]
        self.readings: dict[str, int] = {}
        self.out = Output()
        self._tracker = DeviceTracker(
            self.device, {}, boot="boot", epoch=1, started=datetime.now(UTC), monotonic_s=0.0
        )

    async def take(self, batch: Batch) -> None:
        for reading in batch.readings:
            if reading.value is not None:
                self.readings[reading.signal] = self.readings.get(reading.signal, 0) + 1
        self._tracker.take(batch, self.out)

    @property
    def total(self) -> int:
        counts = [fact for fact in self.out.facts if isinstance(fact, CountFact)]
        return counts[-1].total if counts else -1

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        broker = Broker(host="127.0.0.1", port=1)
        driver = driver_for(self.device, clock=SystemClock(), broker=broker)
        task = asyncio.create_task(driver.run(self.take))
        try:
            yield
        finally:
            await end(task)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.01)


async def test_each_rising_edge_of_an_input_is_a_piece_and_a_slow_signal_is_read_seldom(
    tmp_path: Path,
) -> None:
    level = [0]

    async def answer(
        function: int, start: int, address: int, count: int, registers: list[int], written: object
    ) -> ExcCodes | None:
        del start, address, count, written
        if function == 2:
            registers[0] = level[0]
        return None

    port = free_port()
    device = SimDevice(
        id=1,
        simdata=(
            [SimData(0, values=[False], datatype=DataType.BITS)],
            [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
            [SimData(0, values=[0], datatype=DataType.REGISTERS)],
            [SimData(0, values=[42], datatype=DataType.REGISTERS)],
        ),
        action=answer,
    )
    server = ModbusTcpServer(device, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    watch = Watch(tmp_path, PULSES, f"modbus-tcp://127.0.0.1:{port}?unit=1")
    try:
        async with watch.reading():
            await until(lambda: watch.total == 0)
            for piece in range(1, 4):
                level[0] = 1
                await until(lambda wanted=piece: watch.total == wanted)
                level[0] = 0
                seen = watch.readings["pieces"]
                await until(lambda before=seen: watch.readings["pieces"] >= before + 2)
            await until(lambda: watch.readings.get("slow", 0) >= 3)
    finally:
        await server.shutdown()
    assert watch.total == 3
    assert watch.readings["slow"] * 5 < watch.readings["pieces"]


async def test_two_cycles_that_made_as_many_pieces_are_two_cycles_over_opcua(
    tmp_path: Path,
) -> None:
    server = Server()
    await server.init()
    endpoint = f"opc.tcp://127.0.0.1:{free_port()}/device"
    server.set_endpoint(endpoint)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("urn:m")
    node = await server.nodes.objects.add_variable(
        index, "Shot", ua.Variant(4, ua.VariantType.UInt16)
    )
    await server.start()
    watch = Watch(tmp_path, CYCLES, endpoint)
    try:
        async with watch.reading():
            await until(lambda: watch.total == 0)
            for total in (4, 8, 12):
                at = cast(ua.DateTime, datetime.now(UTC))
                value = ua.DataValue(ua.Variant(4, ua.VariantType.UInt16), SourceTimestamp=at)
                await server.write_attribute_value(node.nodeid, value)
                await until(lambda wanted=total: watch.total == wanted)
    finally:
        await server.stop()
    assert watch.total == 12


async def test_each_opcua_node_is_sampled_at_its_own_interval(tmp_path: Path) -> None:
    server = Server()
    await server.init()
    endpoint = f"opc.tcp://127.0.0.1:{free_port()}/device"
    server.set_endpoint(endpoint)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace("urn:m")
    nodes: dict[str, str] = {}
    for name in ("Shot", "Heat"):
        empty = ua.Variant(4, ua.VariantType.UInt16)
        node = await server.nodes.objects.add_variable(index, name, empty)
        nodes[node.nodeid.to_string()] = name
    asked: dict[str, float] = {}

    async def note(event: ServerItemCallback, dispatcher: object) -> None:
        del dispatcher
        for item in event.request_params.ItemsToCreate:
            name = nodes.get(item.ItemToMonitor.NodeId.to_string(), "CurrentTime")
            asked[name] = float(item.RequestedParameters.SamplingInterval)

    server.subscribe_server_callback(CallbackType.ItemSubscriptionCreated, note)
    await server.start()
    slow = '  heat: {role: process_value, browse_path: "m:Heat", type: u16, sample_ms: 5000}\n'
    watch = Watch(tmp_path, CYCLES + slow, endpoint)
    try:
        async with watch.reading():
            await until(lambda: {"pieces", "heat"} <= watch.readings.keys())
    finally:
        await server.stop()
    assert asked == {"CurrentTime": 50, "Shot": 50, "Heat": 5000}


async def test_a_retained_message_of_a_cycle_is_not_counted_again(tmp_path: Path) -> None:
    started = datetime.now(UTC)

    def shot(pieces: int, second: float) -> str:
        at = (started + timedelta(seconds=second)).isoformat()
        return f'{{"n": {pieces}, "ts": "{at}"}}'

    with running_broker(tmp_path) as broker:
        v5 = aiomqtt.ProtocolVersion.V5
        watch = Watch(tmp_path, MESSAGES, f"mqtt://127.0.0.1:{broker.port}/press")
        async with aiomqtt.Client("127.0.0.1", broker.port, protocol=v5) as machine:
            await machine.publish("press/shot", shot(9, 0), retain=True)
            async with watch.reading():
                await _repeat_until(machine, shot(1, 0.1), lambda: watch.total == 0)
                for number, total in enumerate((4, 8), start=1):
                    await machine.publish("press/shot", shot(4, 0.2 * number), retain=True)
                    await until(lambda wanted=total: watch.total == wanted)
            seen = watch.readings["pieces"]
            async with watch.reading():
                await _repeat_until(
                    machine, shot(2, 0.6), lambda: watch.readings["pieces"] >= seen + 2
                )
    assert watch.total == 10


async def _repeat_until(machine: aiomqtt.Client, message: str, holds: Callable[[], bool]) -> None:
    """The very same message, again and again: until the driver has subscribed, nobody hears it."""
    async with asyncio.timeout(15):
        while not holds():
            await machine.publish("press/shot", message)
            await asyncio.sleep(0.05)
