"""What the facts of a batch mean here: which signal it was, which order ran at machine time, the step its total proves.

Pure: it is told what the plant knows of each unit, reads facts in their order, and keeps what follows from them.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, assert_never
from uuid import UUID

from gateway.contract.fact import (
    AnyFact,
    CountFact,
    JobAnswerFact,
    MeasurementFact,
    Quality,
    StateFact,
    WeightFact,
)
from mes_server.domain.unit_sense import (
    EPOCH,
    MILLION,
    MINUTE_US,
    QUANTITY_LIMIT,
    Meter,
    Slot,
    Tally,
    TallyKey,
    Unit,
    UnitSense,
    micros,
    millionths,
    unit_to_read,
)

_GOOD, _UNCERTAIN, _QUARANTINED = Quality.GOOD, Quality.UNCERTAIN, Quality.QUARANTINED
_QUALITY = {_GOOD: b"g", _UNCERTAIN: b"u", _QUARANTINED: b"q"}

UNKNOWN = "this unit has no such signal of this agent in the plant file"
LOWER = "the total is lower than what is already committed"
ASTRAY = "the weighed item, or the line side of the unit, is not in the master data"
TOO_LARGE = "not a quantity the ledger can hold"

EventRow = tuple[
    int,
    int,
    bytes,
    bytes,
    int | None,
    int | None,
    int | None,
    int,
    int | None,
    int,
    int | None,
    int | None,
    int | None,
    float | None,
    str | None,
]
"""A fact as it is stored: source, seq, kind, quality, equipment, signal, operation, at, since, arrived, epoch, total, step,
value, detail. Kinds: c count, w weight, s state, m measurement, j job answer. A plain tuple, for speed."""


class Quarantined(NamedTuple):
    """A fact that is kept and shown, not booked; microseconds, millionths."""

    source_id: int
    seq: int
    equipment: str
    signal: str
    at: int
    quantity: int
    reason: str


class TotalGap(NamedTuple):
    """A total that jumped beyond its stated step; the jump is booked; microseconds, millionths."""

    signal_id: int
    source_id: int
    seq: int
    at: int
    told: int
    booked: int


class JobAnswer(NamedTuple):
    """What a machine said to a job order."""

    command_id: UUID
    at: int
    accepted: bool
    reason: str


class BatchMeaning:
    """Reads the facts of one batch and holds what follows from them."""

    def __init__(self, units: Mapping[str, UnitSense]) -> None:
        self.units: dict[str, Unit] = {path: unit_to_read(sense) for path, sense in units.items()}
        self.tallies: dict[TallyKey, Tally] = {}
        self.states: dict[tuple[int, int], tuple[str, str]] = {}
        """(equipment, microseconds) -> (state, detail); a later fact about the same instant wins."""
        self.quarantined: list[Quarantined] = []
        self.gaps: list[TotalGap] = []
        self.answers: list[JobAnswer] = []
        self.changed = any(sense.changed for sense in units.values())
        """Components of orders in question changed since their release."""

    def read(
        self,
        facts: Iterable[AnyFact],
        *,
        agent: str,
        source_id: int,
        first_seq: int,
        verdicts: Mapping[int, str],
    ) -> list[EventRow]:
        """The facts as they are to be stored; what follows from them is added to what follows from earlier ones."""
        rows: list[EventRow] = []
        units = self.units
        for seq, fact in enumerate(facts, start=first_seq):
            unit = units.get(fact.equipment)
            meter = None
            if unit is not None:
                meter = unit.meters.get(fact.signal) or unit.meet(fact.signal)
            if meter is not None and meter.agent and meter.agent != agent:
                meter = None
            verdict = verdicts.get(seq) if verdicts else None
            quality = fact.quality if verdict is None else _QUARANTINED
            since = fact.at - EPOCH  # `micros`, without the calls
            at = arrived = (since.days * 86_400 + since.seconds) * MILLION + since.microseconds
            if fact.arrived != fact.at:
                since = fact.arrived - EPOCH
                arrived = (since.days * 86_400 + since.seconds) * MILLION + since.microseconds
            if isinstance(fact, (CountFact, WeightFact)):  # a union costs ten times as much
                row = None
                if meter is not None and quality is not _QUARANTINED:
                    row = self._next(source_id, seq, fact, meter, quality, at, arrived)
                if row is None:
                    row = self._amount(source_id, seq, fact, meter, quality, verdict, at, arrived)
            else:
                row = self._word(source_id, seq, fact, meter, quality, verdict, at, arrived)
            if unit is not None:
                if meter is None:
                    row = (*row[:4], unit.equipment_id, *row[5:])
                if arrived > unit.last_arrived:
                    unit.last_arrived = arrived
                if at > unit.last_at and row[3] != b"q":
                    unit.last_at = at
            rows.append(row)
        return rows

    def _next(
        self,
        source_id: int,
        seq: int,
        fact: CountFact | WeightFact,
        meter: Meter,
        quality: Quality,
        at: int,
        arrived: int,
    ) -> EventRow | None:
        """The row of a fact whose total goes on by its step from the last one of the batch; None: not so plain.

        What `_amount` says of it, without the questions that do not arise: nine facts of ten are such.
        """
        epoch = fact.epoch
        if epoch != meter.epoch or meter.astray:
            return None
        if isinstance(fact, CountFact):
            kind, total, step = b"c", fact.total * MILLION, fact.delta * MILLION
        else:
            kind, total, step = b"w", millionths(fact.total), millionths(fact.delta)
            if total is None or step is None:
                return None
        if step < 0 or total - meter.total != step:
            return None
        meter.total = meter.bases[epoch] = total
        meter.at = at
        unit = meter.unit
        slot = unit.slot
        if not slot.start <= at < slot.end:
            slot = unit.slot_at(at)
        if step:
            self._add(meter, slot, at, step, kind)
        since = fact.since
        return (
            source_id, seq, kind, _QUALITY[quality], unit.equipment_id, meter.signal_id, slot.operation_id, at,
            None if since is None else micros(since), arrived, epoch, total, step, None, fact.cause,
        )  # fmt: skip

    def _amount(
        self,
        source_id: int,
        seq: int,
        fact: CountFact | WeightFact,
        meter: Meter | None,
        quality: Quality,
        verdict: str | None,
        at: int,
        arrived: int,
    ) -> EventRow:
        if isinstance(fact, CountFact):
            kind, total, delta = b"c", fact.total * MILLION, fact.delta * MILLION
        else:
            kind, total, delta = b"w", millionths(fact.total), millionths(fact.delta)
        epoch, cause, since = fact.epoch, fact.cause, fact.since
        reason, step = verdict, None
        if total is None or delta is None:
            quality, reason = _QUARANTINED, verdict or TOO_LARGE
        elif meter is not None:
            step = meter.step(epoch, total, delta, cause)
            if quality is not _QUARANTINED and (step != delta or step < 0 or meter.astray):
                quality, reason = _judged(meter, quality, step, delta, kind)
            if step >= 0 and (meter.epoch is None or epoch >= meter.epoch):
                meter.epoch, meter.total, meter.at = epoch, total, at
        elif quality is not _QUARANTINED:
            quality, reason = _QUARANTINED, UNKNOWN
        operation = equipment = signal = None
        booked = 0
        if meter is not None:
            unit = meter.unit
            slot = unit.slot
            if not slot.start <= at < slot.end:
                slot = unit.slot_at(at)
            equipment, signal, operation = (
                unit.equipment_id,
                meter.sense.signal_id,
                slot.operation_id,
            )
            if step and quality is not _QUARANTINED:
                booked = step
                self._add(meter, slot, at, booked, kind)
        if quality is _QUARANTINED:
            claimed = millionths(Decimal(fact.claimed))
            self._keep(source_id, seq, fact, at, claimed or delta or 0, reason or cause)
        elif step != delta and step is not None and delta is not None and signal is not None:
            self.gaps.append(TotalGap(signal, source_id, seq, at, delta, step))
        return (
            source_id, seq, kind, _QUALITY[quality], equipment, signal, operation, at,
            None if since is None else micros(since), arrived, epoch, total, booked, None, cause,
        )  # fmt: skip

    def _add(self, meter: Meter, slot: Slot, at: int, booked: int, kind: bytes) -> None:
        """Add to what the unit did in that minute for that order."""
        if meter.slot is not slot or meter.kind != kind:
            meter.slot, meter.kind, meter.tally = slot, kind, self._tally(meter, slot, kind)
        tally = meter.tally
        if tally is None:
            return
        if kind == b"c":
            tally.good += meter.good_factor * booked
            tally.scrap += meter.scrap_factor * booked
        else:
            tally.used += booked
        if at > tally.last_at:
            tally.last_at = at

    def _tally(self, meter: Meter, slot: Slot, kind: bytes) -> Tally | None:
        item = None
        if kind == b"w":
            item = meter.sense.item_id
            if meter.sense.role != "consumed" or item is None:
                return None
        elif not (meter.good_factor or meter.scrap_factor):
            return None
        key = (
            meter.unit.equipment_id,
            slot.operation_id,
            item,
            slot.start // MINUTE_US,
            slot.changed_at,
        )
        return self.tallies.setdefault(key, Tally())

    def _word(
        self,
        source_id: int,
        seq: int,
        fact: StateFact | MeasurementFact | JobAnswerFact,
        meter: Meter | None,
        quality: Quality,
        verdict: str | None,
        at: int,
        arrived: int,
    ) -> EventRow:
        reason, kind, value, detail = verdict, b"m", None, None
        match fact:
            case StateFact():
                kind, detail = b"s", text(verdict or fact.detail)
            case MeasurementFact():
                value = fact.value
            case JobAnswerFact():
                kind, detail = b"j", text(fact.reason)
                command = command_id(fact.command_id)
                if command is not None:
                    self.answers.append(JobAnswer(command, at, fact.accepted, detail))
            case _:
                assert_never(fact)
        if quality is not _QUARANTINED and meter is None and kind != b"j":
            quality, reason = _QUARANTINED, UNKNOWN
        if quality is _QUARANTINED:
            self._keep(source_id, seq, fact, at, 0, reason or detail or "not plausible")
        elif isinstance(fact, StateFact) and meter is not None:
            self.states[meter.unit.equipment_id, at] = (fact.state, detail or "")
        equipment = None if meter is None else meter.unit.equipment_id
        signal = None if meter is None else meter.sense.signal_id
        step = 0 if quality is _QUARANTINED else None
        return (
            source_id, seq, kind, _QUALITY[quality], equipment, signal, None, at, None, arrived,
            None, None, step, value, detail,
        )  # fmt: skip

    def _keep(
        self, source_id: int, seq: int, fact: AnyFact, at: int, quantity: int, reason: str
    ) -> None:
        self.quarantined.append(
            Quarantined(
                source_id, seq, text(fact.equipment), text(fact.signal), at, quantity, text(reason)
            )
        )  # fmt: skip


def _judged(
    meter: Meter, quality: Quality, step: int, delta: int, kind: bytes
) -> tuple[Quality, str | None]:
    """How far a fact of a known signal is believed, and why not."""
    if step < 0:
        return _QUARANTINED, LOWER
    if meter.astray and kind == b"w" and delta > 0:
        return _QUARANTINED, ASTRAY
    if step >= QUANTITY_LIMIT:
        return _QUARANTINED, TOO_LARGE
    return (_UNCERTAIN if step != delta and quality is _GOOD else quality), None


def text(value: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return value.replace("\0", "") if "\0" in value else value


def command_id(value: str) -> UUID | None:
    """None for what cannot be the id of a job order's command."""
    try:
        return UUID(value)
    except ValueError:
        return None
