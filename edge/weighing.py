"""From the readings of a scale to captured weighings. Pure.

A reading counts only when it has settled: no motion, no fault or overload, a spread of at most one division for the
settle time and enough samples. `capture` books each load once. `loss_in_weight` books what left the hopper: by the
device's own dosed total where it has one, else by the drop between stable levels; a refill is never consumption.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from device_profiles.profile import Counter, Weighing
from edge.totalizer import CounterMemory, Moment, Step, advance, begin
from gateway.contract.fact import Cause, Quality

LOAD_DIVISIONS_MIN = 20
"""A load counts above so many divisions."""
REARM_DIVISIONS = 10
"""The scale is empty again below so many divisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighingSample:
    """One reading of a scale with its status bits."""

    weight: Decimal
    """Scaled; gross where a tare signal is read as well, else net."""
    moment: Moment
    tare: Decimal = Decimal(0)
    moving: bool = False
    fault: bool = False
    """Any fault bit, overload, or a reading of bad quality."""
    dosed: int | None = None
    """Raw value of the device's own dosed total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Consecutive settled samples."""

    start_s: float
    samples: int
    lowest: Decimal
    highest: Decimal
    dosed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighingMemory:
    """What is known of one scale; kept on disk in the transaction of the fact derived from it."""

    epoch: int
    total: Decimal
    """Material that left, in the signal's unit, since the epoch began."""
    at: datetime
    """Last capture."""
    level: Decimal | None = None
    counter: CounterMemory | None = None
    armed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One weighing to be booked, or (quarantined) only claimed."""

    cause: Cause
    delta: Decimal
    total: Decimal
    level: Decimal
    since: datetime | None
    quality: Quality
    claimed: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dosed:
    """The device's own total of what was dosed."""

    counter: Counter
    scale: Decimal


def widen(spec: Weighing, window: Window | None, sample: WeighingSample) -> Window | None:
    """The window after one more sample: wider, begun anew, or none while the scale moves or is at fault."""
    if sample.moving or sample.fault:
        return None
    weight = sample.weight
    if window is not None and sample.dosed == window.dosed:
        lowest, highest = min(window.lowest, weight), max(window.highest, weight)
        if highest - lowest <= spec.division:
            return replace(window, samples=window.samples + 1, lowest=lowest, highest=highest)
    return Window(
        start_s=sample.moment.monotonic_s,
        samples=1,
        lowest=weight,
        highest=weight,
        dosed=sample.dosed,
    )


def settled(spec: Weighing, window: Window | None, sample: WeighingSample) -> bool:
    """True when the window is long enough, in time and in samples."""
    if window is None or window.samples < spec.samples_min:
        return False
    return (sample.moment.monotonic_s - window.start_s) * 1000 >= spec.settle_ms - 1e-6


def weigh(
    spec: Weighing,
    dosed: Dosed | None,
    memory: WeighingMemory | None,
    sample: WeighingSample,
    *,
    epoch: int,
    late: bool = False,
) -> tuple[WeighingMemory, Capture | None]:
    """Judge one settled sample. `late`: the scale was not heard since the last one."""
    if spec.mode == "capture":
        return _load(spec, memory or _fresh(sample, epoch), sample, late)
    if dosed is not None and sample.dosed is not None:
        return _by_total(dosed, memory, sample, sample.dosed, epoch, late)
    return _by_level(spec, memory, sample, epoch, late)


def rearm(
    spec: Weighing, memory: WeighingMemory | None, sample: WeighingSample
) -> WeighingMemory | None:
    """Capture mode: a scale that is nearly empty may capture the next load."""
    if memory is None or memory.armed or sample.fault:
        return memory
    if sample.weight < REARM_DIVISIONS * spec.division:
        return replace(memory, armed=True)
    return memory


def _fresh(sample: WeighingSample, epoch: int) -> WeighingMemory:
    return WeighingMemory(epoch=epoch, total=Decimal(0), at=sample.moment.at)


def _load(
    spec: Weighing, memory: WeighingMemory, sample: WeighingSample, late: bool
) -> tuple[WeighingMemory, Capture | None]:
    if not memory.armed or sample.weight <= LOAD_DIVISIONS_MIN * spec.division:
        return memory, None
    return _booked(replace(memory, armed=False), sample.weight - sample.tare, sample, late)


def _by_level(
    spec: Weighing, memory: WeighingMemory | None, sample: WeighingSample, epoch: int, late: bool
) -> tuple[WeighingMemory, Capture | None]:
    level = sample.weight - sample.tare
    if memory is None or memory.level is None:
        fresh = replace(memory or _fresh(sample, epoch), level=level, at=sample.moment.at)
        return fresh, _baseline(fresh.total, level, sample)
    drop = memory.level - level
    if abs(drop) <= spec.division:
        return memory, None
    if drop < 0:
        return replace(memory, level=level), None
    return _booked(replace(memory, level=level), drop, sample, late)


def _by_total(
    dosed: Dosed,
    memory: WeighingMemory | None,
    sample: WeighingSample,
    value: int,
    epoch: int,
    late: bool,
) -> tuple[WeighingMemory, Capture | None]:
    level = sample.weight - sample.tare
    if memory is None or memory.counter is None:
        counter, _ = begin(dosed.counter, value, sample.moment, epoch=epoch)
        fresh = replace(_fresh(sample, epoch), level=level, counter=counter)
        return fresh, _baseline(fresh.total, level, sample)
    counter, step = advance(dosed.counter, memory.counter, value, sample.moment, late=late)
    if step is None:
        return replace(memory, counter=counter, level=level), None
    total = step.total * dosed.scale
    after = replace(memory, counter=counter, level=level, total=total, at=sample.moment.at)
    return after, _from_step(step, dosed.scale, level, memory.at)


def _from_step(step: Step, scale: Decimal, level: Decimal, since: datetime) -> Capture:
    return Capture(
        cause=step.cause,
        delta=step.delta * scale,
        total=step.total * scale,
        level=level,
        since=since,
        quality=step.quality,
        claimed=step.claimed * scale,
    )


def _booked(
    memory: WeighingMemory, delta: Decimal, sample: WeighingSample, late: bool
) -> tuple[WeighingMemory, Capture | None]:
    total = memory.total + delta
    after = replace(memory, total=total, at=sample.moment.at)
    return after, Capture(
        cause=Cause.LATE if late else Cause.STEP,
        delta=delta,
        total=total,
        level=sample.weight - sample.tare,
        since=memory.at,
        quality=Quality.UNCERTAIN if late or sample.moment.uncertain else Quality.GOOD,
    )


def _baseline(total: Decimal, level: Decimal, sample: WeighingSample) -> Capture:
    return Capture(
        cause=Cause.BASELINE,
        delta=Decimal(0),
        total=total,
        level=level,
        since=None,
        quality=Quality.UNCERTAIN if sample.moment.uncertain else Quality.GOOD,
    )
