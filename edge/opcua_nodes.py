"""Finds a profile's nodes on an OPC UA server: by namespace URI and browse path or identifier, anew each time."""

# asyncua's protocol types are generated and only partly typed.
# pyright: reportPrivateImportUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.node import Node

from device_profiles.profile import OpcUaAddress, Profile


async def resolve(client: Client, profile: Profile) -> dict[str, Node]:
    """Signal -> node, for those that this server has."""
    uris = await client.get_namespace_array()
    addresses = {
        name: signal.address
        for name, signal in profile.signals.items()
        if isinstance(signal.address, OpcUaAddress)
    }
    by_path = await _by_browse_path(client, addresses, uris)
    return {**by_path, **await _by_identifier(client, addresses, uris)}


async def _by_browse_path(
    client: Client, addresses: Mapping[str, OpcUaAddress], uris: Sequence[str]
) -> dict[str, Node]:
    paths = {
        name: _relative_path(address, uris)
        for name, address in addresses.items()
        if address.browse_path and all(uri in uris for uri, _ in address.browse_path)
    }
    if not paths:
        return {}
    results = await client.translate_browsepaths(
        standard_node(ua.ObjectIds.ObjectsFolder), [*paths.values()]
    )
    return {
        name: client.get_node(result.Targets[0].TargetId)
        for name, result in zip(paths, results, strict=True)
        if result.StatusCode.is_good() and result.Targets
    }


async def _by_identifier(
    client: Client, addresses: Mapping[str, OpcUaAddress], uris: Sequence[str]
) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for name, address in addresses.items():
        if address.node_id is not None and address.node_id[0] in uris:
            uri, identifier = address.node_id
            node_id = ua.NodeId.from_string(f"ns={uris.index(uri)};{identifier}")
            nodes[name] = client.get_node(node_id)
    if not nodes:
        return {}
    found = await client.uaclient.read_attributes(
        [node.nodeid for node in nodes.values()], ua.AttributeIds.NodeClass
    )
    return {
        name: node
        for (name, node), answer in zip(nodes.items(), found, strict=True)
        if answer.StatusCode is None or answer.StatusCode.is_good()
    }


def standard_node(number: int) -> ua.NodeId:
    """A node of the standard namespace."""
    return ua.NodeId(ua.Int32(number))


def _relative_path(address: OpcUaAddress, uris: Sequence[str]) -> ua.RelativePath:
    """The browse path with this server's namespace indexes."""
    return ua.RelativePath(
        Elements=[
            ua.RelativePathElement(
                ReferenceTypeId=standard_node(ua.ObjectIds.HierarchicalReferences),
                IsInverse=False,  # pyright: ignore[reportArgumentType]
                IncludeSubtypes=True,  # pyright: ignore[reportArgumentType]
                TargetName=ua.QualifiedName(name, uris.index(uri)),
            )
            for uri, name in address.browse_path
        ]
    )
