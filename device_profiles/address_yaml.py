"""Reads where a value lies: Modbus registers, OPC UA browse paths, MQTT topics and JSON paths."""

import re
from collections.abc import Mapping

from device_profiles.profile import (
    Address,
    DataType,
    ModbusAddress,
    ModbusTable,
    MqttAddress,
    OpcUaAddress,
    Protocol,
    ScaleAddress,
    ScaleDialect,
    ScaleField,
    SparkplugAddress,
)
from device_profiles.strict_yaml import Section

WIDTH_BITS = {
    DataType.BOOL: 1,
    DataType.U16: 16,
    DataType.I16: 16,
    DataType.U32: 32,
    DataType.I32: 32,
    DataType.U64: 64,
    DataType.I64: 64,
    DataType.F32: 32,
    DataType.F64: 64,
}
"""Width of a value; text has none."""
_NAME = r"[\w{}:-]+(\[\d+\])*"
_JSON_PATH = re.compile(rf"({_NAME}|(\[\d+\])+)(\.{_NAME})*")
_NODE_ID = re.compile(r"(?P<prefix>[A-Za-z_][\w-]*):(?P<identifier>(s=.+|i=\d+|g=.+|b=.+))")
REGISTERS_WRITTEN_MAX = 123
"""Registers that one Modbus request can write."""
_STEP = re.compile(r"(?P<prefix>[A-Za-z_][\w-]*):(?P<name>[^/]+)")


def read_namespaces(top: Section, protocol: Protocol) -> Mapping[str, str]:
    if protocol is not Protocol.OPCUA:
        return {}
    opcua = top.section("opcua", required=True)
    listed = opcua.section("namespaces", required=True)
    opcua.finish()
    return {prefix: listed.text(prefix) for prefix in listed.every_key()}


def read_address(
    part: Section, protocol: Protocol, namespaces: Mapping[str, str], data_type: DataType
) -> Address:
    match protocol:
        case Protocol.MODBUS_TCP | Protocol.MODBUS_RTU:
            return _modbus_address(part, data_type)
        case Protocol.OPCUA:
            return _opcua_address(part, namespaces)
        case Protocol.MQTT:
            return MqttAddress(
                topic=part.text("topic"),
                json_path=_json_path(part, "json_path"),
                time_path=_json_path(part, "time_path"),
            )
        case Protocol.SPARKPLUG:
            return SparkplugAddress(metric=part.text("metric"))
        case Protocol.ASCII_SCALE:
            return _scale_address(part, data_type)


def read_dialect(top: Section, protocol: Protocol) -> ScaleDialect | None:
    if protocol is not Protocol.ASCII_SCALE:
        return None
    scale = top.section("ascii_scale", required=True)
    dialect = scale.one_of("dialect", ScaleDialect)
    scale.finish()
    return dialect


def _scale_address(part: Section, data_type: DataType) -> ScaleAddress:
    field = part.one_of("field", ScaleField)
    weight = field in (ScaleField.NET, ScaleField.GROSS, ScaleField.TARE)
    if weight and data_type in (DataType.BOOL, DataType.STRING):
        part.fault("type", f"{field} is a weight", "write `type: f64`")
    if not weight and data_type is not DataType.BOOL:
        part.fault("type", f"{field} is true or false", "write `type: bool`")
    return ScaleAddress(field=field)


def _modbus_address(part: Section, data_type: DataType) -> ModbusAddress:
    table = part.one_of("table", ModbusTable)
    bit = part.optional_integer("bit", high=15)
    bits = part.integer("bits", 1, low=1, high=16)
    registers = table in (ModbusTable.HOLDING, ModbusTable.INPUT)
    if not registers and (bit is not None or data_type is not DataType.BOOL):
        part.fault("table", f"a {table} is a single bit", "write `type: bool` and no `bit`")
    if registers and data_type is DataType.BOOL and bit is None:
        part.fault("type", "a register is not a bool", "add `bit: 0` to `15`, or read it as u16")
    if bit is not None and bit + bits > 16:
        part.fault(
            "bits",
            f"bits {bit} to {bit + bits - 1} leave the register",
            "keep bit + bits within 16",
        )
    length = part.optional_integer("length", low=1, high=REGISTERS_WRITTEN_MAX)
    if (data_type is DataType.STRING) != (length is not None):
        part.fault(
            "length",
            "a text has a length" if length is None else f"{data_type} has a length of its own",
            "write `type: string` and `length:` in registers, two characters each",
        )
    words = length or max(1, WIDTH_BITS.get(data_type, 16) // 16)
    address = part.integer("address", high=65_535)
    if address + words > 65_536:
        part.fault(
            "address",
            f"{words} registers from {address} leave the table",
            "addresses are 0-based, up to 65535",
        )
    return ModbusAddress(table=table, address=address, bit=bit, bits=bits, length=length or 0)


def _opcua_address(part: Section, namespaces: Mapping[str, str]) -> OpcUaAddress:
    path, node_id = part.optional_text("browse_path"), part.optional_text("node_id")
    if (path is None) == (node_id is None):
        part.fault(
            "node_id" if path else "browse_path",
            "browse_path and node_id are both given" if path else "the signal has no address",
            "write either `browse_path: m:Machine/m:Count` or `node_id: m:i=2042`",
        )
    return OpcUaAddress(
        browse_path=_browse_path(part, path, namespaces) if path else (),
        node_id=_node_id(part, node_id, namespaces) if node_id else None,
        value_path=_json_path(part, "value_path"),
    )


def _node_id(part: Section, text: str, namespaces: Mapping[str, str]) -> tuple[str, str]:
    found = _NODE_ID.fullmatch(text)
    if not found:
        part.fault(
            "node_id",
            f"{text!r} is no node id",
            """write 'm:s="DB"."Tag"' or m:i=2042: prefix, kind (s, i, g, b), identifier""",
        )
        return "", text
    return _uri(part, "node_id", found["prefix"], namespaces), found["identifier"]


def _uri(part: Section, key: str, prefix: str, namespaces: Mapping[str, str]) -> str:
    if prefix not in namespaces:
        known = ", ".join(namespaces) or "none"
        part.fault(
            key,
            f"unknown prefix {prefix!r}",
            f"declare it under opcua.namespaces (known: {known})",
        )
    return namespaces.get(prefix, "")


def _browse_path(
    part: Section, text: str, namespaces: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    steps: list[tuple[str, str]] = []
    for step in text.split("/"):
        found = _STEP.fullmatch(step)
        if not found:
            part.fault(
                "browse_path",
                f"{step!r} is not prefix:Name",
                "write m:Machine/m:Status from Objects on",
            )
        else:
            steps.append((_uri(part, "browse_path", found["prefix"], namespaces), found["name"]))
    return tuple(steps)


def _json_path(part: Section, key: str) -> str | None:
    text = part.optional_text(key)
    if text is not None and not _JSON_PATH.fullmatch(text):
        part.fault(key, f"{key} is {text!r}", "write a path such as cartons.total or items[0].n")
    return text
