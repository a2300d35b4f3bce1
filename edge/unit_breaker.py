"""Who on a shared line answers: a unit that stays silent while others speak is asked seldom. Pure."""

from dataclasses import dataclass, field

BREAKER_AFTER = 3
"""After so many failed polls in a row a unit is asked seldom."""
SHARE_MAX = 0.05
"""Share of the line's time that asking a silent unit may cost the others."""
REST_MAX_S = 10.0


@dataclass(slots=True, kw_only=True)
class Line:
    """One serial line, or one TCP endpoint with several units behind it."""

    answered_s: dict[int, float] = field(default_factory=dict[int, float])
    """Unit -> when it last answered, on the monotonic clock."""

    def answered_besides(self, unit: int, since_s: float) -> bool:
        """True when another unit has answered since then: the line is well, the unit is not."""
        return any(at >= since_s for other, at in self.answered_s.items() if other != unit)


@dataclass(slots=True, kw_only=True)
class UnitBreaker:
    """One unit's failures in a row, and how long to leave it alone after the next."""

    unit: int
    line: Line
    timeout_s: float
    """What asking it in vain costs the line."""
    failures: int = 0
    _attempt_s: float = 0.0
    _attempt_before_s: float = 0.0

    def attempt(self, now_s: float) -> None:
        """The unit is about to be asked."""
        self._attempt_before_s, self._attempt_s = self._attempt_s, now_s

    def succeeded(self, now_s: float) -> None:
        """It answered."""
        self.failures = 0
        self.line.answered_s[self.unit] = now_s

    def failed(self) -> None:
        """It did not."""
        self.failures += 1

    @property
    def open(self) -> bool:
        """True while the unit is asked seldom."""
        return self.failures >= BREAKER_AFTER

    def rest_s(self) -> float:
        """How long to leave an unanswering unit alone; 0 when nobody else is kept waiting by it."""
        if not self.open or not self.line.answered_besides(self.unit, self._attempt_before_s):
            return 0.0
        return min(self.timeout_s / SHARE_MAX, REST_MAX_S)
