"""What a unit is doing: raw state words in, state facts out."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from edge.decoding import RawValue, state_key
from edge.driver import Batch, Reading
from edge.source_time import SourceTime
from edge.states import Candidate, StateChange, StateMap, StateMemory, confirm, lose, observe
from edge.tracker import Output, Place
from gateway.contract.fact import Quality, StateFact

BAD_READINGS_MAX = 3
"""So many bad readings in a row, and the state is unknown."""


class StateTracker:
    """What the unit is doing."""

    def __init__(self, place: Place, state_map: StateMap) -> None:
        self._place = place
        self._map = state_map
        self._memory = StateMemory()
        self._times = SourceTime()
        self._bad = 0
        self._unknown = False
        self.state: StateFact | None = None
        """Last reported."""

    def take(
        self, reading: Reading, batch: Batch, values: Mapping[str, RawValue], out: Output
    ) -> None:
        """Debounce one reading; three bad ones in a row are no data."""
        if reading.historical:
            # A state is what a unit is doing now; the gap that it leaves stays unknown.
            return
        if reading.value is None:
            self._bad += 1
            if self._bad == BAD_READINGS_MAX:
                self.interrupted(batch.arrived, batch.arrived, out)
            return
        self._bad = 0
        at, uncertain = self._times.choose(reading.source_time, batch.arrived)
        self._memory = observe(
            self._memory,
            Candidate(
                word=state_key(reading.value),
                at=at,
                arrived=batch.arrived,
                monotonic_s=batch.monotonic_s,
                uncertain=uncertain,
            ),
        )
        self.tick(batch.arrived, batch.monotonic_s, out)

    def tick(self, batch_time: datetime, monotonic_s: float, out: Output) -> None:
        """A new state counts once it has lasted."""
        self._memory, change = confirm(self._map, self._memory, monotonic_s)
        if change is not None:
            self._unknown = False
            self._report(change, out)

    def restate(self, now: datetime, out: Output) -> None:
        """The state as it is now."""
        if self.state is not None:
            out.facts.append(msgspec.structs.replace(self.state, at=now, arrived=now))

    def interrupted(self, heard: datetime, now: datetime, out: Output) -> None:
        """Silence is not zero: the state is unknown since the device was last heard."""
        if self._unknown:
            return
        if self.state is not None:
            heard = max(heard, self.state.at)
        self._unknown = True
        self._memory, change = lose(heard=heard, now=now)
        self._report(change, out)

    def _report(self, change: StateChange, out: Output) -> None:
        self.state = StateFact(
            equipment=self._place.equipment,
            signal=self._place.binding.name,
            at=change.at,
            arrived=change.arrived,
            quality=Quality.UNCERTAIN if change.uncertain else Quality.GOOD,
            state=change.state,
            detail=change.detail,
        )
        out.facts.append(self.state)
