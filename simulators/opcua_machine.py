"""OPC UA server of one machine: its node tree is the profile's browse paths, set-points can be written (asyncua)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from asyncua import ua
from asyncua.common.node import Node
from asyncua.server.server import Server

from device_profiles.profile import DataType, OpcUaAddress, Profile, Role, Signal
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

    async def start(self) -> None:
        """Build the node tree and listen; raises OSError when the port is taken."""
        server = Server()
        await server.init()
        server.set_endpoint(self._endpoint)
        server.set_server_name(self._profile.name.get("en", self._profile.id))
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for signal in self._profile.signals.values():
            if isinstance(signal.address, OpcUaAddress):
                self._nodes[signal.name] = await _grow(server, signal, signal.address)
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
                variant = _variant(self._profile.signals[name], value)
                at = cast(ua.DateTime, self._now())
                stamped = ua.DataValue(variant, SourceTimestamp=at, ServerTimestamp=at)
                await self._server.write_attribute_value(self._nodes[name].nodeid, stamped)

    async def job(self) -> str:
        """The work order that a client has downloaded; empty when there is none."""
        signal = self._profile.download.get("work_order")
        return str(await self._nodes[signal].read_value() or "") if signal in self._nodes else ""


def _variant(signal: Signal, value: RawValue) -> ua.Variant:
    if signal.data_type in _INTEGERS:
        value = as_integer(int(value), signal.data_type)
    return ua.Variant(value, _VARIANTS[signal.data_type])


async def _grow(server: Server, signal: Signal, address: OpcUaAddress) -> Node:
    """The signal's variable, with the folders of its browse path as far as they are not there yet."""
    if address.value_path is not None:
        raise ValueError(f"{signal.name}: structures and arrays cannot be simulated")
    node = server.nodes.objects
    if address.node_id is not None:
        uri, identifier = address.node_id
        index = await server.register_namespace(uri)
        node_id = ua.NodeId.from_string(f"ns={index};{identifier}")
        return await _variable(node, node_id, ua.QualifiedName(signal.name, index), signal)
    *folders, (leaf_uri, leaf) = address.browse_path
    for uri, name in folders:
        index = await server.register_namespace(uri)
        found = await _child(node, name, index)
        node = found if found is not None else await node.add_object(index, name)
    index = await server.register_namespace(leaf_uri)
    return await _variable(
        node, ua.NodeId(NamespaceIndex=ua.Int16(index)), ua.QualifiedName(leaf, index), signal
    )


async def _variable(
    parent: Node, node_id: ua.NodeId, name: ua.QualifiedName, signal: Signal
) -> Node:
    empty: RawValue = "" if signal.data_type is DataType.STRING else 0
    if signal.data_type in (DataType.F32, DataType.F64):
        empty = 0.0
    variable = await parent.add_variable(node_id, name, _variant(signal, empty))
    if signal.role is Role.SETPOINT:
        await variable.set_writable()
    return variable


async def _child(node: Node, name: str, index: int) -> Node | None:
    for child in await node.get_children():
        browse_name = await child.read_browse_name()
        if (browse_name.Name, browse_name.NamespaceIndex) == (name, index):
            return child
    return None
