"""Raw bytes and protocol values into the values of a profile's signals: word orders, types, bits, exact scaling. Pure."""

import math
import re
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from device_profiles.profile import (
    DataType,
    Decimals,
    ModbusAddress,
    ModbusTable,
    Signal,
    WordOrder,
)
from edge.register_text import registers_text, text_registers

RawValue = bool | int | float | str
"""What a device said, before scaling."""

RegisterDecoder = Callable[[Sequence[int], int], RawValue]
"""(registers of a block, index of the signal's first one) -> raw value."""

PLACES_MAX = 9
"""Decimal places a device may name."""
_FORMATS = {
    DataType.U32: ">I",
    DataType.I32: ">i",
    DataType.U64: ">Q",
    DataType.I64: ">q",
    DataType.F32: ">f",
    DataType.F64: ">d",
}
_FLOAT_MAX = sys.float_info.max
"""Whole numbers may be larger than any float; what is beyond is none."""
_RANGES = {
    DataType.U16: (0, 2**16 - 1),
    DataType.I16: (-(2**15), 2**15 - 1),
    DataType.U32: (0, 2**32 - 1),
    DataType.I32: (-(2**31), 2**31 - 1),
    DataType.U64: (0, 2**64 - 1),
    DataType.I64: (-(2**63), 2**63 - 1),
}


class Undecodable(ValueError):
    """The device said something that is not what its profile declares."""


class Missing(Undecodable):
    """The message does not hold the value at all."""


def words(signal: Signal) -> int:
    """Registers a signal takes; 1 for a single bit."""
    if isinstance(signal.address, ModbusAddress) and signal.address.length:
        return signal.address.length
    return struct.calcsize(_FORMATS[signal.data_type]) // 2 if signal.data_type in _FORMATS else 1


def register_decoder(signal: Signal) -> RegisterDecoder:
    """The decoder of one Modbus signal, built once per device.

    ABCD is high word first, CDAB low word first; BADC and DCBA are the same with the bytes of each word swapped.
    """
    address = signal.address
    if not isinstance(address, ModbusAddress):
        raise TypeError(f"{signal.name} is not a Modbus signal")
    if address.table in (ModbusTable.COIL, ModbusTable.DISCRETE):
        return lambda block, at: bool(block[at])
    if address.bit is not None:
        return _bits(address.bit, address.bits, signal.data_type is DataType.BOOL)
    swapped = signal.word_order in (WordOrder.BADC, WordOrder.DCBA)
    if signal.data_type is DataType.STRING:
        return _text(signal.name, address.length, swapped)
    if signal.data_type not in _FORMATS:
        return _word(swapped, signal.data_type is DataType.I16)
    if signal.data_type is DataType.U32 and not swapped:
        return _low_high if signal.word_order is WordOrder.CDAB else _high_low
    return _many(_FORMATS[signal.data_type], signal.word_order, swapped)


def _high_low(block: Sequence[int], at: int) -> int:
    return block[at] << 16 | block[at + 1]


def _low_high(block: Sequence[int], at: int) -> int:
    return block[at + 1] << 16 | block[at]


def _bits(bit: int, width: int, as_bool: bool) -> RegisterDecoder:
    mask = (1 << width) - 1
    if as_bool:
        return lambda block, at: bool(block[at] >> bit & mask)
    return lambda block, at: block[at] >> bit & mask


def _word(swapped: bool, signed: bool) -> RegisterDecoder:
    if not swapped and not signed:
        return lambda block, at: block[at]

    def decode(block: Sequence[int], at: int) -> int:
        value = block[at]
        if swapped:
            value = (value & 0xFF) << 8 | value >> 8
        return value - 0x10000 if signed and value & 0x8000 else value

    return decode


def _text(name: str, length: int, swapped: bool) -> RegisterDecoder:
    def decode(block: Sequence[int], at: int) -> str:
        text = registers_text(block[at : at + length], swapped=swapped)
        if text is None:
            raise Undecodable(f"{name} is not a text")
        return text

    return decode


def _many(code: str, order: WordOrder, swapped: bool) -> RegisterDecoder:
    count = struct.calcsize(code) // 2
    packer = struct.Struct(f"{'<' if swapped else '>'}{count}H")
    unpack = struct.Struct(code).unpack
    low_first = order in (WordOrder.CDAB, WordOrder.DCBA)

    def decode(block: Sequence[int], at: int) -> RawValue:
        part = block[at : at + count]
        value: RawValue = unpack(packer.pack(*(part[::-1] if low_first else part)))[0]
        if isinstance(value, float) and not math.isfinite(value):
            raise Undecodable(f"{value} is not a number")
        return value

    return decode


