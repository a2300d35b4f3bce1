"""OPC UA server of one machine: its node tree is the profile's browse paths, set-points can be written (asyncua)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from asyncua import ua
from asyncua.common.node import Node
from asyncua.server.server import Server

from device_profiles.profile import DataType, OpcUaAddress, Profile, Role, Signal
from simulators.opcua_structures import CORE, Structures
from simulators.register_image import RawValue, as_integer

_VARIANTS = {
    DataType.BOOL: ua.VariantType.Boolean,
    DataType.U16: ua.VariantType.UInt16,
    DataType.I16: ua.VariantType.Int16,
    DataType.U32: ua.VariantType.UInt32,
    DataType.I32: ua.VariantType.Int32,
    DataType.U64: ua.VariantType.UInt64,
    DataType.I64: ua.VariantType.Int64,
    DataType.F32: ua.VariantType.Float,
    DataType.F64: ua.VariantType.Double,
    DataType.STRING: ua.VariantType.String,
}
_INTEGERS = {DataType.U16, DataType.I16, DataType.U32, DataType.I32, DataType.U64, DataType.I64}


class OpcUaMachine:
    """One server with one machine's nodes."""

    def __init__(
        self, profile: Profile, *, host: str, port: int, path: str, now: Callable[[], datetime]
    ) -> None:
        self._profile = profile
        self._endpoint = f"opc.tcp://{host}:{port}{path}"
        self._now = now
        self._server: Server | None = None
        self._nodes: dict[str, Node] = {}
        self._structures = Structures(profile)

    async def start(self) -> None:
        """Build the node tree and listen; raises OSError when the port is taken."""
        server = Server()
        await server.init()
        server.set_endpoint(self._endpoint)
        server.set_server_name(self._profile.name.get("en", self._profile.id))
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        await self._structures.define(server)
        places: dict[object, Node] = {}
        for signal in self._profile.signals.values():
            if isinstance(signal.address, OpcUaAddress):
                place = (signal.address.browse_path, signal.address.node_id)
                if place not in places:
                    variant = self._variant(signal.name, _empty(signal))
                    places[place] = await _grow(server, signal, signal.address, variant)
                self._nodes[signal.name] = places[place]
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Close the port and all sessions."""
        if self._server is not None:
            await self._server.stop()

    async def show(self, values: Mapping[str, RawValue]) -> None:
        """Write new raw values, with the machine's time as source time."""
        assert self._server is not None
        for name, value in values.items():
            if name in self._nodes:
                variant = self._variant(name, value)
                at = cast(ua.DateTime, self._now())
                stamped = ua.DataValue(variant, SourceTimestamp=at, ServerTimestamp=at)
                await self._server.write_attribute_value(self._nodes[name].nodeid, stamped)

    def _variant(self, name: str, value: RawValue) -> ua.Variant:
        signal = self._profile.signals[name]
        path = signal.address.value_path if isinstance(signal.address, OpcUaAddress) else None
        if path is None:
            return _variant(signal, value)
        return self._structures.variant(name, _variant(signal, value).Value)

    async def job(self) -> str:
        """The work order that a client has downloaded; empty when there is none."""
        signal = self._profile.download.get("work_order")
        return str(await self._nodes[signal].read_value() or "") if signal in self._nodes else ""


def _variant(signal: Signal, value: RawValue) -> ua.Variant:
    if signal.data_type in _INTEGERS:
        value = as_integer(int(value), signal.data_type)
    return ua.Variant(value, _VARIANTS[signal.data_type])


async def _grow(server: Server, signal: Signal, address: OpcUaAddress, variant: ua.Variant) -> Node:
    """The signal's variable, with the folders of its browse path as far as they are not there yet."""
    node = server.nodes.objects
    if address.node_id is not None:
        uri, identifier = address.node_id
        index = await _index(server, uri)
        node_id = ua.NodeId.from_string(f"ns={index};{identifier}")
        return await _variable(node, node_id, ua.QualifiedName(signal.name, index), signal, variant)
    *folders, (leaf_uri, leaf) = address.browse_path
    for uri, name in folders:
        index = await _index(server, uri)
        found = await _child(node, name, index)
        node = found if found is not None else await node.add_object(index, name)
    index = await _index(server, leaf_uri)
    return await _variable(
        node,
        ua.NodeId(NamespaceIndex=ua.Int16(index)),
        ua.QualifiedName(leaf, index),
        signal,
        variant,
    )


async def _index(server: Server, uri: str) -> int:
    """The OPC Foundation's own namespace is always the first."""
    return 0 if uri == CORE else await server.register_namespace(uri)


async def _variable(
    parent: Node,
    node_id: ua.NodeId,
    name: ua.QualifiedName,
    signal: Signal,
    variant: ua.Variant,
) -> Node:
    variable = await parent.add_variable(node_id, name, variant)
    if signal.role is Role.SETPOINT:
        await variable.set_writable()
    return variable


def _empty(signal: Signal) -> RawValue:
    if signal.data_type in (DataType.F32, DataType.F64):
        return 0.0
    return "" if signal.data_type is DataType.STRING else 0


async def _child(node: Node, name: str, index: int) -> Node | None:
    for child in await node.get_children():
        browse_name = await child.read_browse_name()
        if (browse_name.Name, browse_name.NamespaceIndex) == (name, index):
            return child
    return None
