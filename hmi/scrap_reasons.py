"""Why pieces are scrapped: the choices of the entry sheet, most used first."""

from collections import Counter
from dataclasses import dataclass, field

DEFAULT_REASONS = (
    "short_shot",
    "flash",
    "scratch",
    "colour",
    "dimension",
    "assembly",
    "contamination",
    "setup_piece",
)
"""Codes; their words are `reason.<code>` in the catalogs."""


@dataclass(slots=True, kw_only=True)
class ScrapReasons:
    """Counts what was booked at each unit since this process started."""

    codes: tuple[str, ...] = DEFAULT_REASONS
    _used: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])

    def ranked(self, unit: str) -> list[str]:
        """Most frequent first; equally frequent ones stay in their given order."""
        used = self._used.get(unit, Counter())
        return sorted(self.codes, key=lambda code: -used[code])

    def count(self, unit: str, code: str) -> None:
        """A scrap entry was booked with this reason."""
        if code in self.codes:
            self._used.setdefault(unit, Counter())[code] += 1
