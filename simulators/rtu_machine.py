"""Modbus RTU frames of units on one line, answered from the registers of their profiles; reading only. Pure."""

from collections.abc import Mapping

from device_profiles.profile import ModbusTable
from simulators.register_image import RawValue, RegisterImage

_TABLES = {
    1: ModbusTable.COIL,
    2: ModbusTable.DISCRETE,
    3: ModbusTable.HOLDING,
    4: ModbusTable.INPUT,
}
_READ_BYTES = 8
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2
REST_MAX = 300
"""Bytes kept of a request that is not complete; more is noise."""


class RtuUnit:
    """One unit on a line: `show` sets its registers, `feed` answers requests for it."""

    def __init__(self, unit: int, image: RegisterImage) -> None:
        self._unit, self._image = unit, image
        self._rest = b""

    async def show(self, values: Mapping[str, RawValue]) -> None:
        """Put new raw values into the registers."""
        for name, value in values.items():
            self._image.put(name, value)

    def feed(self, data: bytes) -> bytes:
        """Answer the requests that are complete; what has a wrong checksum is passed over byte by byte."""
        self._rest = (self._rest + data)[-REST_MAX:]
        answers = b""
        while len(self._rest) >= _READ_BYTES:
            length = 9 + self._rest[6] if self._rest[1] in (15, 16) else _READ_BYTES
            request = self._rest[:length]
            if len(request) == length and crc16(request[:-2]) == request[-2:]:
                self._rest = self._rest[length:]
                answers += self._answer(request)
            elif len(request) < length and length < REST_MAX:
                break
            else:
                self._rest = self._rest[1:]
        return answers

    def tick(self) -> bytes:
        """A unit speaks only when it is asked."""
        return b""

    def _answer(self, request: bytes) -> bytes:
        unit, function = request[0], request[1]
        if unit != self._unit:
            return b""
        start, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
        if function not in _TABLES:
            return _framed(bytes((unit, function | 0x80, ILLEGAL_FUNCTION)))
        words = self._image.tables.get(_TABLES[function], [])[start : start + count]
        if len(words) != count or not count:
            return _framed(bytes((unit, function | 0x80, ILLEGAL_ADDRESS)))
        data = _bits(words) if function in (1, 2) else b"".join(w.to_bytes(2, "big") for w in words)
        return _framed(bytes((unit, function, len(data))) + data)


def crc16(data: bytes) -> bytes:
    """Modbus CRC, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def _framed(body: bytes) -> bytes:
    return body + crc16(body)


def _bits(bits: list[int]) -> bytes:
    return bytes(
        sum(bool(bit) << place for place, bit in enumerate(bits[first : first + 8]))
        for first in range(0, len(bits), 8)
    )
