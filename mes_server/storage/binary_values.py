"""Values and arrays in PostgreSQL's binary form, packed by hand where thousands of them travel at once.

Element forms are those of the server's `*_send` functions: numerics as digits to base 10,000, the exponent of the first,
the sign, and the decimals shown; times as microseconds since 2000. An array is passed as a query's parameter like any
other value: `unnest(%(ats)s)`.
"""

from collections.abc import Iterable
from functools import lru_cache
from struct import Struct, pack

from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

NULL = b"\xff\xff\xff\xff"
_INT4 = Struct(">ii").pack
_INT8 = Struct(">iq").pack
_ARRAY = Struct(">iiIii").pack
_EMPTY = Struct(">iiI").pack
_ZERO = Struct(">ihhHh").pack(8, 0, 0, 0, 6)
_ONE_DIGIT = Struct(">ihhHhH").pack
_TWO_DIGITS = Struct(">ihhHhHH").pack
_THREE_DIGITS = Struct(">ihhHhHHH").pack


def int4(value: int | None) -> bytes:
    """An integer, length first."""
    return NULL if value is None else _INT4(4, value)


def int8(value: int | None) -> bytes:
    """A bigint, or a time in microseconds since 2000, length first."""
    return NULL if value is None else _INT8(8, value)


def numeric(millionths: int) -> bytes:
    """A numeric with six decimals, length first."""
    units, rest = divmod(millionths, 1_000_000)
    if 0 < units < 10_000:
        if not rest:
            return _ONE_DIGIT(10, 1, 0, 0, 6, units)
        high, low = divmod(rest, 100)
        if not low:
            return _TWO_DIGITS(12, 2, 0, 0, 6, units, high)
        return _THREE_DIGITS(14, 3, 0, 0, 6, units, high, low * 100)
    if rest or not 0 < units < 100_000_000:
        return _any_numeric(millionths)
    high, low = divmod(units, 10_000)
    return _TWO_DIGITS(12, 2, 1, 0, 6, high, low)


def _any_numeric(millionths: int) -> bytes:
    digits: list[int] = []
    left = abs(millionths) * 100  # two digits to base 10,000 behind the point
    while left:
        left, digit = divmod(left, 10_000)
        digits.append(digit)
    if not digits:
        return _ZERO
    weight = len(digits) - 3
    digits.reverse()
    while not digits[-1]:
        digits.pop()
    sign = 0x4000 if millionths < 0 else 0
    form = Struct(f">ihhHh{len(digits)}H")
    return form.pack(8 + 2 * len(digits), len(digits), weight, sign, 6, *digits)


@lru_cache(maxsize=4_096)
def text(value: str) -> bytes:
    """A text without NUL, length first."""
    encoded = value.encode()
    return len(encoded).to_bytes(4) + encoded


class Integers(bytes):
    """integer[]."""


class Bigints(bytes):
    """bigint[]."""


class Instants(bytes):
    """timestamptz[]."""


class Quantities(bytes):
    """numeric[]."""


class Texts(bytes):
    """text[]."""


def integers(values: Iterable[int | None]) -> Integers:
    """integer[] of numbers."""
    return Integers(_whole_numbers(23, 4, "i", list(values)))


def bigints(values: Iterable[int | None]) -> Bigints:
    """bigint[] of numbers."""
    return Bigints(_whole_numbers(20, 8, "q", list(values)))


def instants(values: Iterable[int | None]) -> Instants:
    """timestamptz[] of microseconds since 2000."""
    return Instants(_whole_numbers(1184, 8, "q", list(values)))


def quantities(values: Iterable[int]) -> Quantities:
    """numeric[] of millionths."""
    return Quantities(_array(1700, map(numeric, values)))


def texts(values: Iterable[str]) -> Texts:
    """text[]."""
    return Texts(_array(25, map(text, values)))


def _whole_numbers(element: int, size: int, code: str, values: list[int | None]) -> bytes:
    if not values or None in values:
        return _array(element, map(int4 if size == 4 else int8, values))
    count = len(values)
    sized: list[int | None] = [size] * (2 * count)
    sized[1::2] = values
    return _ARRAY(1, False, element, count, 1) + pack(f">{f'i{code}' * count}", *sized)


def _array(element: int, packed: Iterable[bytes]) -> bytes:
    parts = list(packed)
    if not parts:
        return _EMPTY(0, 0, element)
    return _ARRAY(1, NULL in parts, element, len(parts), 1) + b"".join(parts)


class _Packed(Dumper):
    format = Format.BINARY

    def dump(self, obj: Buffer) -> Buffer:
        return obj


class _Integers(_Packed):
    oid = 1007


class _Bigints(_Packed):
    oid = 1016


class _Instants(_Packed):
    oid = 1185


class _Quantities(_Packed):
    oid = 1231


class _Texts(_Packed):
    oid = 1009


def register(context: AdaptContext) -> None:
    """Let the queries of a connection take these arrays."""
    for kind, dumper in (
        (Integers, _Integers),
        (Bigints, _Bigints),
        (Instants, _Instants),
        (Quantities, _Quantities),
        (Texts, _Texts),
    ):
        context.adapters.register_dumper(kind, dumper)
