"""Sparkplug B payloads as bytes and back, and their topics. Pure.

A small codec of the part of `sparkplug_b.proto` (Eclipse Tahu, package org.eclipse.tahu.protobuf) that carries values:
payload (timestamp, metrics, seq, uuid, body) and metric (name, alias, timestamp, datatype, flags, scalar values).
Properties (unit, quality) are written; they, data sets, templates and metadata are passed over when read. Topics and
rules: Sparkplug 3.0.0.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

NAMESPACE = "spBv1.0"
BD_SEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"

Scalar = bool | int | float | str | bytes
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT_WIRES = {12: _FIXED32, 13: _FIXED64}
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
"""Datatype -> bits of the signed integers, which travel as two's complement in an unsigned field."""


class DataType(IntEnum):
    """Metric datatypes that carry one value."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15
    BYTES = 17


class Unreadable(ValueError):
    """The bytes are no Sparkplug payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """Something said about a metric: its unit, its quality."""

    name: str
    datatype: DataType
    """INT32, BOOLEAN or STRING."""
    value: bool | int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One value of a node or device."""

    name: str | None = None
    alias: int | None = None
    timestamp_ms: int | None = None
    datatype: int | None = None
    """Always in births; data messages may leave it out."""
    is_historical: bool = False
    is_null: bool = False
    value: Scalar | None = None
    """Integers as they travel, unsigned; `signed` gives them their sign."""
    properties: tuple[Property, ...] = ()
    """Written, never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One message."""

    timestamp_ms: int | None = None
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None


def topic(group: str, kind: str, node: str, device: str | None = None) -> str:
    """`spBv1.0/group/DDATA/node/device`."""
    return "/".join((NAMESPACE, group, kind, node, *([device] if device else [])))


def state_topic(host_id: str) -> str:
    """Where a host application says that it is online (3.0.0, 6.4.1)."""
    return f"{NAMESPACE}/STATE/{host_id}"


def signed(value: Scalar | None, datatype: int | None) -> Scalar | None:
    """A value with the sign of its datatype."""
    bits = _SIGNED_BITS.get(datatype or 0)
    if bits is None or isinstance(value, bool) or not isinstance(value, int):
        return value
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def encode(payload: Payload, *, datatypes: bool = True) -> bytes:
    """The bytes of a payload; without `datatypes` they are left out, as data messages should do after a birth."""
    out = bytearray()
    if payload.timestamp_ms is not None:
        out += _number(1, payload.timestamp_ms)
    for metric in payload.metrics:
        out += _block(2, _encoded_metric(metric, datatypes=datatypes))
    if payload.seq is not None:
        out += _number(3, payload.seq)
    return bytes(out)


def decode(data: bytes) -> Payload:
    """A payload; raises Unreadable."""
    timestamp_ms: int | None = None
    seq: int | None = None
    metrics: list[Metric] = []
    for number, found in _fields(data):
        match number, found:
            case 1, int():
                timestamp_ms = found
            case 2, bytes():
                metrics.append(_metric(found))
            case 3, int():
                seq = found
            case _:
                pass
    return Payload(timestamp_ms=timestamp_ms, metrics=tuple(metrics), seq=seq)


def _metric(data: bytes) -> Metric:
    name: str | None = None
    numbers: dict[int, int] = {}
    value: Scalar | None = None
    for number, found in _fields(data):
        match number, found:
            case 1, bytes():
                name = _text(found)
            case 2 | 3 | 4 | 5 | 7, int():
                numbers[number] = found
            case 10 | 11, int():
                value = found
            case 12, bytes():
                value = struct.unpack("<f", found)[0]
            case 13, bytes():
                value = struct.unpack("<d", found)[0]
            case 14, int():
                value = bool(found)
            case 15, bytes():
                value = _text(found)
            case 16, bytes():
                value = found
            case _:
                pass
    is_null = bool(numbers.get(7, 0))
    return Metric(
        name=name,
        alias=numbers.get(2),
        timestamp_ms=numbers.get(3),
        datatype=numbers.get(4),
        is_historical=bool(numbers.get(5, 0)),
        is_null=is_null,
        value=None if is_null else value,
    )


def _encoded_metric(metric: Metric, *, datatypes: bool) -> bytes:
    out = bytearray()
    if metric.name is not None:
        out += _block(1, metric.name.encode())
    listed: Sequence[tuple[int, int | None]] = (
        (2, metric.alias),
        (3, metric.timestamp_ms),
        (4, metric.datatype if datatypes else None),
        (5, 1 if metric.is_historical else None),
        (7, 1 if metric.is_null else None),
    )
    for number, found in listed:
        if found is not None:
            out += _number(number, found)
    if metric.properties:
        out += _block(9, _encoded_properties(metric.properties))
    if not metric.is_null and metric.value is not None:
        out += _encoded_value(metric.value, metric.datatype)
    return bytes(out)


def _encoded_properties(properties: Sequence[Property]) -> bytes:
    """A PropertySet: all keys, then their values in the same order."""
    out = bytearray()
    for found in properties:
        out += _block(1, found.name.encode())
    for found in properties:
        match found.value:
            case bool():
                value = _number(7, int(found.value))
            case str():
                value = _block(8, found.value.encode())
            case int():
                value = _number(3, found.value & (1 << 32) - 1)
        out += _block(2, _number(1, found.datatype) + value)
    return bytes(out)


def _encoded_value(value: Scalar, datatype: int | None) -> bytes:
    match value:
        case bool():
            return _number(14, int(value))
        case str():
            return _block(15, value.encode())
        case bytes():
            return _block(16, value)
        case int() | float() if datatype == DataType.FLOAT:
            return bytes((12 << 3 | _FIXED32,)) + struct.pack("<f", value)
        case int() | float() if datatype == DataType.DOUBLE or isinstance(value, float):
            return bytes((13 << 3 | _FIXED64,)) + struct.pack("<d", value)
        case _:
            whole = int(value)
            long = datatype in (DataType.INT64, DataType.UINT64, DataType.DATE_TIME)
            if long or (datatype is None and not 0 <= whole < 1 << 32):
                return _number(11, whole & (1 << 64) - 1)
            return _number(10, whole & (1 << 32) - 1)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field number and content, in order; fixed-width fields as their bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise Unreadable(f"wire type {wire}")
        if at + length > len(data):
            raise Unreadable("the payload ends in the middle of a field")
        found = data[at : at + length]
        at += length
        number = key >> 3
        if number in _FLOAT_WIRES and wire != _FLOAT_WIRES[number]:
            raise Unreadable("a number of the wrong width")
        yield number, found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Unreadable("the payload ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
        shift += 7


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("text that is not UTF-8") from error


def _number(number: int, value: int) -> bytes:
    return _packed(number << 3 | _VARINT) + _packed(value)


def _block(number: int, data: bytes) -> bytes:
    return _packed(number << 3 | _BYTES) + _packed(len(data)) + data


def _packed(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
