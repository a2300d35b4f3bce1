"""Raw registers and protocol values become the values their profile declares."""

import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import DataType, ModbusAddress, ModbusTable, Signal, WordOrder
from edge.decoding import (
    Undecodable,
    at_path,
    coerce,
    json_path,
    register_decoder,
    register_words,
    scaled,
    state_key,
    unscaled,
)


def signal(
    data_type: DataType,
    order: WordOrder = WordOrder.ABCD,
    *,
    bit: int | None = None,
    bits: int = 1,
    scale: str = "1",
    offset: str = "0",
) -> Signal:
    address = ModbusAddress(table=ModbusTable.HOLDING, address=0, bit=bit, bits=bits)
    return Signal(
        name="x",
        role=None,
        address=address,
        data_type=data_type,
        word_order=order,
        scale=Decimal(scale),
        offset=Decimal(offset),
    )


@pytest.mark.parametrize(
    ("data_type", "order", "registers", "value"),
    [
        (DataType.U16, WordOrder.ABCD, [0xFFFE], 65_534),
        (DataType.I16, WordOrder.ABCD, [0xFFFE], -2),
        (DataType.U16, WordOrder.BADC, [0x0102], 0x0201),
        (DataType.U32, WordOrder.ABCD, [0x0001, 0x0002], 65_538),
        (DataType.U32, WordOrder.CDAB, [0x0002, 0x0001], 65_538),  # ADAM-6051: low word first
        (DataType.U32, WordOrder.BADC, [0x0100, 0x0200], 65_538),
        (DataType.U32, WordOrder.DCBA, [0x0200, 0x0100], 65_538),
        (DataType.I32, WordOrder.ABCD, [0xFFFF, 0xFFFF], -1),
        (DataType.F32, WordOrder.ABCD, [0x41C8, 0x0000], 25.0),
        (DataType.F32, WordOrder.CDAB, [0x0000, 0x41C8], 25.0),
        (DataType.U64, WordOrder.ABCD, [0, 1, 0, 2], 2**32 + 2),
        (DataType.U64, WordOrder.CDAB, [2, 0, 1, 0], 2**32 + 2),
        (DataType.F64, WordOrder.ABCD, [0x4039, 0, 0, 0], 25.0),
    ],
)
def test_registers_are_read_in_the_declared_word_order(
    data_type: DataType, order: WordOrder, registers: list[int], value: float
) -> None:
    decode = register_decoder(signal(data_type, order))
    assert decode([9, *registers, 9], 1) == value


def test_a_bit_and_a_bit_field_of_a_status_word() -> None:
    assert register_decoder(signal(DataType.BOOL, bit=4))([0b1_0000], 0) is True
    assert register_decoder(signal(DataType.BOOL, bit=3))([0b1_0000], 0) is False
    # WTX120, word 5, bits 4-6: number of decimals
    assert register_decoder(signal(DataType.U16, bit=4, bits=3))([0b0011_0000], 0) == 3


def test_a_float_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(Undecodable):
        register_decoder(signal(DataType.F32))([0x7FC0, 0], 0)


orders = st.sampled_from(list(WordOrder))


@given(value=st.integers(-(2**31), 2**31 - 1), order=orders)
def test_what_is_written_reads_back(value: int, order: WordOrder) -> None:
    declared = signal(DataType.I32, order)
    assert register_decoder(declared)(register_words(declared, value), 0) == value


@given(value=st.integers(0, 2**64 - 1), order=orders)
def test_what_is_written_in_64_bits_reads_back(value: int, order: WordOrder) -> None:
    declared = signal(DataType.U64, order)
    assert register_decoder(declared)(register_words(declared, value), 0) == value


@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False), order=orders)
def test_floats_read_back_exactly(value: float, order: WordOrder) -> None:
    declared = signal(DataType.F32, order)
    assert register_decoder(declared)(register_words(declared, value), 0) == value


def test_scaling_of_whole_numbers_is_exact() -> None:
    assert scaled(signal(DataType.I32, scale="0.001"), 12_503) == Decimal("12.503")
    assert scaled(signal(DataType.I16, scale="0.1", offset="-40"), 655) == Decimal("25.5")


def test_a_32_bit_float_counts_as_the_decimal_it_was_meant_to_be() -> None:
    [raw] = struct.unpack(">f", struct.pack(">f", 12.34))
    assert scaled(signal(DataType.F32), raw) == Decimal("12.34")


def test_a_set_point_in_its_unit_becomes_the_raw_value() -> None:
    assert unscaled(signal(DataType.I32, scale="0.001"), 12.503) == 12_503
    with pytest.raises(Undecodable):
        unscaled(signal(DataType.U16), 70_000)


@pytest.mark.parametrize(
    ("data_type", "value", "expected"),
    [
        (DataType.I32, 5, 5),
        (DataType.U32, 5.0, 5),
        (DataType.U32, "12", 12),
        (DataType.BOOL, 1, True),
        (DataType.BOOL, "ON", True),
        (DataType.F64, 3, 3.0),
        (DataType.F64, "1.5", 1.5),
        (DataType.STRING, "execute", "execute"),
    ],
)
def test_values_with_types_of_their_own_fit_the_profile(
    data_type: DataType, value: object, expected: object
) -> None:
    found = coerce(signal(data_type), value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        (DataType.U16, -1),
        (DataType.U16, 65_536),
        (DataType.I32, 1.5),
        (DataType.I32, True),
        (DataType.U32, None),
        (DataType.U32, "many"),
        (DataType.F64, float("nan")),
        (DataType.F64, float("-inf")),
        (DataType.F64, 10**400),
        (DataType.F32, -(10**400)),
        (DataType.BOOL, 2),
        (DataType.STRING, 5),
    ],
)
def test_values_that_do_not_fit_are_refused(data_type: DataType, value: object) -> None:
    with pytest.raises(Undecodable):
        coerce(signal(data_type), value)


def test_a_json_path_leads_to_its_value() -> None:
    message = {"ts": "x", "items": [{"n": 7}], "cartons": {"total": 12}}
    assert at_path(message, json_path("cartons.total")) == 12
    assert at_path(message, json_path("items[0].n")) == 7
    assert at_path(3, json_path("")) == 3
    with pytest.raises(Undecodable, match="rejected"):
        at_path(message, json_path("cartons.rejected"))
    with pytest.raises(Undecodable, match="1"):
        at_path(message, json_path("items[1].n"))


def test_raw_states_are_keys_of_the_state_map() -> None:
    assert [state_key(raw) for raw in (True, False, 6, "execute")] == ["1", "0", "6", "execute"]
