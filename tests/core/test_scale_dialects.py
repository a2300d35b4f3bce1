"""What ASCII scales say, byte by byte: MT-SICS replies and Toledo continuous output."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.scale_dialects import MtSics, Shown, ToledoContinuous, checksum, converted


def sics(*lines: str) -> list[Shown]:
    return MtSics().feed("".join(f"{line}\r\n" for line in lines).encode())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("S S     100.00 g", Shown(unit="g", net=Decimal("100.00"))),
        ("S D     -10.50 kg", Shown(unit="kg", net=Decimal("-10.50"), moving=True)),
        ("S S     -  3.2 g", Shown(unit="g", net=Decimal("-3.2"))),
        ("S I", Shown(fault=True)),
        ("S +", Shown(overload=True)),
        ("S -", Shown(underload=True)),
        ("ES", Shown(fault=True)),
        ("EL", Shown(fault=True)),
    ],
)
def test_mt_sics_replies_are_read(line: str, expected: Shown) -> None:
    assert sics(line) == [expected]


def test_a_tare_reply_goes_with_the_next_weight() -> None:
    (shown,) = sics("TA A      250.0 g", "S S      1.750 kg")
    assert shown.tare == Decimal("0.25")
    assert shown.gross == Decimal(2)


@pytest.mark.parametrize(
    "line", ["S S 100", "S S x g", "T S 1 g", "hello", "S S     1.00", "S X 1 g"]
)
def test_lines_that_make_no_sense_are_counted_and_left_out(line: str) -> None:
    dialect = MtSics()
    assert dialect.feed(f"{line}\r\n".encode()) == []
    assert dialect.damaged <= 1


@given(st.lists(st.integers(0, 20), max_size=20))
def test_a_reply_in_pieces_is_one_reply(cuts: list[int]) -> None:
    dialect, text = MtSics(), b"S S     100.00 g\r\n"
    pieces = sorted({min(cut, len(text)) for cut in cuts})
    found = [
        shown
        for start, end in zip([0, *pieces], [*pieces, len(text)], strict=True)
        for shown in dialect.feed(text[start:end])
    ]
    assert [shown.net for shown in found] == [Decimal("100.00")]


@given(st.binary(max_size=300))
def test_noise_never_stops_a_dialect(noise: bytes) -> None:
    sound = b"S S     100.00 g\r\n"
    assert MtSics().feed(noise + b"\r\n" + sound)[-1].net == Decimal("100.00")
    toledo = ToledoContinuous()
    frames = toledo.feed(noise + 5 * with_checksum(b"\x02\x2c\x30\x20001234000000\r"))
    assert frames[-1].net == Decimal("12.34")


def with_checksum(frame: bytes) -> bytes:
    return frame + bytes((checksum(frame),))


def toledo(frame: bytes) -> Shown:
    """The frame twice with its checksum, so that it is clear that there is one."""
    return ToledoContinuous().feed(2 * with_checksum(frame))[0]


def test_a_toledo_frame_says_weight_unit_and_decimals() -> None:
    shown = toledo(b"\x02\x2c\x30\x20 12340     0\r")
    assert (shown.net, shown.unit, shown.gross) == (Decimal("123.40"), "kg", Decimal("123.40"))
    assert toledo(b"\x02\x2a\x20\x20 12340     0\r").unit == "lb"
    assert toledo(b"\x02\x29\x30\x20    12     0\r").net == Decimal(120)
    assert toledo(b"\x02\x2c\x30\x21 12340     0\r").unit == "g"


def test_with_a_tare_the_weight_shown_is_net() -> None:
    shown = toledo(b"\x02\x2c\x31\x20 10000  2500\r")
    assert (shown.net, shown.tare, shown.gross) == (Decimal(100), Decimal(25), Decimal(125))


def test_signs_motion_and_range() -> None:
    assert toledo(b"\x02\x2c\x32\x20   100     0\r").net == Decimal(-1)
    assert toledo(b"\x02\x2c\x38\x20   100     0\r").moving
    over = toledo(b"\x02\x2c\x34\x20   100     0\r")
    assert (over.net, over.overload, over.underload) == (None, True, False)
    under = toledo(b"\x02\x2c\x36\x20   100     0\r")
    assert (under.net, under.overload, under.underload) == (None, False, True)
    assert toledo(b"\x02\x2c\x70\x20   100     0\r").fault


def test_frames_without_a_checksum_are_read_as_well() -> None:
    frames = ToledoContinuous().feed(3 * b"\x02\x2c\x30\x20 12340     0\r")
    assert [shown.net for shown in frames] == [Decimal("123.40")] * 3


def test_a_frame_whose_checksum_is_wrong_is_left_out() -> None:
    dialect, frame = ToledoContinuous(), b"\x02\x2c\x30\x20 12340     0\r"
    dialect.feed(with_checksum(frame))
    assert dialect.feed(frame.replace(b"1234", b"1235") + with_checksum(frame)[-1:]) == []
    assert dialect.damaged > 0
    assert len(dialect.feed(with_checksum(frame))) == 1


def test_units_are_converted_exactly_or_not_at_all() -> None:
    assert converted(Decimal("1.234"), "kg", "g") == Decimal(1234)
    assert converted(Decimal(1000), "g", "kg") == Decimal(1)
    assert converted(Decimal(1), "lb", "[lb_av]") == Decimal(1)
    assert converted(Decimal(2), "lb", "kg") == Decimal("0.90718474")
    assert converted(Decimal(1), "pcs", "kg") is None
    assert converted(Decimal(1), "pcs", "") == Decimal(1)
