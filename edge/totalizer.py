"""From the readings of a counter that may wrap, reset, stutter or vanish to a running total. Pure.

The rules are those of the house (DOMAIN, "Counters, scales, states at the edge"). With modulus M and plausible step
L = rate_max x dt + burst, a reading either counts, is a stale read, a wrap or a reset, or it is quarantined for a person:
`suspect` when nothing explains it and it repeats itself, `ambiguous` when wrap and reset both would.

What is made for every reading is a msgspec struct: as frozen as a dataclass, and built ten times as fast.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from device_profiles.profile import Counter, CounterKind
from gateway.contract.fact import Cause, Quality

RESTART_SLACK_S = 5.0
"""Added to the wall-clock difference when the monotonic clocks are not comparable (the agent restarted)."""
CLOCK_BACK_S = 60.0
"""Assumed when even the wall clock went backwards over a restart."""
STALE_ZEROS_MAX = 3
"""So many zeros in a row are no stale reads."""
WRAP_SHARE_MAX = 0.01
"""Wrap wins over reset while L is at most this share of the modulus."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When a sample was taken, on every clock we have."""

    at: datetime
    """Time of the fact: the machine's where it can be trusted, else the agent's."""
    arrived: datetime
    monotonic_s: float
    boot: str
    """Identity of the monotonic clock: the run of the agent."""
    uncertain: bool = False
    """The agent's clock had to stand in for the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An implausible reading that waits for a second one to agree with it."""

    raw: int
    monotonic_s: float


class CounterMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one counter; kept on disk in the transaction of the fact derived from it."""

    epoch: int
    raw: int
    total: int
    at: datetime
    seen: datetime
    """Agent time of the last accepted sample."""
    monotonic_s: float
    boot: str
    overflow: bool = False
    held: Held | None = None
    zeros: int = 0
    """Zeros in a row that may be stale reads."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one sample adds: to be booked, or (suspect, ambiguous) only claimed."""

    cause: Cause
    delta: int
    total: int
    since: datetime | None = None
    claimed: int = 0
    quality: Quality = Quality.GOOD


def begin(
    counter: Counter, value: int, moment: Moment, *, epoch: int
) -> tuple[CounterMemory, Step]:
    """First sample ever, or of a new epoch: a baseline, +0."""
    memory = CounterMemory(
        epoch=epoch,
        raw=_within(counter, value),
        total=0,
        at=moment.at,
        seen=moment.arrived,
        monotonic_s=moment.monotonic_s,
        boot=moment.boot,
    )
    return memory, Step(cause=Cause.BASELINE, delta=0, total=0, quality=_quality(moment))


def resume(
    counter: Counter, value: int, *, epoch: int, total: int, at: datetime, seen: datetime
) -> CounterMemory:
    """A memory from what somebody else knew: `value` was read when `total` was reached. Its clock is nobody's now."""
    return CounterMemory(
        epoch=epoch,
        raw=_within(counter, value),
        total=total,
        at=at,
        seen=seen,
        monotonic_s=0.0,
        boot="",
    )


def advance(
    counter: Counter,
    memory: CounterMemory,
    value: int,
    moment: Moment,
    *,
    late: bool = False,
    overflow: bool | None = None,
) -> tuple[CounterMemory, Step | None]:
    """Judge one good sample. `late`: the device was not heard since the last one. `overflow`: its flag, if it has one."""
    match counter.kind:
        case CounterKind.PULSE:
            return _pulse(memory, value, moment, late)
        case CounterKind.PER_CYCLE:
            return _per_cycle(counter, memory, value, moment)
        case CounterKind.CUMULATIVE:
            pass
    raw = _within(counter, value)
    if raw < 0 or (counter.modulus is not None and raw >= counter.modulus):
        return memory, None
    if raw == memory.raw and memory.held is None:
        return _seen(memory, moment, overflow, raw=raw, total=memory.total), None
    return _cumulative(counter, memory, raw, moment, late, overflow)


def touch(memory: CounterMemory, *, seen: datetime, monotonic_s: float, boot: str) -> CounterMemory:
    """The device was heard at `seen` and had reported no change: the next step began no earlier than that."""
    if memory.held is not None or seen <= memory.seen:
        return memory
    return msgspec.structs.replace(
        memory, at=max(memory.at, seen), seen=seen, monotonic_s=monotonic_s, boot=boot
    )


def plausible_step(counter: Counter, memory: CounterMemory, moment: Moment) -> float:
    """L: counts that may have been added since the last accepted sample."""
    if memory.boot == moment.boot:
        # Readings that a stalled link delivers together lie apart in machine time.
        between = (moment.at - memory.at).total_seconds()
        dt = max(0.0, between, moment.monotonic_s - memory.monotonic_s)
    else:
        dt = (moment.arrived - memory.seen).total_seconds()
        dt = dt + RESTART_SLACK_S if dt >= 0 else CLOCK_BACK_S
    return counter.rate_max_per_s * dt + counter.burst


def _cumulative(
    counter: Counter,
    memory: CounterMemory,
    raw: int,
    moment: Moment,
    late: bool,
    overflow: bool | None,
) -> tuple[CounterMemory, Step | None]:
    limit = plausible_step(counter, memory, moment)
    forward = raw - memory.raw
    if forward >= 0:
        if forward <= limit:
            return _book(memory, raw, forward, Cause.STEP, moment, late, overflow)
        if counter.modulus is not None and counter.modulus - forward <= counter.jitter:
            return msgspec.structs.replace(memory, held=None), None
        return _doubt(counter, memory, raw, moment, forward, overflow)
    if -forward <= counter.jitter:
        return _stale(memory, raw, moment, late, overflow)
    return _fallen(counter, memory, raw, moment, late, overflow, limit)


