"""Hints at a wrong word order: a 32-bit value that looks absurd, and the order in which it does not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from device_profiles.profile import DataType, Signal, WordOrder
from edge.decoding import RawValue, Undecodable, register_decoder, scaled

FLOAT_SMALLEST, FLOAT_LARGEST = Decimal("0.01"), Decimal(10_000_000)
"""Floats outside are doubted, except zero, when another order reads one within."""
WHOLE_LARGEST = Decimal(10_000_000)
"""Whole numbers beyond are rarely what a young counter or a scale shows."""
FAR = 1_000
"""A whole number is doubted only when another order reads one so many times smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHint:
    """Another word order that reads a plausible value where the profile's does not."""

    order: WordOrder
    value: Decimal


def order_hint(signal: Signal, words: Sequence[int]) -> OrderHint | None:
    """The plausible order for these registers, when the profile's reads something implausible."""
    if len(words) < 2:
        return None
    own = _read(signal, words, signal.word_order)
    if own is not None and _plausible(signal, own):
        return None
    found = [
        OrderHint(order=order, value=value)
        for order in WordOrder
        if order is not signal.word_order
        and (value := _read(signal, words, order)) is not None
        and _plausible(signal, value)
        and (_is_float(signal) or own is None or abs(value) * FAR <= abs(own))
    ]
    return min(found, key=lambda hint: _oddness(signal, hint)) if found else None


def _oddness(signal: Signal, hint: OrderHint) -> tuple[int, int]:
    """Sorts plausible readings: small whole numbers first, round floats first, then the usual orders."""
    digits = len(hint.value.normalize().as_tuple().digits)
    size = digits if _is_float(signal) else int(abs(hint.value))
    return size, [*WordOrder].index(hint.order)


def _read(signal: Signal, words: Sequence[int], order: WordOrder) -> Decimal | None:
    try:
        raw: RawValue = register_decoder(replace(signal, word_order=order))(words, 0)
        return scaled(replace(signal, decimals=None), raw)
    except Undecodable:
        return None


def _plausible(signal: Signal, value: Decimal) -> bool:
    rules = signal.quality
    if rules is not None and (rules.low is not None or rules.high is not None):
        low, high = rules.low, rules.high
        inside = (low is None or value >= low) and (high is None or value <= high)
        if not inside or high is not None:
            return inside
    magnitude = abs((value - signal.offset) / signal.scale)
    if _is_float(signal):
        return magnitude == 0 or FLOAT_SMALLEST <= magnitude <= FLOAT_LARGEST
    return magnitude <= WHOLE_LARGEST


def _is_float(signal: Signal) -> bool:
    return signal.data_type in (DataType.F32, DataType.F64)
