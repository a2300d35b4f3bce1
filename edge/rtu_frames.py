"""Modbus RTU frames: requests with their CRC, and replies found among the noise of a line. Pure.

Source: MODBUS over Serial Line, Specification and Implementation Guide V1.02, 2.5.1; CRC-16 with polynomial A001.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from device_profiles.profile import ModbusTable

READ_FUNCTIONS = {
    ModbusTable.COIL: 1,
    ModbusTable.DISCRETE: 2,
    ModbusTable.HOLDING: 3,
    ModbusTable.INPUT: 4,
}
WRITE_COIL, WRITE_REGISTERS = 5, 16
EXCEPTION_BIT = 0x80
EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    5: "acknowledged, still busy",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target did not answer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply whose unit, function, length and CRC are right."""

    data: bytes = b""
    """After the function code (and the byte count of a read)."""
    exception: int | None = None


def crc16(data: bytes) -> bytes:
    """The two check bytes, low byte first as on the line."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def read_request(unit: int, table: ModbusTable, start: int, count: int) -> bytes:
    """A read of `count` registers or bits from `start` on."""
    return _framed(bytes((unit, READ_FUNCTIONS[table])) + _word(start) + _word(count))


def coil_request(unit: int, address: int, on: bool) -> bytes:
    """Switch one coil."""
    return _framed(
        bytes((unit, WRITE_COIL)) + _word(address) + (b"\xff\x00" if on else b"\x00\x00")
    )


def registers_request(unit: int, start: int, words: Sequence[int]) -> bytes:
    """Write registers from `start` on."""
    data = b"".join(_word(word) for word in words)
    head = bytes((unit, WRITE_REGISTERS)) + _word(start) + _word(len(words)) + bytes((len(data),))
    return _framed(head + data)


def find_reply(request: bytes, received: bytes) -> Reply | None:
    """The reply to a request anywhere in what was received; noise before it is passed over.

    A read's reply must have exactly the length that was asked for, a write's must repeat its address and value: a
    late answer to another question does not pass.
    """
    unit, function = request[0], request[1]
    expected = _reply_head(request)
    body = _body_bytes(request)
    for at in range(len(received) - 4):
        if received[at] != unit:
            continue
        failed = received[at : at + 5]
        if (
            failed[1] == function | EXCEPTION_BIT
            and len(failed) == 5
            and crc16(failed[:3]) == failed[3:]
        ):
            return Reply(exception=failed[2])
        frame = received[at : at + len(expected) + body + 2]
        if len(frame) < len(expected) + body + 2 or not frame.startswith(expected):
            continue
        if crc16(frame[:-2]) == frame[-2:]:
            return Reply(data=frame[len(expected) : -2])
    return None


def registers(data: bytes) -> list[int]:
    """The registers of a read's data."""
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def bits(data: bytes, count: int) -> list[bool]:
    """The first `count` bits of a read's data, lowest first in each byte."""
    return [bool(data[i // 8] >> i % 8 & 1) for i in range(count)]


def _reply_head(request: bytes) -> bytes:
    """The bytes that the reply to a request must begin with."""
    if request[1] in (WRITE_COIL, WRITE_REGISTERS):
        return request[:6]
    return request[:2] + bytes((_read_bytes(request),))


def _body_bytes(request: bytes) -> int:
    return 0 if request[1] in (WRITE_COIL, WRITE_REGISTERS) else _read_bytes(request)


def _read_bytes(request: bytes) -> int:
    count = int.from_bytes(request[4:6], "big")
    of_bits = request[1] in (READ_FUNCTIONS[ModbusTable.COIL], READ_FUNCTIONS[ModbusTable.DISCRETE])
    return (count + 7) // 8 if of_bits else 2 * count


def _framed(pdu: bytes) -> bytes:
    return pdu + crc16(pdu)


def _word(value: int) -> bytes:
    return value.to_bytes(2, "big")
