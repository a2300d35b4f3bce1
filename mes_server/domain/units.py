"""Quantities: exact rationals while calculating, rounded once, when they are booked."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

DECIMALS = 6
"""Decimal places of the ledger, numeric(18,6)."""

_WIDE = Context(prec=60)
_STEP = Decimal(1).scaleb(-DECIMALS)


def booked(quantity: Fraction | Decimal | int) -> Decimal:
    """Round to the ledger's six places, half away from zero as the database rounds; the only rounding there is."""
    exact = Fraction(quantity)
    wide = _WIDE.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    return wide.quantize(_STEP, rounding=ROUND_HALF_UP, context=_WIDE)


def convert(quantity: Decimal, *, factor: Fraction) -> Fraction:
    """`quantity` in another unit, `factor` of which make one of this; exact."""
    if factor <= 0:
        raise ValueError(f"a unit factor must be positive, not {factor}")
    return Fraction(quantity) * factor
