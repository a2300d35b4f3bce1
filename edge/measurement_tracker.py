"""A process value: readings in, a measurement fact for each change beyond the dead band out."""

from collections.abc import Mapping
from datetime import datetime

from edge.decoding import RawValue, scaled
from edge.driver import Batch, Reading
from edge.source_time import SourceTime
from edge.tracker import Output, Place
from gateway.contract.fact import MeasurementFact, Quality


class MeasurementTracker:
    """A process value: a fact for each change beyond the dead band."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._scale = float(place.signal.scale)
        self._offset = float(place.signal.offset)
        self._times = SourceTime()
        self._last: float | None = None

    def take(
        self, reading: Reading, batch: Batch, values: Mapping[str, RawValue], out: Output
    ) -> None:
        """Report the value when it moved."""
        if reading.value is None or isinstance(reading.value, str):
            return
        if self._place.signal.decimals is None:
            value = reading.value * self._scale + self._offset
        else:
            value = float(scaled(self._place.signal, reading.value, values))
        if not reading.historical:
            if self._last is not None and abs(value - self._last) <= self._place.signal.deadband:
                return
            self._last = value
        at, uncertain = self._times.choose(
            reading.source_time, batch.arrived, historical=reading.historical
        )
        out.facts.append(
            MeasurementFact(
                equipment=self._place.equipment,
                signal=self._place.binding.name,
                at=at,
                arrived=batch.arrived,
                quality=Quality.UNCERTAIN if uncertain else Quality.GOOD,
                value=value,
                unit=self._place.signal.unit,
            )
        )

    def tick(self, batch_time: datetime, monotonic_s: float, out: Output) -> None:
        """A value that does not change says nothing."""

    def interrupted(self, heard: datetime, now: datetime, out: Output) -> None:
        """Report the first value after the silence, whatever it is."""
        self._last = None
