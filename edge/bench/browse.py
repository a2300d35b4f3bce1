"""`lineside-edge browse`: the nodes of an OPC UA server as a tree: names, node ids, types, values. Bounded in both ways."""

# asyncua's protocol types are generated and only partly typed; what is shown of them is text.
# pyright: reportPrivateImportUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.node import Node

from device_profiles.endpoint import shown
from device_profiles.program import Clock
from edge.opcua_security import NO_SECURITY, NotSecure, OpcUaSecurity, explained, make_secure

TIMEOUT_S = 4.0
VALUE_CHARS_MAX = 60
SERVER_OBJECT = 2253
"""The server's own diagnostics: hundreds of nodes that say nothing about the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far to look."""

    depth: int = 6
    count: int = 500


class NotBrowsable(Exception):
    """The server cannot be reached, or has no such node; the text says why."""


async def browse(
    endpoint: str,
    *,
    start: str | None,
    bounds: Bounds,
    say: Callable[[str], None],
    clock: Clock,
    security: OpcUaSecurity = NO_SECURITY,
) -> int:
    """Print the tree below `start` (a node id), or below Objects; returns the number of nodes shown."""
    client = await _connected(endpoint, security, clock)
    try:
        uris = await client.get_namespace_array()
        say("namespaces")
        for index, uri in enumerate(uris):
            say(f"  {index}  {uri}")
        root = client.get_node(start) if start else client.nodes.objects
        return await _Walk(bounds=bounds, say=say, everything=start is not None).walk(root)
    except (ua.UaError, OSError, TimeoutError) as error:
        raise NotBrowsable(f"{shown(endpoint)}: {error}") from error
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await client.disconnect()


async def _connected(endpoint: str, security: OpcUaSecurity, clock: Clock) -> Client:
    client = Client(endpoint, timeout=TIMEOUT_S)
    try:
        async with asyncio.timeout(2 * TIMEOUT_S):
            await make_secure(client, endpoint, security, now=clock.now(), timeout_s=TIMEOUT_S)
            await client.connect()
    except (OSError, ua.UaError, TimeoutError, NotSecure) as error:
        with contextlib.suppress(Exception):
            client.disconnect_socket()
        raise NotBrowsable(f"{shown(endpoint)}: {explained(error, security)}") from error
    return client


class _Walk:
    def __init__(self, *, bounds: Bounds, say: Callable[[str], None], everything: bool) -> None:
        self._bounds = bounds
        self._say = say
        self._everything = everything
        self._shown = 0
        self._seen: set[str] = set()

    async def walk(self, root: Node) -> int:
        name = await root.read_browse_name()
        self._say(f"{name.NamespaceIndex}:{name.Name}  {root.nodeid.to_string()}")
        await self._below(root, 1)
        if self._shown >= self._bounds.count:
            self._say(f"… stopped after {self._shown} nodes; raise --count, or start at --node")
        return self._shown

    async def _below(self, node: Node, depth: int) -> None:
        found: Sequence[ua.ReferenceDescription] = await node.get_children_descriptions()
        for child in found:
            node_id = child.NodeId.to_string()
            standard = child.NodeId.NamespaceIndex == 0
            own = standard and child.NodeId.Identifier == SERVER_OBJECT
            if node_id in self._seen or (own and not self._everything):
                continue
            if self._shown >= self._bounds.count:
                return
            self._seen.add(node_id)
            self._shown += 1
            await self._show(node, child, depth)

    async def _show(self, parent: Node, child: ua.ReferenceDescription, depth: int) -> None:
        node = Node(parent.session, child.NodeId)
        name = child.BrowseName
        text = f"{'  ' * depth}{name.NamespaceIndex}:{name.Name}  {child.NodeId.to_string()}"
        if child.NodeClass == ua.NodeClass.Variable:
            text += f"  {await _value(node)}"
        elif child.NodeClass != ua.NodeClass.Object:
            text += f"  ({child.NodeClass.name})"
        self._say(text)
        if depth < self._bounds.depth and child.NodeClass != ua.NodeClass.Method:
            await self._below(node, depth + 1)


async def _value(node: Node) -> str:
    """Type and value of a variable, or why it has none."""
    try:
        data = await node.read_data_value(raise_on_bad_status=False)
    except (ua.UaError, TimeoutError) as error:
        return f"unreadable: {error}"
    status = data.StatusCode
    if status is not None and not status.is_good():
        return f"bad: {status.name}"
    if data.Value is None:
        return "no value"
    text = repr(data.Value.Value)
    short = text if len(text) <= VALUE_CHARS_MAX else f"{text[: VALUE_CHARS_MAX - 1]}…"
    kind = data.Value.VariantType.name if data.Value.VariantType else "?"
    return f"{kind}{'[]' if data.Value.is_array else ''} = {short}"
