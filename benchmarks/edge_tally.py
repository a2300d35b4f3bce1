"""Which of a device's changes came, and how long each took."""

from collections import Counter
from dataclasses import dataclass, field

LATENCIES_MAX = 4_000_000


@dataclass
class Tally:
    """One run's values. `step_0` and `step_s`: when a device changes by its beat; else each value brings its own time."""

    step_s: float = 0.0
    step_0: float | None = None
    facts: int = 0
    """Values that came, each once."""
    whole: Counter[int] = field(default_factory=Counter[int])
    """Device step -> tags of which it came by itself."""
    lateness: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """(device step, seconds from the device's change to here)."""

    def note(self, step: int, *, alone: bool, changed: float, arrived: float) -> None:
        """One value. Not `alone`: steps before it, which did not come, are in it."""
        self.facts += 1
        if alone:
            self.whole[step] += 1
        if self.step_0 is not None:
            changed = self.step_0 + step * self.step_s
        if len(self.lateness) < LATENCIES_MAX:
            self.lateness.append((step, arrived - changed))

    def steps_in(self, begin: float, end: float) -> range:
        """The device's steps that fell between two moments: by its beat, else as they came."""
        if self.step_0 is None:
            raise ValueError("the device has no beat")
        first, last = ((moment - self.step_0) / self.step_s for moment in (begin, end))
        return range(int(first) + 1, int(last) + 1)
