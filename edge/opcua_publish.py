"""What a publish response says (OPC 10000-4, 5.14.5; bytes as in OPC 10000-6, 5.2), without an object for each of its parts.

A server with a thousand changing values sends ten thousand of these a second; the library builds some twelve objects for
each. Numbers and truth values are read here at once; whatever else a value may be is left to the library. Pure.
"""

# asyncua's protocol types are generated and only partly typed.
# pyright: reportPrivateImportUsage=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import struct
from datetime import UTC, datetime, timedelta

import msgspec
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import (
    extensionobject_from_binary,
    nodeid_from_binary,
    struct_from_binary,
    variant_from_binary,
)

_NUMBERS = {
    kind.value: struct.Struct(code)
    for kind, code in (
        (ua.VariantType.Boolean, "<?"),
        (ua.VariantType.SByte, "<b"),
        (ua.VariantType.Byte, "<B"),
        (ua.VariantType.Int16, "<h"),
        (ua.VariantType.UInt16, "<H"),
        (ua.VariantType.Int32, "<i"),
        (ua.VariantType.UInt32, "<I"),
        (ua.VariantType.Int64, "<q"),
        (ua.VariantType.UInt64, "<Q"),
        (ua.VariantType.Float, "<f"),
        (ua.VariantType.Double, "<d"),
    )
}
_VALUE, _STATUS, _SOURCE_TIME, _SERVER_TIME, _SOURCE_PICO, _SERVER_PICO = 1, 2, 4, 8, 16, 32
"""Bits that say which parts of a data value follow (OPC 10000-6, 5.2.2.17)."""
_HEAD, _UINT, _INT, _LONG = (struct.Struct(code) for code in ("<IB", "<I", "<i", "<q"))
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_TICKS_MAX = (
    (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 10
)
"""Later times are cut to it."""
_DATA_CHANGE = ua.ObjectIds.DataChangeNotification_Encoding_DefaultBinary


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A new value of one monitored item."""

    handle: int
    """The client's handle of the item."""
    value: object
    """None: there is none."""
    status: int = 0
    """StatusCode; 0 is good."""
    source_time: datetime | None = None


class Publish(msgspec.Struct, frozen=True, kw_only=True):
    """One publish response."""

    subscription: int
    sequence: int
    changes: list[Change]
    others: list[object]
    """Notifications that are no data changes, as the library knows them."""

    @property
    def says_nothing(self) -> bool:
        """A sign of life, with a number that is not used up."""
        return not self.changes and not self.others


def read_publish(data: Buffer) -> Publish:
    """Read a response from its type id on; raises when it is none, or ends too soon."""
    nodeid_from_binary(data)
    struct_from_binary(ua.ResponseHeader, data)
    subscription = _one(_UINT, data)
    data.skip(4 * max(0, _one(_INT, data)))  # sequence numbers that can be had again
    data.skip(1)  # whether more notifications wait
    sequence = _one(_UINT, data)
    data.skip(8)  # when it was sent
    changes: list[Change] = []
    others: list[object] = []
    for _ in range(_one(_INT, data)):
        body = data.copy()
        kind = nodeid_from_binary(body)
        if kind.Identifier == _DATA_CHANGE and kind.NamespaceIndex == 0 and body.read(1) == b"\x01":
            length = _one(_INT, body)
            changes += _changes(body.read(length))
            data.skip(len(data) - len(body))
        else:
            others.append(extensionobject_from_binary(data))
    return Publish(subscription=subscription, sequence=sequence, changes=changes, others=others)


def _one(packed: struct.Struct, data: Buffer) -> int:
    return packed.unpack(data.read(packed.size))[0]


def _changes(body: bytes) -> list[Change]:
    """The items of a DataChangeNotification."""
    found: list[Change] = []
    at = _INT.size
    ticks, time = -1, None
    for _ in range(_INT.unpack_from(body)[0]):
        handle, parts = _HEAD.unpack_from(body, at)
        at += _HEAD.size
        value, status, source_time = None, 0, None
        if parts & _VALUE:
            number = _NUMBERS.get(body[at])
            if number is not None:
                value = number.unpack_from(body, at + 1)[0]
                at += 1 + number.size
            else:
                value, at = _other_value(body, at)
        if parts & _STATUS:
            status = _UINT.unpack_from(body, at)[0]
            at += _UINT.size
        if parts & _SOURCE_TIME:
            said = _LONG.unpack_from(body, at)[0]
            at += _LONG.size
            if said != ticks:
                ticks, time = said, _moment(said)
            source_time = time
        if parts & ~(_VALUE | _STATUS | _SOURCE_TIME):
            at += _size_of_the_rest(parts)
        found.append(Change(handle=handle, value=value, status=status, source_time=source_time))
    if at > len(body):
        raise ua.UaError("a notification ends in the middle of a value")
    return found


def _other_value(body: bytes, at: int) -> tuple[object, int]:
    """A text, a structure or an array, read by the library; and where it ends."""
    rest = Buffer(body, at)
    value: object = variant_from_binary(rest).Value
    return value, rest.cur_pos


def _size_of_the_rest(parts: int) -> int:
    """Bytes of the source's picoseconds, the server's time and its picoseconds, which nobody asks for."""
    return (
        (2 if parts & _SOURCE_PICO else 0)
        + (8 if parts & _SERVER_TIME else 0)
        + (2 if parts & _SERVER_PICO else 0)
    )


def _moment(ticks: int) -> datetime:
    """100 ns since 1601, cut to what a datetime can hold."""
    return _EPOCH + timedelta(microseconds=min(max(ticks, 0), _TICKS_MAX) // 10)
