"""Quantities: exact rationals while calculating, rounded once, when they are booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from mes_server.domain.refusal import Refusal, words

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemUnit:
    """One `unit` of an item is `numerator / denominator` of its stock unit: 1 roll = 200 m is 200 / 1."""

    unit: str
    numerator: int
    denominator: int = 1

    @property
    def factor(self) -> Fraction:
        """Stock units in one of this."""
        return Fraction(self.numerator, self.denominator)


@dataclass(kw_only=True, eq=False)
class UnitUnknown(Refusal):
    """The item is not counted in that unit."""

    type = "unit-unknown"
    status = 422
    title = words("{item} is not counted in {unit}.", "{item}没有单位“{unit}”。")
    detail = words("Use one of: {units}.", "请使用以下单位之一：{units}。")
    item: str
    unit: str
    units: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class QuantityVanishes(Refusal):
    """Less than the ledger can hold."""

    type = "quantity-vanishes"
    status = 422
    title = words(
        "{quantity} {unit} is nothing in {stock_unit}.",
        "{quantity} {unit}换算为{stock_unit}后为零。",
    )
    detail = words("Enter a larger quantity.", "请输入更大的数量。")
    quantity: Decimal
    unit: str
    stock_unit: str


def booked_output(quantity: Fraction | Decimal | int) -> Decimal:
    """Round what is gained (made, received, brought back) to the ledger's six places, never up."""
    exact = Fraction(quantity)
    return (Decimal(exact.numerator * 10**DECIMALS // exact.denominator)).scaleb(-DECIMALS, _WIDE)


def in_stock_unit(
    quantity: Decimal,
    *,
    unit: str | None,
    item: str,
    stock_unit: str,
    units: Sequence[ItemUnit],
    gained: bool = False,
) -> Decimal:
    """A quantity as a person entered it, in the item's stock unit: converted exactly and rounded once, here.

    `gained` quantities are never rounded up. Raises UnitUnknown or QuantityVanishes.
    """
    if unit is None or unit == stock_unit:
        return quantity
    chosen = next((one for one in units if one.unit == unit), None)
    if chosen is None:
        names = tuple(sorted({stock_unit, *(one.unit for one in units)}))
        raise UnitUnknown(item=item, unit=unit, units=names)
    exact = convert(quantity, factor=chosen.factor)
    rounded = booked_output(exact) if gained else booked(exact)
    if rounded == 0 and quantity != 0:
        raise QuantityVanishes(quantity=quantity, unit=unit, stock_unit=stock_unit)
    return rounded
