"""Values inside structures, arrays and localized texts, as a profile's value paths name them (asyncua).

`Text` is a localized text, `Net` a field of a structure, `[0].AccCount` a field of the first structure of an array. The
structure gets the fields that the profile names at that node: what a reader needs, not the whole type of the standard.
"""

import re
from collections.abc import Mapping
from typing import Any

from asyncua import ua
from asyncua.common.structures104 import new_struct, new_struct_field
from asyncua.server.server import Server

from device_profiles.profile import DataType, OpcUaAddress, Profile

CORE = "http://opcfoundation.org/UA/"
NAMESPACE = "urn:lineside:simulated-structures"
TEXT = "Text"
_PATH = re.compile(r"(?P<index>\[0\])?\.?(?P<field>[A-Za-z_]\w*)")
_TYPES = {
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


class Structures:
    """The structures of one profile, by node; signals of one node share one."""

    def __init__(self, profile: Profile) -> None:
        self._name = re.sub(r"\W", "_", profile.id)
        self._places: dict[str, tuple[object, bool, str]] = {}
        """Signal -> (its node, whether that holds an array, field)."""
        self._fields: dict[object, dict[str, DataType]] = {}
        self._values: dict[object, dict[str, Any]] = {}
        self._classes: dict[object, Any] = {}
        for name, signal in profile.signals.items():
            address = signal.address
            if not isinstance(address, OpcUaAddress) or address.value_path is None:
                continue
            found = _PATH.fullmatch(address.value_path)
            if found is None:
                raise ValueError(f"{name}: {address.value_path!r} cannot be simulated")
            node = (address.browse_path, address.node_id)
            self._places[name] = (node, found["index"] is not None, found["field"])
            if found["index"] or found["field"] != TEXT:
                self._fields.setdefault(node, {})[found["field"]] = signal.data_type

    async def define(self, server: Server) -> None:
        """Tell the server the types."""
        if not self._fields:
            return
        index = await server.register_namespace(NAMESPACE)
        names: dict[object, str] = {}
        for number, (node, fields) in enumerate(self._fields.items()):
            names[node] = f"Simulated_{self._name}_{number}"
            made = [new_struct_field(field, _TYPES[kind]) for field, kind in fields.items()]
            await new_struct(server, index, names[node], made)
        classes: Mapping[str, Any] = await server.load_data_type_definitions()
        self._classes = {node: classes[name] for node, name in names.items()}

    def variant(self, signal: str, value: Any) -> ua.Variant:
        """The whole value of a signal's node, with this signal's new one in its place."""
        node, is_array, field = self._places[signal]
        if node not in self._classes:
            return ua.Variant(ua.LocalizedText(str(value), "en"))
        held = self._values.setdefault(node, {})
        held[field] = value
        whole = self._classes[node](**held)
        return ua.Variant([whole] if is_array else whole, ua.VariantType.ExtensionObject)
