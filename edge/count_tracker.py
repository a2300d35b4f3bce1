"""A counter of pieces: readings in, count facts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from device_profiles.profile import Counter, CounterKind
from edge.decoding import RawValue
from edge.driver import Batch, Reading
from edge.source_time import SourceTime
from edge.totalizer import CounterMemory, Moment, Step, advance, begin, resume, touch
from edge.tracker import CounterRecord, Output, Place
from gateway.contract.fact import Cause, CountFact, Quality
from gateway.contract.totals import KnownTotal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A reading that waits."""

    reading: Reading
    batch: Batch
    values: Mapping[str, RawValue]


class CountTracker:
    """A counter of pieces.

    One that runs on, and of which this disk knows nothing, may go on from what is known elsewhere: `asks`. Its readings
    wait until somebody says (`learn`); nothing is lost by that, as each contains the ones before.
    """

    def __init__(
        self, place: Place, counter: Counter, record: CounterRecord | None, *, asks: bool = False
    ) -> None:
        self._place = place
        self._counter = counter
        self._memory = record.memory if record else None
        self._times = (
            SourceTime(record.source_time, record.source_value) if record else SourceTime()
        )
        self._value = record.source_value if record else 0
        self._late = True
        self.asks = asks and record is None and counter.kind is CounterKind.CUMULATIVE
        self._first: _Heard | None = None
        self._latest: _Heard | None = None

    def learn(self, known: KnownTotal | None, out: Output) -> bool:
        """Go on from there; or, when nobody knows anything, begin with the first reading that came. False: no need."""
        if not self.asks:
            return False
        self.asks = False
        waited = {id(heard): heard for heard in (self._first, self._latest) if heard is not None}
        self._first = self._latest = None
        if known is not None:
            self._memory = resume(
                self._counter,
                known.raw,
                epoch=known.epoch,
                total=known.total,
                at=known.at,
                seen=known.arrived,
            )
            self._value = known.raw
            self.remember(out)
        for heard in waited.values():
            self.take(heard.reading, heard.batch, heard.values, out)
        return True

    def take(
        self, reading: Reading, batch: Batch, values: Mapping[str, RawValue], out: Output
    ) -> None:
        """Totalise one reading."""
        value = reading.value
        if value is None or isinstance(value, str | float):
            return
        if self.asks:
            self._latest = _Heard(reading=reading, batch=batch, values={**values})
            self._first = self._first or self._latest
            return
        if self._times.is_replay(reading.source_time, value):
            self._late = False
            return
        if reading.historical and self._contained(reading.source_time):
            return
        at, uncertain = self._times.choose(
            reading.source_time, batch.arrived, historical=reading.historical
        )
        uncertain = uncertain or reading.lost_before
        self._value = int(value)
        moment = Moment(
            at=at,
            arrived=batch.arrived,
            monotonic_s=batch.monotonic_s,
            boot=self._place.boot,
            uncertain=uncertain,
        )
        before = self._memory
        if before is None:
            self._memory, step = begin(self._counter, self._value, moment, epoch=self._place.epoch)
        else:
            flag = values.get(self._counter.overflow) if self._counter.overflow else None
            self._memory, step = advance(
                self._counter,
                before,
                self._value,
                moment,
                late=self._late,
                overflow=None if flag is None else bool(flag),
            )
        if self._memory.held is None and self._memory is not before:
            self._late = False
        if step is not None:
            out.facts.append(self._fact(self._memory, step, at, batch))
            self.remember(out)

    def _contained(self, source_time: datetime | None) -> bool:
        """True for an earlier reading of a running count whose later one has been taken: it says nothing new."""
        latest = self._times.latest
        running = self._counter.kind is CounterKind.CUMULATIVE
        return running and latest is not None and source_time is not None and source_time <= latest

    def _fact(self, memory: CounterMemory, step: Step, at: datetime, batch: Batch) -> CountFact:
        return CountFact(
            equipment=self._place.equipment,
            signal=self._place.binding.name,
            at=at,
            arrived=batch.arrived,
            quality=step.quality,
            epoch=memory.epoch,
            total=step.total,
            delta=step.delta,
            raw=self._value,
            cause=step.cause,
            since=step.since,
            claimed=step.claimed,
        )

    def tick(self, batch_time: datetime, monotonic_s: float, out: Output) -> None:
        """Counters do not age."""

    def heard(self, seen: datetime, monotonic_s: float) -> None:
        """The device reported no change up to `seen`."""
        if self._memory is not None and not self._late:
            self._memory = touch(
                self._memory, seen=seen, monotonic_s=monotonic_s, boot=self._place.boot
            )

    def remember(self, out: Output) -> None:
        """Store the memory with the next transaction."""
        if self._memory is not None:
            out.records[self._place.device, self._place.signal.name] = CounterRecord(
                memory=self._memory, source_time=self._times.latest, source_value=self._value
            )

    def restate(self, now: datetime, out: Output) -> None:
        """The total as it stands, with a step of nothing."""
        memory = self._memory
        if memory is None:
            return
        out.facts.append(
            CountFact(
                equipment=self._place.equipment,
                signal=self._place.binding.name,
                at=min(memory.at, now),
                arrived=now,
                quality=Quality.UNCERTAIN,
                epoch=memory.epoch,
                total=memory.total,
                delta=0,
                raw=memory.raw + self._counter.lowest,
                cause=Cause.STEP,
            )
        )

    def interrupted(self, heard: datetime, now: datetime, out: Output) -> None:
        """What the counter gains unheard is one late fact."""
        self._late = True
