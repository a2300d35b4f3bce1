"""Modbus requests: few, within the device's limits, and no value torn over two of them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalog import load_profile_by_id
from device_profiles.profile import DataType, ModbusAddress, ModbusTable, Signal
from edge.decoding import words
from edge.request_plan import plan

REGISTER_TYPES = [DataType.U16, DataType.U32, DataType.F64]


def at(name: str, address: int, data_type: DataType = DataType.U16) -> Signal:
    bit_table = data_type is DataType.BOOL
    return Signal(
        name=name,
        role=None,
        address=ModbusAddress(
            table=ModbusTable.COIL if bit_table else ModbusTable.HOLDING, address=address
        ),
        data_type=data_type,
        scale=Decimal(1),
    )


def test_a_scale_is_read_in_one_request() -> None:
    profile = load_profile_by_id("hbm-wtx120-dosing")
    [block] = plan(profile.signals.values(), gap_max=20, block_max=125)
    assert (block.start, block.count) == (0, 20)
    assert {part.signal: part.offset for part in block.parts}["dosed"] == 18


def test_a_gap_that_is_too_wide_is_not_read() -> None:
    blocks = plan([at("a", 0), at("b", 10)], gap_max=8, block_max=125)
    assert [(block.start, block.count) for block in blocks] == [(0, 1), (10, 1)]


def test_tables_are_read_apart() -> None:
    blocks = plan([at("a", 0), at("b", 0, DataType.BOOL)], gap_max=8, block_max=125)
    assert {block.table for block in blocks} == {ModbusTable.HOLDING, ModbusTable.COIL}


def test_two_signals_may_share_a_register() -> None:
    [block] = plan([at("a", 4), at("b", 4)], gap_max=0, block_max=125)
    assert (block.start, block.count, len(block.parts)) == (4, 1, 2)


@given(
    places=st.lists(st.tuples(st.integers(0, 400), st.sampled_from(REGISTER_TYPES)), max_size=40),
    gap_max=st.integers(0, 20),
    block_max=st.integers(4, 125),
)
def test_every_signal_lies_whole_in_one_block_within_the_limits(
    places: list[tuple[int, DataType]], gap_max: int, block_max: int
) -> None:
    signals = {f"s{i}": at(f"s{i}", address, kind) for i, (address, kind) in enumerate(places)}
    blocks = plan(signals.values(), gap_max=gap_max, block_max=block_max)
    assert sorted(part.signal for block in blocks for part in block.parts) == sorted(signals)
    for block in blocks:
        assert block.count <= block_max
        for part in block.parts:
            signal = signals[part.signal]
            assert isinstance(signal.address, ModbusAddress)
            assert block.start + part.offset == signal.address.address
            assert part.offset + words(signal) <= block.count
