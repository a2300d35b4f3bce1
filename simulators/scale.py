"""Physics of a loss-in-weight hopper scale: shots leave the hopper, the reading moves and settles, refills. Pure.

Weights are kilograms; the device shows whole divisions. It sums its dosing results, each rounded to the division,
in its own register, as filler terminals do: the true mass and the register differ by at most half a division a shot.
"""

import random
from dataclasses import dataclass
from enum import StrEnum


class ScaleFault(StrEnum):
    """Status bits that make a reading worthless."""

    ERROR = "error"
    ALARM = "alarm"
    OVERLOAD = "overload"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSpec:
    """How a hopper scale behaves."""

    division_kg: float = 0.001
    hopper_kg: float
    """Material at the first start."""
    refill_below_kg: float
    refill_kg: float
    refill_s: float = 1.5
    motion_s: float = 0.25
    """How long the reading moves after a shot."""
    tare_kg: float = 5.2
    """The empty hopper: gross - net."""
    dosed_start_kg: float = 0.0
    """What the device's sum already shows at the first start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleReading:
    """What the registers show, in divisions."""

    net: int
    gross: int
    dosed: int
    moving: bool
    faults: frozenset[ScaleFault]


class Scale:
    """One hopper on its scale."""

    def __init__(self, spec: ScaleSpec, *, rng: random.Random) -> None:
        self.spec = spec
        self.level_kg = spec.hopper_kg
        self.dosed_kg = 0.0
        """True mass that left the hopper since commissioning."""
        self.dosed_divisions = round(spec.dosed_start_kg / spec.division_kg)
        """The device's own sum register."""
        self.shots = 0
        self.pending_divisions = 0
        """Doses not yet summed: the device sums when the reading has settled."""
        self._rng = rng
        self._shown_kg = self.level_kg
        self._motion_left_s = 0.0
        self._refill_left_s = 0.0
        self._faults: dict[ScaleFault, float] = {}

    @property
    def settled(self) -> bool:
        """No motion, and every dose is in the sum."""
        return self._motion_left_s <= 0 and self._refill_left_s <= 0 and self.pending_divisions == 0

    def dose(self, kg: float) -> None:
        """A shot leaves the hopper."""
        self.level_kg -= kg
        self.dosed_kg += kg
        self.shots += 1
        self.pending_divisions += round(kg / self.spec.division_kg)
        self._motion_left_s = self.spec.motion_s

    def fail(self, fault: ScaleFault, lasts_s: float) -> None:
        """Set a fault bit for a while."""
        self._faults[fault] = lasts_s

    def step(self, dt_s: float) -> int:
        """Let `dt_s` seconds pass; returns the divisions that were added to the device's sum."""
        self._faults = {fault: left - dt_s for fault, left in self._faults.items() if left > dt_s}
        if self._refill_left_s > 0:
            part_s = min(dt_s, self._refill_left_s)
            self.level_kg += self.spec.refill_kg * part_s / self.spec.refill_s
            self._refill_left_s -= part_s
        elif self.level_kg < self.spec.refill_below_kg:
            self._refill_left_s = self.spec.refill_s
        if self._refill_left_s > 0:
            self._shown_kg = self.level_kg + self._rng.uniform(-0.02, 0.02)
            self._motion_left_s = self.spec.motion_s
            return 0
        return self._settle(dt_s)

    def _settle(self, dt_s: float) -> int:
        if self._motion_left_s > 0:
            share = min(1.0, dt_s / self._motion_left_s)
            self._motion_left_s -= dt_s
            self._shown_kg += (self.level_kg - self._shown_kg) * share + self._rng.uniform(
                -0.003, 0.003
            )
        if self._motion_left_s > 0:
            return 0
        self._shown_kg = self.level_kg
        summed, self.pending_divisions = self.pending_divisions, 0
        self.dosed_divisions += summed
        return summed

    def reading(self) -> ScaleReading:
        """What the device shows now."""
        net = round(self._shown_kg / self.spec.division_kg)
        moving = self._motion_left_s > 0 or self._refill_left_s > 0
        return ScaleReading(
            net=net,
            gross=net + round(self.spec.tare_kg / self.spec.division_kg),
            dosed=self.dosed_divisions,
            moving=moving,
            faults=frozenset(self._faults),
        )
