"""Numbers, amounts and times as people read them: in their language, with the unit, in the plant's zone. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from hmi.i18n import Words

COUNTED = frozenset({"pcs", "pc", "ea", "ctn", "set"})
MINUS = "\u2212"
_PLACES = {"kg": 1, "g": 0, "m": 1, "l": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How one visitor reads figures."""

    words: Words
    zone: ZoneInfo

    def number(self, value: Decimal, places: int = 0) -> str:
        """Grouped by thousands, rounded half up for the eye only, with a real minus sign."""
        rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        if rounded == 0:
            rounded = abs(rounded)
        return f"{rounded:,.{places}f}".replace("-", MINUS)

    def amount(self, value: Decimal, unit: str) -> str:
        """A quantity without its unit, with the places that this unit is read to; never rounded to zero."""
        places = _PLACES.get(unit, 0 if unit in COUNTED else 2)
        while places < 6 and value != 0 and abs(value) < Decimal(1).scaleb(-places) / 2:
            places += 1
        if places == 0 and value != value.to_integral_value():
            places = 1
        return self.number(value, places)

    def rate(self, value: Decimal, unit: str) -> str:
        """An amount an hour: whole pieces, or the places of the unit."""
        return self.number(value, 0 if unit in COUNTED else _PLACES.get(unit, 1))

    def unit(self, unit: str) -> str:
        """The unit's word."""
        return self.words.optional(f"unit.{unit}", unit)

    def quantity(self, value: Decimal, unit: str) -> str:
        """A quantity with its unit."""
        return f"{self.amount(value, unit)} {self.unit(unit)}"

    def percent(self, part: Decimal, whole: Decimal) -> int | None:
        """Whole per cent, rounded down so that 100 means all of it; None of nothing."""
        return int(part * 100 / whole) if whole > 0 else None

    def exact(self, value: Decimal) -> str:
        """A figure without a unit: grouped, with the decimals it has and no zeros after them."""
        text = f"{value.normalize():f}"
        places = len(text.partition(".")[2])
        return self.number(value, min(places, 6))

    def signed(self, value: Decimal) -> str:
        """A difference: +3, −0.5, 0."""
        text = self.exact(value)
        return f"+{text}" if value > 0 else text

    def difference(self, value: Decimal, unit: str) -> str:
        """A difference with its unit."""
        sign = "+" if value > 0 else ""
        return f"{sign}{self.quantity(value, unit)}"

    def share(self, part: Decimal, whole: Decimal) -> str | None:
        """A difference in per cent of what it is measured against; None of nothing."""
        if whole == 0:
            return None
        value = (part * 100 / whole).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
        return f"{'+' if value > 0 else ''}{self.number(value, 1)} %"

    def told(self, text: str, now: datetime) -> str:
        """What a record tells as text: a time or a number as people read it, anything else as it stands."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None:
            return self.moment(at, now)
        try:
            return self.exact(Decimal(text))
        except InvalidOperation:
            return text

    def money(self, value: Decimal) -> str:
        """In the currency in which the plant states its costs, which is not told anywhere."""
        return self.number(value, 2)

    def clock(self, at: datetime) -> str:
        """14:32"""
        return at.astimezone(self.zone).strftime("%H:%M")

    def moment(self, at: datetime, now: datetime) -> str:
        """14:32 today, otherwise with the date: 11-24 14:32."""
        there, today = at.astimezone(self.zone), now.astimezone(self.zone).date()
        return there.strftime("%H:%M" if there.date() == today else "%m-%d %H:%M")

    def moment_s(self, at: datetime, now: datetime) -> str:
        """14:32:07 today, otherwise with the date."""
        there, today = at.astimezone(self.zone), now.astimezone(self.zone).date()
        return there.strftime("%H:%M:%S" if there.date() == today else "%m-%d %H:%M:%S")

    def day(self, at: datetime | date) -> str:
        """2026-11-24"""
        there = at.astimezone(self.zone) if isinstance(at, datetime) else at
        return there.strftime("%Y-%m-%d")


def millis(at: datetime | None) -> int | None:
    """Milliseconds since 1970, for the browser to count from."""
    return None if at is None else round(at.astimezone(UTC).timestamp() * 1000)
