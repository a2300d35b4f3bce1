"""The probe's hint at a word order: given where a value is absurd and another order reads a sane one, else not."""

import struct
from decimal import Decimal

import pytest

from device_profiles.profile import (
    DataType,
    ModbusAddress,
    ModbusTable,
    QualityRules,
    Signal,
    WordOrder,
)
from edge.bench.word_orders import order_hint
from edge.decoding import register_words

AT = ModbusAddress(table=ModbusTable.INPUT, address=0)


def signal(kind: DataType, order: WordOrder, quality: QualityRules | None = None) -> Signal:
    return Signal(
        name="value", role=None, address=AT, data_type=kind, word_order=order, quality=quality
    )


SWAPPED_WORDS = {
    WordOrder.ABCD: WordOrder.CDAB,
    WordOrder.CDAB: WordOrder.ABCD,
    WordOrder.BADC: WordOrder.DCBA,
    WordOrder.DCBA: WordOrder.BADC,
}


@pytest.mark.parametrize("sent", WordOrder)
@pytest.mark.parametrize(("kind", "value"), [(DataType.U32, 1000), (DataType.I32, 250)])
def test_swapped_words_of_a_whole_number_are_noticed(
    kind: DataType, value: int, sent: WordOrder
) -> None:
    words = register_words(signal(kind, sent), value)
    assert order_hint(signal(kind, sent), words) is None
    hint = order_hint(signal(kind, SWAPPED_WORDS[sent]), words)
    assert hint is not None
    assert (hint.order, hint.value) == (sent, value)


@pytest.mark.parametrize("read", WordOrder)
@pytest.mark.parametrize("sent", WordOrder)
@pytest.mark.parametrize("value", [1500.0, 230.5, 0.25, -40.0])
def test_any_wrong_order_of_a_float_is_noticed(
    value: float, sent: WordOrder, read: WordOrder
) -> None:
    words = register_words(signal(DataType.F32, sent), value)
    hint = order_hint(signal(DataType.F32, read), words)
    if read is sent:
        assert hint is None
    else:
        assert hint is not None
        assert (hint.order, hint.value) == (sent, Decimal(str(value)))


def test_the_classic_65_536_000_is_a_thousand_in_the_wrong_order() -> None:
    hint = order_hint(signal(DataType.U32, WordOrder.CDAB), [0x0000, 0x03E8])
    assert hint is not None
    assert (hint.order, hint.value) == (WordOrder.ABCD, 1000)


def test_a_value_outside_the_valid_range_of_the_profile_is_implausible() -> None:
    rules = QualityRules(low=Decimal(0), high=Decimal(500))
    words = list(struct.unpack(">2H", struct.pack(">f", 230.5)))
    assert order_hint(signal(DataType.F32, WordOrder.ABCD, rules), words) is None
    hint = order_hint(signal(DataType.F32, WordOrder.ABCD, rules), words[::-1])
    assert hint is not None
    assert hint.order is WordOrder.CDAB


@pytest.mark.parametrize("words", [[], [7], [0, 0], [0x0000, 0xFFFF], [0x0098, 0x967F]])
def test_plausible_values_and_single_registers_get_no_hint(words: list[int]) -> None:
    assert order_hint(signal(DataType.U32, WordOrder.ABCD), words) is None


def test_a_large_count_that_no_order_makes_small_gets_no_hint() -> None:
    assert order_hint(signal(DataType.U32, WordOrder.ABCD), [0xFFFF, 0xFFFE]) is None
