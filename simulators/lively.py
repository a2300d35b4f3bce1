"""Plausible values for any device, worked out from its profile alone: pieces, stops, loads, process values. Pure.

For trying a profile without its device. What a signal shows follows from its role and from who refers to it: the sign of
a weight, the decimals, the bit that a reading requires, the word that says that the device is there.
"""

import math
import random
from collections.abc import Mapping
from decimal import Decimal

from device_profiles.profile import CounterKind, DataType, Profile, Role, ScaleAddress, Signal
from gateway.contract.state import EquipmentState
from simulators.bodies import COUNTING, state_word
from simulators.register_image import RawValue

RUNS_S, STOPS_S = 40.0, 6.0
"""How long the machine runs and stands, about."""
CYCLE_S = 1.0
LOAD_EVERY_S, MOVING_S = 4.0, 1.0
SCRAP_SHARE = 0.05
DECIMALS_SHOWN = 3
COUNTED_BEFORE = 100_000
"""What counters show at the start, where they hold so much."""
_INTEGER_TOP = {
    DataType.U16: 2**16,
    DataType.I16: 2**15,
    DataType.U32: 2**32,
    DataType.I32: 2**31,
    DataType.U64: 2**53,
    DataType.I64: 2**53,
}


class LivelyDevice:
    """One device of a profile; `step` lets time pass, `values` is what it shows."""

    def __init__(self, profile: Profile, *, rng: random.Random) -> None:
        self._profile = profile
        self._rng = rng
        self.running = True
        self._left_s = RUNS_S
        self._cycle_s = CYCLE_S
        self._load_s, self._loads = 0.0, 0
        self._elapsed_s = 0.0
        self.pieces = {Role.GOOD: 0, Role.SCRAP: 0, Role.PRODUCED: 0}
        self._before = {
            signal.name: _first_count(signal)
            for signal in profile.signals.values()
            if signal.counter is not None
        }

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds pass."""
        self._elapsed_s += dt_s
        self._left_s -= dt_s
        if self._left_s <= 0:
            self.running = not self.running
            self._left_s = (RUNS_S if self.running else STOPS_S) * self._rng.uniform(0.7, 1.3)
        if not self.running:
            return
        self._cycle_s -= dt_s
        if self._cycle_s <= 0:
            self._cycle_s += CYCLE_S
            scrap = self._rng.random() < SCRAP_SHARE
            self.pieces[Role.PRODUCED] += 1
            self.pieces[Role.SCRAP if scrap else Role.GOOD] += 1
        self._load_s += dt_s
        if self._load_s >= LOAD_EVERY_S:
            self._load_s -= LOAD_EVERY_S
            self._loads += 1

    def values(self) -> dict[str, RawValue]:
        """Raw values by signal, as the device would show them now."""
        shown = {name: self._own(signal) for name, signal in self._profile.signals.items()}
        for signal in self._profile.signals.values():
            if signal.weighing is not None:
                self._weigh(signal, shown)
        for signal in self._profile.signals.values():
            self._refer(signal, shown)
        alive = self._profile.alive
        if alive is not None:
            shown[alive.signal] = _typed(self._profile.signals[alive.signal], alive.says)
        return shown

    def _own(self, signal: Signal) -> RawValue:
        """What a signal shows by itself."""
        if signal.counter is not None and signal.role in COUNTING:
            return self._count(signal)
        if signal.states is not None:
            state = EquipmentState.RUNNING if self.running else EquipmentState.DOWN
            return _typed(signal, state_word(signal.states, state))
        if signal.role is Role.PROCESS_VALUE:
            return self._process(signal)
        if isinstance(signal.address, ScaleAddress):
            return 0.0 if signal.data_type is not DataType.BOOL else False
        return _empty(signal)

    def _count(self, signal: Signal) -> RawValue:
        counter = signal.counter
        assert counter is not None
        assert signal.role is not None
        made = self.pieces[signal.role]
        if counter.kind is CounterKind.PULSE:
            return bool(made % 2)
        if counter.kind is CounterKind.PER_CYCLE:
            return 1
        raw = self._before[signal.name] + made
        if counter.modulus:
            raw = (raw - counter.lowest) % counter.modulus + counter.lowest
        return _typed(signal, str(raw))

    def _process(self, signal: Signal) -> RawValue:
        """A slow wave within what is plausible."""
        rules = signal.quality
        low = float(rules.low) if rules and rules.low is not None else 0.0
        high = float(rules.high) if rules and rules.high is not None else low + 100.0
        middle, swing = (low + high) / 2, (high - low) / 10
        value = middle + swing * math.sin(self._elapsed_s / 7.0)
        raw = self._raw_of(signal, Decimal(f"{value:.3f}"))
        top = _INTEGER_TOP.get(signal.data_type)
        return raw if top is None else min(max(int(raw), 0), top - 1)

    def _weigh(self, signal: Signal, shown: dict[str, RawValue]) -> None:
        """A hopper that empties shot by shot, or loads that come and go; in motion for a second each time."""
        weighing = signal.weighing
        assert weighing is not None
        moving = self.running and self._load_s < MOVING_S
        divisions = 10_000 - 25 * (self._loads % 300)
        if weighing.mode == "capture":
            divisions = 2_500 + self._loads % 7 if self._loads % 2 else 0
        net = divisions * weighing.division
        shown[signal.name] = self._raw_of(signal, net)
        tare = self._profile.signals.get(weighing.tare or "")
        if tare is not None:
            shown[tare.name] = self._raw_of(tare, Decimal(0))
        for other in self._profile.signals.values():
            if other.name == "gross":
                shown[other.name] = self._raw_of(other, net)
        for name, value in ((weighing.moving, moving), (weighing.stable, not moving)):
            if name is not None:
                shown[name] = _typed(self._profile.signals[name], str(int(value)))
        for name in weighing.faults:
            shown[name] = _typed(self._profile.signals[name], "0")
        if weighing.total is not None:
            total = self._profile.signals[weighing.total]
            dosed = (1_000 + 25 * self._loads) * weighing.division
            shown[total.name] = self._raw_of(total, dosed)

    def _refer(self, signal: Signal, shown: dict[str, RawValue]) -> None:
        """What other signals must say for this one to be believed."""
        if signal.decimals is not None:
            shown[signal.decimals.signal] = self._decimals(signal)[1]
        if signal.quality is not None:
            for name, wanted in signal.quality.require.items():
                shown[name] = _typed(self._profile.signals[name], wanted)
        if signal.sign is not None:
            raw = shown[signal.name]
            negative = isinstance(raw, int | float) and raw < 0
            shown[signal.sign] = negative
            if negative:
                shown[signal.name] = abs(float(raw))

    def _decimals(self, signal: Signal) -> tuple[int, RawValue]:
        """(places, how the device says it)."""
        assert signal.decimals is not None
        said = self._profile.signals[signal.decimals.signal]
        for raw, places in signal.decimals.places.items():
            if places == DECIMALS_SHOWN:
                return places, _typed(said, raw)
        for raw, places in signal.decimals.places.items():
            return places, _typed(said, raw)
        return DECIMALS_SHOWN, DECIMALS_SHOWN

    def _raw_of(self, signal: Signal, value: Decimal) -> RawValue:
        """The raw value that reads as `value`."""
        raw = (value - signal.offset) / signal.scale
        if signal.decimals is not None:
            raw *= 10 ** self._decimals(signal)[0]
        return round(raw) if signal.data_type in _INTEGER_TOP else float(raw)


def _first_count(signal: Signal) -> int:
    counter = signal.counter
    assert counter is not None
    top = _INTEGER_TOP.get(signal.data_type, 2**31)
    return min(COUNTED_BEFORE, (counter.modulus or top) // 2)


def _typed(signal: Signal, text: str) -> RawValue:
    """A raw value as profiles write it, in the signal's type."""
    match signal.data_type:
        case DataType.STRING:
            return text
        case DataType.BOOL:
            return text.lower() in ("1", "true")
        case DataType.F32 | DataType.F64:
            return float(text)
        case _:
            return int(text)


def _empty(signal: Signal) -> RawValue:
    return _typed(signal, "" if signal.data_type is DataType.STRING else "0")


def moved(before: Mapping[str, RawValue], now: Mapping[str, RawValue]) -> dict[str, RawValue]:
    """What changed."""
    return {name: value for name, value in now.items() if before.get(name) != value}
