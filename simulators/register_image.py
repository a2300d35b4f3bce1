"""The registers of one Modbus device, filled from its profile: addresses, types, word order, status bits. Pure."""

import struct
from collections.abc import Iterable

from device_profiles.profile import DataType, ModbusAddress, ModbusTable, Signal, WordOrder

RawValue = int | float | str | bool
"""What a device says, before scaling."""

_FORMATS = {
    DataType.U16: ">H",
    DataType.I16: ">h",
    DataType.U32: ">I",
    DataType.I32: ">i",
    DataType.U64: ">Q",
    DataType.I64: ">q",
    DataType.F32: ">f",
    DataType.F64: ">d",
}
_BITS = {
    DataType.U16: 16,
    DataType.I16: 16,
    DataType.U32: 32,
    DataType.I32: 32,
    DataType.U64: 64,
    DataType.I64: 64,
}


def as_integer(value: int, data_type: DataType) -> int:
    """`value` as the type holds it: wrapped to its width, signed where the type is (2147483648 -> -2147483648)."""
    bits = _BITS[data_type]
    value %= 1 << bits
    signed = data_type in (DataType.I16, DataType.I32, DataType.I64)
    return value - (1 << bits) if signed and value >= 1 << (bits - 1) else value


def to_words(value: RawValue, data_type: DataType, order: WordOrder) -> list[int]:
    """The registers of one value in the device's byte and word order."""
    if data_type in _BITS:
        value = as_integer(int(value), data_type)
    packed = struct.pack(_FORMATS[data_type], value)
    words = list(struct.unpack(f">{len(packed) // 2}H", packed))
    if order in (WordOrder.BADC, WordOrder.DCBA):
        words = [(word >> 8) | ((word & 0xFF) << 8) for word in words]
    if order in (WordOrder.CDAB, WordOrder.DCBA):
        words.reverse()
    return words


class RegisterImage:
    """The four tables of one unit. A value is put whole, so a reader never sees half of it."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        self.tables: dict[ModbusTable, list[int]] = {}
        """Registers or bits from address 0 on; empty tables are not served."""
        self._signals: dict[str, tuple[ModbusAddress, Signal]] = {}
        for signal in signals:
            if isinstance(signal.address, ModbusAddress):
                self._signals[signal.name] = (signal.address, signal)
                self._reserve(signal.address, signal.data_type)

    def put(self, name: str, value: RawValue) -> None:
        """Set one signal's raw value; a name the profile does not know is ignored."""
        if name not in self._signals:
            return
        address, signal = self._signals[name]
        table = self.tables[address.table]
        if address.table in (ModbusTable.COIL, ModbusTable.DISCRETE):
            table[address.address] = int(bool(int(value)))
        elif address.bit is not None:
            mask = ((1 << address.bits) - 1) << address.bit
            table[address.address] = (table[address.address] & ~mask) | (
                (int(value) << address.bit) & mask
            )
        else:
            words = to_words(value, signal.data_type, signal.word_order)
            table[address.address : address.address + len(words)] = words

    def _reserve(self, address: ModbusAddress, data_type: DataType) -> None:
        width = struct.calcsize(_FORMATS[data_type]) // 2 if data_type in _FORMATS else 1
        table = self.tables.setdefault(address.table, [])
        table.extend([0] * (address.address + width - len(table)))
