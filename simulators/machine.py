"""Physics of one machine that makes pieces: cycles, stops, change-over, scrap, and waiting for its neighbours. Pure.

Time comes in as steps `dt_s`, dice as a seeded `random.Random`. What happened comes back as events; the plant turns
them into registers and into the ground truth.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.contract.state import EquipmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSpec:
    """A kind of stop: how often it comes while the machine runs, and how long it lasts."""

    state: EquipmentState
    every_s: float
    """Mean running time between two such stops."""
    lasts_s: tuple[float, float]
    """Shortest and longest duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """How a machine behaves."""

    cycle_s: float
    cycle_spread: float = 0.02
    """Standard deviation of the cycle time, as a share of it."""
    scrap_share: float = 0.0
    """Probability that a piece is scrap."""
    changeover_s: float = 0.0
    """Set-up time when a new job order is downloaded."""
    stops: tuple[StopSpec, ...] = ()
    shots: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    """Scale id -> (mean, standard deviation) in kg of material per piece."""
    takes: str | None = None
    """Buffer it takes pieces from."""
    takes_per_piece: int = 1
    gives: str | None = None
    """Buffer its good pieces go to."""


@dataclass(slots=True, kw_only=True)
class Buffer:
    """Pieces between two machines."""

    level: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceMade:
    """A cycle ended."""

    good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotDosed:
    """A cycle began and took material from a scale's hopper."""

    scale: str
    kg: float


Event = PieceMade | ShotDosed


class Machine:
    """One machine. `step` moves it on; `hold` and `release` are the key switch on its panel."""

    def __init__(self, spec: MachineSpec, *, rng: random.Random, held: bool = False) -> None:
        self.spec = spec
        self.state = EquipmentState.IDLE
        self.holding = held
        self.job = ""
        self._rng = rng
        self._work_left_s: float | None = None
        self._stop_left_s = 0.0
        self._stop_state = EquipmentState.DOWN
        self._until_stop_s = [self._interval(stop) for stop in spec.stops]

    @property
    def at_rest(self) -> bool:
        """Held, and the last cycle is over: no piece can come before `release`."""
        return self.holding and self._work_left_s is None

    def hold(self) -> None:
        """Make no further piece once the running cycle is over."""
        self.holding = True

    def release(self) -> None:
        """Run again."""
        self.holding = False

    def take_job(self, work_order: str) -> None:
        """A job order was downloaded: another one than before starts a change-over."""
        if work_order and work_order != self.job:
            self.job = work_order
            if self.spec.changeover_s > 0:
                self._begin_stop(EquipmentState.SETUP, self.spec.changeover_s)

    def step(self, dt_s: float, *, buffers: Mapping[str, Buffer]) -> list[Event]:
        """Let `dt_s` seconds pass."""
        if self._stop_left_s > 0:
            self._stop_left_s -= dt_s
            self.state = self._stop_state
            return []
        if self._work_left_s is None:
            return self._begin_cycle(buffers)
        self.state = EquipmentState.RUNNING
        if self._stop_strikes(dt_s):
            return []
        self._work_left_s -= dt_s
        if self._work_left_s > 0:
            return []
        events: list[Event] = [self._end_cycle(buffers)]
        overdue_s = -self._work_left_s
        self._work_left_s = None
        events += self._begin_cycle(buffers)
        if self._work_left_s is not None:
            self._work_left_s = max(0.001, self._work_left_s - overdue_s)
        return events

    def _begin_cycle(self, buffers: Mapping[str, Buffer]) -> list[Event]:
        spec = self.spec
        if self.holding:
            self.state = EquipmentState.IDLE
            return []
        source = buffers[spec.takes] if spec.takes else None
        target = buffers[spec.gives] if spec.gives else None
        if source is not None and source.level < spec.takes_per_piece:
            self.state = EquipmentState.STARVED
            return []
        if target is not None and target.level >= target.capacity:
            self.state = EquipmentState.BLOCKED
            return []
        if source is not None:
            source.level -= spec.takes_per_piece
        self.state = EquipmentState.RUNNING
        spread = max(-0.5, min(0.5, self._rng.gauss(0.0, spec.cycle_spread)))
        self._work_left_s = spec.cycle_s * (1.0 + spread)
        return [
            ShotDosed(scale=scale, kg=max(0.0, self._rng.gauss(mean, deviation)))
            for scale, (mean, deviation) in spec.shots.items()
        ]

    def _end_cycle(self, buffers: Mapping[str, Buffer]) -> PieceMade:
        good = self._rng.random() >= self.spec.scrap_share
        if good and self.spec.gives:
            buffers[self.spec.gives].level += 1
        return PieceMade(good=good)

    def _stop_strikes(self, dt_s: float) -> bool:
        for index, stop in enumerate(self.spec.stops):
            self._until_stop_s[index] -= dt_s
            if self._until_stop_s[index] <= 0:
                self._until_stop_s[index] = self._interval(stop)
                self._begin_stop(stop.state, self._rng.uniform(*stop.lasts_s))
                return True
        return False

    def _begin_stop(self, state: EquipmentState, lasts_s: float) -> None:
        self.state = self._stop_state = state
        self._stop_left_s = lasts_s

    def _interval(self, stop: StopSpec) -> float:
        return self._rng.expovariate(1.0 / stop.every_s)
