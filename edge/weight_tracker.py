"""A scale: readings and status bits in, weight facts out."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from device_profiles.profile import Signal, Weighing
from edge.decoding import RawValue, scaled
from edge.driver import Batch, Reading
from edge.totalizer import Moment
from edge.tracker import Output, Place, WeighingRecord, restated
from edge.weighing import (
    Capture,
    Dosed,
    WeighingMemory,
    WeighingSample,
    Window,
    rearm,
    settled,
    weigh,
    widen,
)
from gateway.contract.fact import WeightFact


class WeightTracker:
    """A scale."""

    def __init__(
        self,
        place: Place,
        weighing: Weighing,
        record: WeighingRecord | None,
        *,
        dosed: Dosed | None = None,
        tare: Signal | None = None,
    ) -> None:
        self._place = place
        self._spec = weighing
        self._dosed = dosed
        self._tare = tare
        self._needed = tuple(
            name
            for name in (
                weighing.total,
                weighing.moving,
                weighing.stable,
                weighing.tare,
                *weighing.faults,
            )
            if name
        )
        self._memory = record.memory if record else None
        self._window: Window | None = None
        self._late = True

    def take(
        self, reading: Reading, batch: Batch, values: Mapping[str, RawValue], out: Output
    ) -> None:
        """One look at the scale with its status bits, total and tare as last reported."""
        sample = self._sample(reading, batch, values)
        if sample is None:
            self._window = None
            return
        if self._spec.mode == "capture":
            self._rearm(sample, out)
        self._window = widen(self._spec, self._window, sample)
        if not settled(self._spec, self._window, sample):
            return
        before = self._memory
        self._memory, capture = weigh(
            self._spec, self._dosed, before, sample, epoch=self._place.epoch, late=self._late
        )
        if self._memory.counter is None or self._memory.counter.held is None:
            self._late = False
        if capture is not None:
            out.facts.append(self._fact(self._memory, capture, sample.moment))
            self.remember(out)

    def _rearm(self, sample: WeighingSample, out: Output) -> None:
        """An empty scale is remembered at once: the next load may come while the agent is down."""
        before, self._memory = self._memory, rearm(self._spec, self._memory, sample)
        if self._memory is not before:
            self.remember(out)

    def _fact(self, memory: WeighingMemory, capture: Capture, moment: Moment) -> WeightFact:
        return WeightFact(
            equipment=self._place.equipment,
            signal=self._place.binding.name,
            at=moment.at,
            arrived=moment.arrived,
            quality=capture.quality,
            epoch=memory.epoch,
            total=capture.total,
            delta=capture.delta,
            unit=self._place.signal.unit,
            cause=capture.cause,
            level=capture.level,
            since=capture.since,
            claimed=capture.claimed,
        )

    def _sample(
        self, reading: Reading, batch: Batch, values: Mapping[str, RawValue]
    ) -> WeighingSample | None:
        spec, signal = self._spec, self._place.signal
        value = reading.value
        if (
            value is None
            or isinstance(value, str)
            or any(name not in values for name in self._needed)
        ):
            return None
        dosed = values[spec.total] if spec.total else None
        if isinstance(dosed, str | float):
            return None
        weight = scaled(signal, value, values)
        if isinstance(value, float):
            weight = round(weight / spec.division) * spec.division
        return WeighingSample(
            weight=weight,
            moment=Moment(
                at=batch.arrived,
                arrived=batch.arrived,
                monotonic_s=batch.monotonic_s,
                boot=self._place.boot,
            ),
            tare=scaled(self._tare, values[self._tare.name], values) if self._tare else Decimal(0),
            moving=bool(spec.moving and values[spec.moving])
            or bool(spec.stable and not values[spec.stable]),
            fault=any(values[name] for name in spec.faults),
            dosed=dosed,
        )

    def tick(self, batch_time: datetime, monotonic_s: float, out: Output) -> None:
        """Scales are looked at with every batch."""

    def unsettle(self) -> None:
        """A poll failed: settling begins anew."""
        self._window = None

    def remember(self, out: Output) -> None:
        """Store the memory with the next transaction."""
        if self._memory is not None:
            record = WeighingRecord(memory=self._memory)
            out.records[self._place.device, self._place.signal.name] = record

    def restate(self, now: datetime, out: Output) -> None:
        """The total as it stands, with a step of nothing."""
        if self._memory is not None:
            out.facts.append(restated(self._place, self._memory, now))

    def interrupted(self, heard: datetime, now: datetime, out: Output) -> None:
        """What left the scale unheard is one late capture."""
        self._late = True
        self._window = None