def _stale(
    memory: CounterMemory, raw: int, moment: Moment, late: bool, overflow: bool | None
) -> tuple[CounterMemory, Step | None]:
    """Within the jitter: a stale read. But a zero that stays is a reset of a counter that had hardly begun."""
    if raw != 0:
        return msgspec.structs.replace(memory, held=None, zeros=0), None
    if memory.zeros + 1 >= STALE_ZEROS_MAX:
        return _book(memory, 0, 0, Cause.RESET, moment, late, overflow)
    return msgspec.structs.replace(memory, held=None, zeros=memory.zeros + 1), None


def _fallen(
    counter: Counter,
    memory: CounterMemory,
    raw: int,
    moment: Moment,
    late: bool,
    overflow: bool | None,
    limit: float,
) -> tuple[CounterMemory, Step | None]:
    """The reading fell: a wrap, a reset, both, or neither."""
    modulus = counter.modulus
    wrapped = (raw - memory.raw) % modulus if modulus is not None else 0
    wrap = modulus is not None and wrapped <= limit and memory.raw >= modulus - 1 - limit
    since_zero = raw + counter.lowest
    reset = 0 <= since_zero <= limit
    if (
        overflow is not None
        and modulus is not None
        and (overflow != memory.overflow or not overflow)
    ):
        # The device's own flag decides: it rose, so the counter wrapped; it is clear, so it did not.
        wrap, reset = (overflow and wrapped <= limit), (reset and not overflow)
    if wrap and reset and modulus is not None and limit > WRAP_SHARE_MAX * modulus:
        return _quarantine(memory, raw, moment, Cause.AMBIGUOUS, max(wrapped, since_zero), overflow)
    if wrap:
        return _book(memory, raw, wrapped, Cause.WRAP, moment, late, overflow)
    if reset:
        return _book(memory, raw, since_zero, Cause.RESET, moment, late, overflow)
    claimed = wrapped if modulus is not None else raw
    return _doubt(counter, memory, raw, moment, claimed, overflow)


def _book(
    memory: CounterMemory,
    raw: int,
    delta: int,
    cause: Cause,
    moment: Moment,
    late: bool,
    overflow: bool | None,
) -> tuple[CounterMemory, Step | None]:
    total = memory.total + delta
    after = _seen(memory, moment, overflow, raw=raw, total=total)
    if delta == 0 and cause is Cause.STEP:
        return after, None
    if late and cause is Cause.STEP:
        cause = Cause.LATE
    return after, Step(
        cause=cause,
        delta=delta,
        total=total,
        since=memory.at if late else None,
        quality=Quality.UNCERTAIN if late else _quality(moment),
    )


def _doubt(
    counter: Counter,
    memory: CounterMemory,
    raw: int,
    moment: Moment,
    claimed: int,
    overflow: bool | None,
) -> tuple[CounterMemory, Step | None]:
    """Nothing explains the reading: hold it, and when the next one agrees, quarantine the jump and go on from there."""
    held = memory.held
    if held is not None:
        grown = (
            counter.rate_max_per_s * max(0.0, moment.monotonic_s - held.monotonic_s) + counter.burst
        )
        agrees = -counter.jitter <= raw - held.raw <= grown
        if agrees:
            return _quarantine(memory, raw, moment, Cause.SUSPECT, claimed, overflow)
    return msgspec.structs.replace(memory, held=Held(raw=raw, monotonic_s=moment.monotonic_s)), None


def _quarantine(
    memory: CounterMemory,
    raw: int,
    moment: Moment,
    cause: Cause,
    claimed: int,
    overflow: bool | None,
) -> tuple[CounterMemory, Step]:
    after = _seen(memory, moment, overflow, raw=raw, total=memory.total)
    return after, Step(
        cause=cause,
        delta=0,
        total=memory.total,
        since=memory.at,
        claimed=claimed,
        quality=Quality.QUARANTINED,
    )


def _pulse(
    memory: CounterMemory, value: int, moment: Moment, late: bool
) -> tuple[CounterMemory, Step | None]:
    """A rising edge is one piece; what happened unheard cannot be known."""
    level = 1 if value else 0
    delta = 1 if level > memory.raw else 0
    return _book(memory, level, delta, Cause.STEP, moment, late, None)


def _per_cycle(
    counter: Counter, memory: CounterMemory, value: int, moment: Moment
) -> tuple[CounterMemory, Step | None]:
    """Each message says how many pieces its cycle made; more than a plausible step is quarantined at once."""
    if value < 0:
        return memory, None
    if value > plausible_step(counter, memory, moment):
        return _quarantine(memory, value, moment, Cause.SUSPECT, value, None)
    return _book(memory, value, value, Cause.STEP, moment, False, None)


def _seen(
    memory: CounterMemory, moment: Moment, overflow: bool | None, *, raw: int, total: int
) -> CounterMemory:
    """The memory after an accepted sample; nothing is held any more."""
    return CounterMemory(
        epoch=memory.epoch,
        raw=raw,
        total=total,
        at=moment.at,
        seen=moment.arrived,
        monotonic_s=moment.monotonic_s,
        boot=moment.boot,
        overflow=memory.overflow if overflow is None else overflow,
    )


def _within(counter: Counter, value: int) -> int:
    """A reading counted from the counter's lowest value; one below zero, seen modulo M: Int32 -1 is 2^32 - 1."""
    if counter.lowest:
        return value - counter.lowest
    if value < 0 and counter.modulus is not None and -value <= counter.modulus:
        return value % counter.modulus
    return value


def _quality(moment: Moment) -> Quality:
    return Quality.UNCERTAIN if moment.uncertain else Quality.GOOD
