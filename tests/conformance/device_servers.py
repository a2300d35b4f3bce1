"""Servers that answer exactly what `modbus_maps`, `opcua_maps` and `mqtt_maps` wrote down, on the real protocols."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiomqtt
from asyncua import ua
from asyncua.common.node import Node
from asyncua.common.structures104 import new_struct, new_struct_field
from asyncua.server.server import Server
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.ending import end
from tests.conformance.gateway_rig import free_port
from tests.conformance.modbus_maps import ModbusMap
from tests.conformance.mqtt_maps import MqttMap
from tests.conformance.opcua_maps import CORE, PACKML, SCALES, UaMap, UaValue


def _table(values: Mapping[int, int | bool], kind: DataType, empty: int | bool) -> SimData:
    last = max(values, default=0)
    return SimData(0, values=[values.get(i, empty) for i in range(last + 1)], datatype=kind)


@contextlib.asynccontextmanager
async def modbus_device(answers: ModbusMap, unit: int = 7) -> AsyncIterator[str]:
    """The endpoint of a server with one unit; what lies beyond the map's last address is an exception."""
    device = SimDevice(
        id=unit,
        simdata=(
            [_table(answers.coils, DataType.BITS, False)],
            [_table(answers.discrete, DataType.BITS, False)],
            [_table(answers.holding, DataType.REGISTERS, 0)],
            [_table(answers.inputs, DataType.REGISTERS, 0)],
        ),
    )
    port = free_port()
    server = ModbusTcpServer(device, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield f"modbus-tcp://127.0.0.1:{port}?unit={unit}"
    finally:
        await server.shutdown()


@contextlib.asynccontextmanager
async def opcua_device(answers: UaMap) -> AsyncIterator[str]:
    """The endpoint of a server with these nodes; its namespaces have other indexes than a real one's."""
    server = Server()
    await server.init()
    endpoint = f"opc.tcp://127.0.0.1:{free_port()}/device"
    server.set_endpoint(endpoint)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await server.register_namespace("urn:in-between")
    structures = await _structures(server, answers)
    for node in answers.nodes:
        await _grow(server, node, structures)
    await server.start()
    try:
        yield endpoint
    finally:
        await server.stop()


async def _structures(server: Server, answers: UaMap) -> Mapping[str, Any]:
    kinds = {node.kind for node in answers.nodes}
    if "counts" in kinds:
        await _count_type(server)
    if "weight" in kinds:
        index = await server.register_namespace(SCALES)
        fields = [new_struct_field(n, ua.VariantType.Double) for n in ("Gross", "Net", "Tare")]
        await new_struct(server, index, "WeightType", fields)
    if not kinds & {"counts", "weight"}:
        return {}
    return await server.load_data_type_definitions()


async def _count_type(server: Server) -> None:
    index = await server.register_namespace(PACKML)
    fields = [
        new_struct_field("ID", ua.VariantType.Int32),
        new_struct_field("Name", ua.VariantType.String),
        new_struct_field("Unit", ua.NodeId(ua.Int32(887))),
        new_struct_field("Count", ua.VariantType.Int32),
        new_struct_field("AccCount", ua.VariantType.Int32),
    ]
    await new_struct(server, index, "PackMLCountDataType", fields)


async def _grow(server: Server, value: UaValue, structures: Mapping[str, Any]) -> None:
    variant = _variant(value, structures)
    if value.node_id is not None:
        uri, identifier = value.node_id
        index = await _index(server, uri)
        node_id = ua.NodeId.from_string(f"ns={index};s={identifier}")
        await server.nodes.objects.add_variable(node_id, f"{index}:{identifier[-20:]}", variant)
        return
    node = server.nodes.objects
    *folders, (leaf_uri, leaf) = value.path
    for uri, name in folders:
        index = await _index(server, uri)
        node = await _child(node, index, name) or await node.add_object(index, name)
    await node.add_variable(await _index(server, leaf_uri), leaf, variant)


async def _index(server: Server, uri: str) -> int:
    return 0 if uri == CORE else await server.register_namespace(uri)


async def _child(node: Node, index: int, name: str) -> Node | None:
    for child in await node.get_children():
        found = await child.read_browse_name()
        if (found.NamespaceIndex, found.Name) == (index, name):
            return child
    return None


def _variant(value: UaValue, structures: Mapping[str, Any]) -> ua.Variant:
    given: Any = value.value
    match value.kind:
        case "text":
            return ua.Variant(ua.LocalizedText(given, "en"))
        case "weight":
            gross, net, tare = given
            return ua.Variant(structures["WeightType"](Gross=gross, Net=net, Tare=tare))
        case "counts":
            kind = structures["PackMLCountDataType"]
            counts = [
                kind(ID=i, Name=name, Unit=ua.EUInformation(), Count=count, AccCount=total)
                for i, name, count, total in given
            ]
            return ua.Variant(counts)
        case _:
            return ua.Variant(given, ua.VariantType[value.kind])


@contextlib.asynccontextmanager
async def mqtt_device(answers: MqttMap, port: int) -> AsyncIterator[str]:
    """The endpoint of a device that says its messages over and over."""

    async def speak() -> None:
        v5 = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client("127.0.0.1", port, protocol=v5) as client:
            while True:
                for topic, payload in answers.messages:
                    await client.publish(topic, payload)
                await asyncio.sleep(0.1)

    speaking = asyncio.create_task(speak())
    try:
        yield f"mqtt://127.0.0.1:{port}/{answers.base}"
    finally:
        await end(speaking)
