"""Sparkplug B payloads, against bytes that Google's protobuf wrote from the public schema; and what nodes may do wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sparkplug_node import Died, RebirthNeeded, SparkplugNode, Told
from gateway.contract.sparkplug import (
    BD_SEQ,
    DataType,
    Metric,
    Payload,
    Unreadable,
    decode,
    encode,
    signed,
    state_topic,
    topic,
)

FOREIGN = bytes.fromhex(
    "0880d095ffbc3112370a0b436f756e74732f476f6f64100218fbd095ffbc31200742034201784a120a07656e67556e69741207080c4203706373"
    "5080d0acf30e120c10032003280150f9ffffff0f12140a0b54656d70657261747572652009650000ac41120f0a0373657420108a010508011201"
    "61120b0a055374617465200c380118072201752a0378797a"
)
"""Written by protobuf: a count with metadata and properties, an aliased historical Int32, a float, a data set, a null."""


def test_a_payload_of_another_implementation_is_read() -> None:
    payload = decode(FOREIGN)
    good, old, heat, _, state = payload.metrics
    assert (payload.timestamp_ms, payload.seq) == (1_700_000_000_000, 7)
    assert (good.name, good.alias, good.value) == ("Counts/Good", 2, 4_000_000_000)
    assert good.timestamp_ms == 1_700_000_000_123
    assert (old.alias, old.is_historical, signed(old.value, old.datatype)) == (3, True, -7)
    assert heat.value == 21.5
    assert state.is_null
    assert state.value is None


SCALARS = st.one_of(
    st.tuples(st.just(DataType.INT8), st.integers(-(2**7), 2**7 - 1)),
    st.tuples(st.just(DataType.INT16), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just(DataType.INT32), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(DataType.INT64), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(DataType.UINT32), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(DataType.UINT64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(DataType.DOUBLE), st.floats(allow_nan=False)),
    st.tuples(st.just(DataType.FLOAT), st.floats(allow_nan=False, width=32)),
    st.tuples(st.just(DataType.BOOLEAN), st.booleans()),
    st.tuples(st.just(DataType.STRING), st.text()),
)


@given(SCALARS, st.integers(0, 255), st.integers(0, 2**53))
def test_what_is_written_is_read(
    scalar: tuple[DataType, bool | int | float | str], seq: int, timestamp_ms: int
) -> None:
    datatype, value = scalar
    metric = Metric(
        name="m/é", alias=seq, datatype=datatype, value=value, timestamp_ms=timestamp_ms
    )
    found = decode(encode(Payload(timestamp_ms=timestamp_ms, metrics=(metric,), seq=seq)))
    assert found.seq == seq
    assert signed(found.metrics[0].value, datatype) == value
    assert found.metrics[0].timestamp_ms == timestamp_ms


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        decode(data)
    except Unreadable:
        return


@given(st.integers(0, len(FOREIGN) - 1), st.integers(0, 255))
def test_a_damaged_payload_is_read_or_refused(at: int, byte: int) -> None:
    try:
        decode(FOREIGN[:at] + bytes((byte,)) + FOREIGN[at + 1 :])
    except Unreadable:
        return


def test_topics_are_those_of_the_standard() -> None:
    assert topic("G", "NCMD", "N") == "spBv1.0/G/NCMD/N"
    assert topic("G", "DDATA", "N", "D") == "spBv1.0/G/DDATA/N/D"
    assert state_topic("host") == "spBv1.0/STATE/host"


def _bd(number: int) -> Metric:
    return Metric(name=BD_SEQ, datatype=DataType.INT64, value=number)


def _born() -> SparkplugNode:
    """A node with one device, D, whose metric Good has the alias 5; the next sequence number is 2."""
    node = SparkplugNode()
    node.take("NBIRTH", None, Payload(seq=0, metrics=(_bd(3),)))
    good = Metric(name="Good", alias=5, datatype=DataType.INT32, value=10)
    node.take("DBIRTH", "D", Payload(seq=1, metrics=(good,)))
    return node


def _data(seq: int, *metrics: Metric) -> Payload:
    return Payload(seq=seq, metrics=metrics or (Metric(alias=5, value=2**32 - 1),))


def test_an_alias_stands_for_the_name_sign_and_type_of_its_birth() -> None:
    told = _born().take("DDATA", "D", _data(2))
    assert isinstance(told, Told)
    assert [(m.name, m.value, m.datatype) for m in told.metrics] == [("Good", -1, DataType.INT32)]


def test_sequence_numbers_start_again_after_255() -> None:
    node = _born()
    for seq in [*range(2, 256), 0, 1]:
        assert isinstance(node.take("DDATA", "D", _data(seq)), Told)


def test_a_gap_makes_everything_doubtful_until_the_next_birth() -> None:
    node = _born()
    assert isinstance(node.take("DDATA", "D", _data(3)), RebirthNeeded)
    assert isinstance(node.take("DDATA", "D", _data(4)), RebirthNeeded)
    assert not node.is_alive("D")
    assert isinstance(node.take("NBIRTH", None, Payload(seq=0, metrics=(_bd(4),))), Told)


@pytest.mark.parametrize("metric", [Metric(alias=6, value=1), Metric(name="New", value=1)])
def test_a_metric_without_a_birth_asks_for_one(metric: Metric) -> None:
    assert isinstance(_born().take("DDATA", "D", _data(2, metric)), RebirthNeeded)


def test_data_of_a_device_that_was_not_born_asks_for_a_birth() -> None:
    assert isinstance(_born().take("DDATA", "E", _data(2)), RebirthNeeded)


def test_a_death_counts_only_for_its_own_birth() -> None:
    node = _born()
    assert node.take("NDEATH", None, Payload(metrics=(_bd(2),))) is None
    assert node.is_alive("D")
    assert node.take("NDEATH", None, Payload(metrics=(_bd(3),))) == Died(device=None)
    assert not node.is_alive("D")


def test_a_device_can_die_alone() -> None:
    node = _born()
    assert node.take("DDEATH", "D", Payload(seq=2)) == Died(device="D")
    assert not node.is_alive("D")
    assert node.is_alive(None)
