"""What an item is besides its stock unit: its GTIN and the units it is counted in."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from mes_server.domain.refusal import Refusal, words


@dataclass(kw_only=True, eq=False)
class GtinWrong(Refusal):
    """Not a GTIN, or its check digit is wrong."""

    type = "gtin-wrong"
    status = 422
    title = words("{gtin} is not a GTIN.", "“{gtin}”不是有效的GTIN。")
    detail = words(
        "Check its digits; the last one is a check digit.", "请核对数字；最后一位为校验码。"
    )
    gtin: str


@dataclass(kw_only=True, eq=False)
class GtinTaken(Refusal):
    """One GTIN, two items."""

    type = "gtin-taken"
    title = words("GTIN {gtin} belongs to {item}.", "GTIN {gtin}已属于{item}。")
    detail = words("Take it off there first, or correct it here.", "请先在该物料取消，或在此更正。")
    gtin: str
    item: str


def gtin_14(text: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits as 14 digits; raises GtinWrong when its check digit is not right."""
    if not text.isdigit() or len(text) not in (8, 12, 13, 14):
        raise GtinWrong(gtin=text)
    digits = text.zfill(14)
    weighed = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits[:-1]))
    if (-weighed) % 10 != int(digits[-1]):
        raise GtinWrong(gtin=text)
    return digits


def exact_bill(
    base: Fraction, lines: Sequence[tuple[Fraction, Fraction]]
) -> tuple[Fraction, list[Fraction]]:
    """Base quantity and component quantities in stock units, exact in six decimals.

    `lines` are (quantity, factor of its unit). A bill that no six decimals can say (a third of a roll) is stated for a
    multiple of its base quantity.
    """
    exact = [quantity * factor for quantity, factor in lines]
    whole = lcm(*(_beyond_six_places(one) for one in [base, *exact]))
    return base * whole, [one * whole for one in exact]


def _beyond_six_places(value: Fraction) -> int:
    """What the value must be multiplied with so that six decimals say it."""
    return (value * 10**6).denominator
