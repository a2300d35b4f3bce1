"""Text in registers: an order number that a controller shows."""

from hypothesis import given
from hypothesis import strategies as st

from edge.register_text import registers_text, text_registers


def test_the_first_character_is_in_the_high_byte_unless_bytes_are_swapped() -> None:
    assert text_registers("WO-1", 3, swapped=False) == [0x574F, 0x2D31, 0]
    assert text_registers("WO-1", 3, swapped=True) == [0x4F57, 0x312D, 0]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=16), st.booleans())
def test_what_is_written_is_read(text: str, swapped: bool) -> None:
    words = text_registers(text, 8, swapped=swapped)
    assert words is not None
    assert registers_text(words, swapped=swapped) == text


def test_blanks_and_what_follows_a_nul_are_no_text() -> None:
    assert registers_text([0x4120, 0x2020], swapped=False) == "A"
    assert registers_text([0x4100, 0x4242], swapped=False) == "A"


def test_what_does_not_fit_or_is_no_text_is_refused() -> None:
    assert text_registers("12345", 2, swapped=False) is None
    assert registers_text([0xFFFE], swapped=False) is None
