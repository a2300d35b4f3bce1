"""What the plant knows of a unit and its signals, and how far it came while a batch of facts is read.

As every fact of the plant comes by here, amounts are whole millionths (the ledger's six places) and times whole
microseconds: exact, and much faster than Decimal and datetime.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from gateway.contract.fact import Cause

MILLION = 1_000_000
QUANTITY_LIMIT = 10**12 * MILLION
"""Quantities of this size and beyond, in millionths, do not fit the ledger's columns."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE_US = 60 * MILLION
EVER_US = 10**18
_WIDE = Context(prec=60)
_STEP = Decimal(1).scaleb(-6)
_BASELINE = Cause.BASELINE


class SignalSense(NamedTuple):
    """What the plant knows of a signal, and how far its total is committed. A tuple: every batch makes hundreds."""

    signal_id: int
    name: str
    role: str
    agent: str
    """The only agent that may send it; empty: any."""
    item_id: int | None
    """What it weighs."""
    epoch: int | None
    total: int | None
    """Millionths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """When an order ran on the unit: [started, ended), microseconds since EPOCH."""

    started: int
    ended: int | None
    operation_id: int | None
    """None: the order is closed, its facts belong to nobody."""
    changed_at: int | None = None
    """When the components of the operation, as they are stated here, were stated otherwise; None: not yet."""


def stretches(run: Run, changes: Sequence[int]) -> list[Run]:
    """The run in stretches, between the times at which components of its operation changed, earliest first."""
    found: list[Run] = []
    start = run.started
    for change in changes:
        if change > start and (run.ended is None or start < run.ended):
            end = change if run.ended is None else min(change, run.ended)
            found.append(replace(run, started=start, ended=end, changed_at=change))
            start = end
    if run.ended is None or start < run.ended or not found:
        found.append(replace(run, started=start))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSense:
    """A unit as the plant knows it."""

    equipment_id: int
    has_line_side: bool
    signals: Sequence[SignalSense]
    runs: Sequence[Run]
    """By start; at least all that the batch's machine times need."""
    changed: bool = False
    """Components of one of these runs' operations changed since its release."""


@dataclass(slots=True)
class Tally:
    """What one unit did in one minute for one order, or what it used of one item; millionths."""

    good: int = 0
    scrap: int = 0
    used: int = 0
    last_at: int = -EVER_US


TallyKey = tuple[int, int | None, int | None, int, int | None]
"""(equipment, operation, weighed item or none for pieces, minute since EPOCH, when components changed since)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stretch of machine time, [start, end), within one minute and one order's run."""

    start: int
    end: int
    operation_id: int | None
    changed_at: int | None = None


@dataclass(slots=True)
class Meter:
    """A signal while a batch is read: what its next total is compared with, and how far it came."""

    sense: SignalSense
    unit: "Unit"
    signal_id: int
    agent: str
    good_factor: int
    scrap_factor: int
    astray: bool
    """Weighed material that could be booked nowhere."""
    bases: dict[int, int] = field(default_factory=dict[int, int])
    epoch: int | None = None
    total: int = 0
    at: int = 0
    slot: Slot | None = None
    kind: bytes = b""
    tally: Tally | None = None
    """Of the slot and kind of fact; none: it adds up to nothing that is booked."""

    def step(self, epoch: int, total: int, delta: int, cause: Cause) -> int:
        """The step that the total proves: from where it was committed, or was in this batch, else its own delta.

        A totalizer's epoch begins at zero, so one that began unseen is booked from there.
        """
        base = self.bases.get(epoch)
        if base is None:
            known = self.sense.epoch
            if known == epoch:
                base = self.sense.total or 0
                self.bases[epoch] = max(total, base)
            else:
                fresh = known is not None and known < epoch and cause is not _BASELINE
                base = 0 if fresh else total - delta
                self.bases[epoch] = total
        elif total > base:
            self.bases[epoch] = total
        return total - base


@dataclass(slots=True)
class Unit:
    """A unit while a batch is read."""

    equipment_id: int
    runs: Sequence[Run]
    has_line_side: bool
    senses: dict[str, SignalSense]
    meters: dict[str, Meter] = field(default_factory=dict[str, Meter])
    """Of the signals that were met."""
    last_at: int = -EVER_US
    """Latest machine time of what is believed."""
    last_arrived: int = -EVER_US
    slot: Slot = Slot(start=0, end=0, operation_id=None)  # frozen

    @property
    def heard_at(self) -> int | None:
        """`last_at`, or None when nothing is believed."""
        return None if self.last_at == -EVER_US else self.last_at

    def meet(self, name: str) -> Meter | None:
        """The meter of a signal that this batch had no fact of before; None: the unit has no such signal."""
        signal = self.senses.get(name)
        if signal is None:
            return None
        rejects = signal.role == "scrap"
        counts_all = rejects and any(other.role == "produced" for other in self.senses.values())
        meter = self.meters[name] = Meter(
            sense=signal,
            unit=self,
            signal_id=signal.signal_id,
            agent=signal.agent,
            good_factor=-1 if counts_all else 1 if signal.role in ("good", "produced") else 0,
            scrap_factor=1 if rejects else 0,
            astray=signal.role == "consumed" and (signal.item_id is None or not self.has_line_side),
        )
        return meter

    def slot_at(self, at: int) -> Slot:
        """The minute, and the operation that ran then: of the latest run that had started, if it had not ended."""
        minute = at - at % MINUTE_US
        place = bisect_right(self.runs, at, key=lambda run: run.started)
        start, end = minute, minute + MINUTE_US
        if place < len(self.runs):
            end = min(end, self.runs[place].started)
        operation = changed_at = None
        if place:
            run = self.runs[place - 1]
            start = max(start, run.started)
            if run.ended is not None and run.ended <= at:
                start = max(start, run.ended)
            else:
                operation, changed_at = run.operation_id, run.changed_at
                end = end if run.ended is None else min(end, run.ended)
        self.slot = Slot(start=start, end=end, operation_id=operation, changed_at=changed_at)
        return self.slot


def unit_to_read(sense: UnitSense) -> Unit:
    """The unit at the beginning of a batch."""
    return Unit(
        equipment_id=sense.equipment_id,
        runs=sense.runs,
        has_line_side=sense.has_line_side,
        senses={signal.name: signal for signal in sense.signals},
    )


def micros(at: datetime) -> int:
    """Microseconds since EPOCH, which is how PostgreSQL keeps them."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * MILLION + since.microseconds


def millionths(quantity: Decimal) -> int | None:
    """Rounded as the database rounds, half away from zero; None beyond what the ledger can hold."""
    if not quantity.is_finite() or quantity.adjusted() >= 12:
        return None
    scaled = quantity.scaleb(6, _WIDE)
    whole = int(scaled)
    if whole != scaled:
        whole = int(quantity.quantize(_STEP, rounding=ROUND_HALF_UP, context=_WIDE).scaleb(6))
    return whole if -QUANTITY_LIMIT < whole < QUANTITY_LIMIT else None