def register_words(signal: Signal, value: RawValue) -> list[int]:
    """The registers to write for a value; the inverse of its decoder. Raises Undecodable when it does not fit."""
    raw = coerce(signal, value)
    swapped = signal.word_order in (WordOrder.BADC, WordOrder.DCBA)
    if isinstance(raw, str):
        found = text_registers(raw, words(signal), swapped=swapped)
        if found is None:
            raise Undecodable(f"{raw!r} is longer than {2 * words(signal)} characters")
        return found
    code = _FORMATS.get(signal.data_type, ">h" if signal.data_type is DataType.I16 else ">H")
    data = struct.pack(code, raw)
    found = [
        int.from_bytes(data[i : i + 2], "little" if swapped else "big")
        for i in range(0, len(data), 2)
    ]
    return found[::-1] if signal.word_order in (WordOrder.CDAB, WordOrder.DCBA) else found


def coerce(signal: Signal, value: object) -> RawValue:
    """A value that came with a type of its own (OPC UA, JSON, MQTT text) as the profile's type; raises Undecodable."""
    match signal.data_type:
        case DataType.STRING:
            if isinstance(value, str):
                return value
        case DataType.BOOL:
            return _to_bool(signal, value)
        case DataType.F32 | DataType.F64:
            if isinstance(value, str):
                value = _number(signal, value)
            if (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and -_FLOAT_MAX <= value <= _FLOAT_MAX
            ):
                return float(value)
        case _:
            return _to_int(signal, value)
    raise Undecodable(f"{signal.name}: {value!r} is not {signal.data_type}")


def _to_bool(signal: Signal, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false", "1", "0", "on", "off"):
        return value.lower() in ("true", "1", "on")
    raise Undecodable(f"{signal.name}: {value!r} is not a bool")


def _to_int(signal: Signal, value: object) -> int:
    if isinstance(value, str):
        value = _number(signal, value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    low, high = _RANGES[signal.data_type]
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return int(value)
    raise Undecodable(f"{signal.name}: {value!r} is not {signal.data_type}")


def _number(signal: Signal, text: str) -> int | float:
    try:
        return int(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else float(text)
    except ValueError:
        raise Undecodable(f"{signal.name}: {text!r} is not a number") from None


def scaled(
    signal: Signal, raw: RawValue, others: Mapping[str, RawValue] = MappingProxyType({})
) -> Decimal:
    """raw x scale / 10^places + offset; exact for whole numbers. A float counts as its shortest decimal.

    `others` are the latest raw values of the device's signals, of which one may say the decimal places.
    """
    if isinstance(raw, str):
        raise Undecodable(f"{signal.name}: text has no scale")
    value = _decimal(signal, raw) * signal.scale
    if signal.decimals is not None:
        value = value.scaleb(-_places(signal.decimals, others))
    return value + signal.offset


def _places(decimals: Decimals, others: Mapping[str, RawValue]) -> int:
    said = others.get(decimals.signal)
    if said is None:
        raise Undecodable(f"its decimal places {decimals.signal} are not known")
    if not decimals.places and isinstance(said, int) and 0 <= said <= PLACES_MAX:
        return int(said)
    if state_key(said) in decimals.places:
        return decimals.places[state_key(said)]
    raise Undecodable(f"{decimals.signal} is {said!r}, which names no decimal places")


def _decimal(signal: Signal, raw: int | float) -> Decimal:
    if not isinstance(raw, float):
        return Decimal(raw)
    return Decimal(f"{raw:.7g}" if signal.data_type is DataType.F32 else repr(raw))


def unscaled(signal: Signal, value: float) -> RawValue:
    """The raw value to write for a set-point given in the signal's unit; raises Undecodable when it does not fit."""
    raw = (Decimal(str(value)) - signal.offset) / signal.scale
    if signal.data_type in (DataType.F32, DataType.F64):
        return float(raw)
    return coerce(signal, int(raw.to_integral_value()))


def state_key(raw: RawValue) -> str:
    """The raw value as the key of a profile's state map: `1`, `0`, `execute`."""
    return str(int(raw)) if isinstance(raw, int | bool) else str(raw)


JsonPath = tuple[str | int, ...]


def json_path(text: str) -> JsonPath:
    """`items[0].n` as steps."""
    return tuple(
        int(i) if i else name for name, i in re.findall(r"([^.\[\]]+)(?!\])|\[(\d+)\]", text)
    )


def _below(value: Any, step: str | int) -> Any:
    if isinstance(step, int) or type(value).__module__ == "builtins":
        return value[step]
    return getattr(value, step)


def at_path(document: object, path: JsonPath) -> object:
    """The value at a path into objects, lists and structures; raises Undecodable naming the step that is missing."""
    value: Any = document
    for step in path:
        try:
            value = _below(value, step)
        except (KeyError, IndexError, TypeError, AttributeError):
            raise Missing(f"the message has no {step!r}") from None
    return value
