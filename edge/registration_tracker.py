"""A scale that registers its weighings itself: each registration, known by its time, is one weight fact."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from edge.decoding import RawValue, scaled
from edge.driver import Batch, Reading
from edge.source_time import SourceTime
from edge.tracker import Output, Place, WeighingRecord, restated
from edge.weighing import WeighingMemory
from gateway.contract.fact import Cause, Quality, WeightFact


class RegistrationTracker:
    """Books what the scale registered since we last looked; of several that went unheard, only the last is known."""

    def __init__(self, place: Place, record: WeighingRecord | None) -> None:
        self._place = place
        self._memory = record.memory if record else None
        self._registered = record.registered if record else None
        self._times = SourceTime(self._registered)

    def take(
        self, reading: Reading, batch: Batch, values: Mapping[str, RawValue], out: Output
    ) -> None:
        """A registration is new when its time is later than that of the last one."""
        time = reading.source_time
        if reading.value is None or isinstance(reading.value, str) or time is None:
            return
        if self._registered is not None and time <= self._registered:
            return
        at, uncertain = self._times.choose(time, batch.arrived)
        weight = scaled(self._place.signal, reading.value, values)
        before, self._registered = self._memory, time
        delta = weight if before is not None and weight > 0 else Decimal(0)
        total = before.total + delta if before else Decimal(0)
        epoch = before.epoch if before else self._place.epoch
        self._memory = WeighingMemory(epoch=epoch, total=total, at=at, level=weight)
        if before is not None and not delta:
            return
        out.facts.append(
            WeightFact(
                equipment=self._place.equipment,
                signal=self._place.binding.name,
                at=at,
                arrived=batch.arrived,
                quality=Quality.UNCERTAIN if uncertain else Quality.GOOD,
                epoch=epoch,
                total=total,
                delta=delta,
                unit=self._place.signal.unit,
                cause=Cause.STEP if before else Cause.BASELINE,
                level=weight,
                since=before.at if before else None,
            )
        )
        record = WeighingRecord(memory=self._memory, registered=time)
        out.records[self._place.device, self._place.signal.name] = record

    def tick(self, batch_time: datetime, monotonic_s: float, out: Output) -> None:
        """Registrations do not age."""

    def restate(self, now: datetime, out: Output) -> None:
        """The total as it stands, with a step of nothing."""
        if self._memory is not None:
            out.facts.append(restated(self._place, self._memory, now))

    def interrupted(self, heard: datetime, now: datetime, out: Output) -> None:
        """What was registered last is still shown when the scale is heard again."""
