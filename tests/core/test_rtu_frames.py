"""Modbus RTU frames, against the examples of the standard and of manuals; replies are found in noise, and only true ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import ModbusTable
from edge.rtu_frames import (
    bits,
    coil_request,
    crc16,
    find_reply,
    read_request,
    registers,
    registers_request,
)

REQUEST = read_request(0x11, ModbusTable.HOLDING, 0x6B, 3)
REPLY = bytes.fromhex("1103 06ae415652 4340 49ad")


def test_the_crc_is_that_of_published_frames() -> None:
    assert crc16(bytes.fromhex("1103006b0003")) == bytes.fromhex("7687")
    assert crc16(bytes.fromhex("020700"[:4])) == bytes.fromhex("4112")


def test_requests_are_those_of_the_standard() -> None:
    assert bytes.fromhex("1103006b00037687") == REQUEST
    assert coil_request(0x11, 0xAC, True) == bytes.fromhex("110500acff004e8b")
    assert registers_request(0x11, 1, [0x000A, 0x0102]) == bytes.fromhex(
        "1110000100020 4000a0102c6f0".replace(" ", "")
    )


def test_a_reply_gives_its_registers() -> None:
    reply = find_reply(REQUEST, REPLY)
    assert reply is not None
    assert registers(reply.data) == [0xAE41, 0x5652, 0x4340]


def test_bits_come_lowest_first() -> None:
    request = read_request(0x11, ModbusTable.COIL, 0x13, 10)
    body = bytes.fromhex("110102cd01")
    reply = find_reply(request, body + crc16(body))
    assert reply is not None
    assert bits(reply.data, 10) == [True, False, True, True, False, False, True, True, True, False]


def test_an_exception_is_a_reply() -> None:
    body = bytes.fromhex("118302")
    reply = find_reply(REQUEST, body + crc16(body))
    assert reply is not None
    assert reply.exception == 2


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_reply_is_found_in_any_noise(before: bytes, after: bytes) -> None:
    reply = find_reply(REQUEST, before + REPLY + after)
    assert reply is not None


@given(st.integers(0, 8 * len(REPLY) - 1))
def test_a_reply_with_one_wrong_bit_is_none(bit: int) -> None:
    damaged = bytearray(REPLY)
    damaged[bit // 8] ^= 1 << bit % 8
    assert find_reply(REQUEST, bytes(damaged)) is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(read_request(0x12, ModbusTable.HOLDING, 0x6B, 3), id="another unit"),
        pytest.param(read_request(0x11, ModbusTable.INPUT, 0x6B, 3), id="another table"),
        pytest.param(read_request(0x11, ModbusTable.HOLDING, 0x6B, 2), id="another length"),
        pytest.param(registers_request(0x11, 0x6B, [1, 2, 3]), id="a write"),
    ],
)
def test_the_reply_to_another_question_is_none(other: bytes) -> None:
    assert find_reply(other, REPLY) is None


def test_a_request_heard_as_an_echo_is_no_reply() -> None:
    assert find_reply(REQUEST, REQUEST) is None
    write = registers_request(0x11, 1, [10, 258])
    assert find_reply(write, write) is None
