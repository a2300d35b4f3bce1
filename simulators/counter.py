"""A device's counter as it really counts: wraps at its modulus, and can be cleared. Pure."""

from dataclasses import dataclass

from device_profiles.profile import Counter as CounterProfile


@dataclass(slots=True, kw_only=True)
class DeviceCounter:
    """What the register says, and how many counts there really were."""

    modulus: int
    raw: int
    """Register value in [0, modulus)."""
    total: int = 0
    """True counts since commissioning; a wrap or a reset does not touch it."""

    def add(self, counts: int) -> None:
        """Count on; the register wraps."""
        self.total += counts
        self.raw = (self.raw + counts) % self.modulus

    def clear(self) -> None:
        """A reset: the register starts again at zero, the truth does not."""
        self.raw = 0


def reset_fault(raw: int, profile: CounterProfile, *, modulus: int, unheard_s: float) -> str | None:
    """Why a reset now could not be told from something else, in words; None when it can.

    After at most `unheard_s` seconds without a poll the reader must be able to tell the reset from a stale read
    (which steps back by no more than `jitter`) and from a wrap (which starts near the top).
    """
    step_max = profile.rate_max_per_s * unheard_s + profile.burst
    if raw <= profile.jitter:
        return f"the counter shows {raw}; so small a step back is taken for a stale read"
    if raw >= modulus - step_max:
        return f"the counter shows {raw}, too near its top: the reset could be taken for a wrap"
    return None
