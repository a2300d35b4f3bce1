"""One device as the agent sees it: its trackers, whether it is heard, and what is true of it now. No I/O, no clock."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime

from device_profiles.plant import Device
from device_profiles.profile import Protocol, Role, Signal
from edge.count_tracker import CountTracker
from edge.decoding import RawValue
from edge.driver import Batch, Reading
from edge.measurement_tracker import MeasurementTracker
from edge.reading_rules import ReadingRules, same
from edge.registration_tracker import RegistrationTracker
from edge.state_tracker import StateTracker
from edge.states import StateMap
from edge.tracker import CounterRecord, Output, Place, Record, Tracker, WeighingRecord
from edge.weighing import Dosed
from edge.weight_tracker import WeightTracker
from gateway.contract.state import EquipmentState
from gateway.contract.totals import KnownTotal

FAULTY_POLLS_MAX = 3
"""So many failed polls in a row, and the device is lost."""
REMEMBER_EVERY_S = 30.0
"""Memories of counters that do not move are stored this often, so that the next step has a near beginning."""
SIGN_OF_LIFE_LAG = 3
"""A sign of life proves that nothing had changed so many signs of life ago."""


class DeviceTracker:
    """Takes a device's batches and says which facts follow."""

    def __init__(
        self,
        device: Device,
        records: Mapping[tuple[str, str], Record],
        *,
        boot: str,
        epoch: int,
        started: datetime,
        monotonic_s: float,
        asks: bool = False,
    ) -> None:
        """`asks`: counters of which `records` know nothing wait for what is known elsewhere (`learn`)."""
        self.device = device
        self._asks = asks
        self.lost = False
        self._values: dict[str, RawValue] = {}
        self._rules = ReadingRules(device.profile)
        self._trackers: dict[str, Tracker] = {}
        self._scales: dict[str, WeightTracker] = {}
        self._counters: list[CountTracker] = []
        self._named: dict[str, CountTracker] = {}
        """By the name that the plant file gives them."""
        self._states: list[StateTracker] = []
        self._faults = 0
        self._heard = started
        self._heard_s = monotonic_s
        self._remembered_s = monotonic_s
        self._signs: deque[tuple[datetime, float]] = deque(maxlen=SIGN_OF_LIFE_LAG)
        for binding in device.bindings:
            place = Place(
                device=device.id,
                equipment=device.equipment,
                binding=binding,
                signal=device.profile.signals[binding.signal],
                boot=boot,
                epoch=epoch,
            )
            self._bind(place, records.get((device.id, binding.signal)))

    @property
    def state(self) -> EquipmentState | None:
        """The unit's state as last reported by this device; None when it reports none."""
        facts = [tracker.state for tracker in self._states if tracker.state is not None]
        return facts[0].state if facts else None

    @property
    def reports_state(self) -> bool:
        """True when the device has a state signal."""
        return bool(self._states)

    @property
    def asks(self) -> bool:
        """True while a counter waits for what is known of it elsewhere."""
        return any(counter.asks for counter in self._counters)

    def learn(self, known: KnownTotal, out: Output) -> bool:
        """What is known of a counter, if it is one of this device's and waits for it."""
        tracker = self._named.get(known.signal)
        if tracker is None or known.equipment != self.device.equipment:
            return False
        return tracker.learn(known, out)

    def go_without(self, out: Output) -> None:
        """Nobody says more: counters that still wait begin anew."""
        for counter in self._counters:
            counter.learn(None, out)

    def take(self, batch: Batch, out: Output) -> None:
        """One batch: values first, so that status bits and values of one poll belong together."""
        if batch.fault is not None:
            self._faults += 1
            for tracker in self._scales.values():
                tracker.unsettle()
            if batch.lost or self._faults >= FAULTY_POLLS_MAX:
                self._lose(batch.arrived, out)
            return
        self._faults = 0
        self._heard, self._heard_s = batch.arrived, batch.monotonic_s
        values, trackers, scales = self._values, self._trackers, self._scales
        readings = self._rules.apply(batch.readings)
        if not self._is_there():
            self._lose(batch.arrived, out)
            return
        self.lost = False
        for reading in readings:
            if reading.historical:
                continue
            if reading.value is None:
                values.pop(reading.signal, None)
            else:
                values[reading.signal] = reading.value
        for reading in readings:
            if (tracker := trackers.get(reading.signal)) is not None:
                tracker.take(reading, batch, values, out)
        for name, scale in scales.items():
            scale.take(Reading(signal=name, value=values.get(name)), batch, values, out)
        if not batch.readings:
            self._sign_of_life(batch)

    def tick(self, now: datetime, monotonic_s: float, out: Output) -> None:
        """Time passed: debounced states ripen, silence becomes loss, memories are stored now and then."""
        if monotonic_s - self._heard_s > self.device.profile.lost_after_s:
            self._lose(now, out)
        if self.lost:
            return
        for tracker in self._states:
            tracker.tick(now, monotonic_s, out)
        if monotonic_s - self._remembered_s >= REMEMBER_EVERY_S:
            self._remembered_s = monotonic_s
            self.remember(out)

    def remember(self, out: Output) -> None:
        """Store what is known of every counter and scale."""
        for tracker in (*self._counters, *self._scales.values()):
            tracker.remember(out)

    def restate(self, now: datetime, out: Output) -> None:
        """Say every total, and the state, once more: steps of nothing, for a server that lost some."""
        for tracker in self._trackers.values():
            if isinstance(tracker, CountTracker | RegistrationTracker | StateTracker):
                tracker.restate(now, out)
        for scale in self._scales.values():
            scale.restate(now, out)

    def _is_there(self) -> bool:
        """False when the device itself (its last will, say) reports that it is not there."""
        alive = self.device.profile.alive
        said = self._rules.said(alive.signal) if alive else None
        return alive is None or said is None or same(said, alive.says)

    def _bind(self, place: Place, record: Record | None) -> None:
        signal = place.signal
        match place.binding.role:
            case Role.GOOD | Role.SCRAP | Role.PRODUCED if signal.counter is not None:
                known = record if isinstance(record, CounterRecord) else None
                tracker = CountTracker(place, signal.counter, known, asks=self._asks)
                self._counters.append(tracker)
                self._named[place.binding.name] = tracker
                self._trackers[signal.name] = tracker
            case Role.CONSUMED if signal.weighing and signal.weighing.mode == "registered":
                known = record if isinstance(record, WeighingRecord) else None
                self._trackers[signal.name] = RegistrationTracker(place, known)
            case Role.CONSUMED if signal.weighing is not None:
                self._scales[signal.name] = self._scale(place, signal, record)
            case Role.STATE:
                state_map = StateMap(
                    states=signal.states or {},
                    names=signal.state_names,
                    debounce_ms=signal.debounce_ms,
                )
                self._states.append(StateTracker(place, state_map))
                self._trackers[signal.name] = self._states[-1]
            case Role.PROCESS_VALUE:
                self._trackers[signal.name] = MeasurementTracker(place)
            case _:
                raise ValueError(
                    f"{place.device}: {signal.name} cannot be bound as {place.binding.role}"
                )

    def _scale(self, place: Place, signal: Signal, record: Record | None) -> WeightTracker:
        signals, spec = self.device.profile.signals, signal.weighing
        if spec is None:
            raise ValueError(f"{signal.name} is no scale")
        total = signals[spec.total] if spec.total else None
        counter = total.counter if total else None
        return WeightTracker(
            place,
            spec,
            record if isinstance(record, WeighingRecord) else None,
            dosed=Dosed(counter=counter, scale=total.scale) if total and counter else None,
            tare=signals[spec.tare] if spec.tare else None,
        )

    def _sign_of_life(self, batch: Batch) -> None:
        """A subscription says only what changed; that it lives says that the rest did not."""
        if self.device.profile.protocol not in (Protocol.OPCUA, Protocol.SPARKPLUG):
            return
        if len(self._signs) == SIGN_OF_LIFE_LAG:
            seen, monotonic_s = self._signs[0]
            for counter in self._counters:
                counter.heard(seen, monotonic_s)
        self._signs.append((batch.arrived, batch.monotonic_s))

    def _lose(self, now: datetime, out: Output) -> None:
        if self.lost:
            return
        self.lost = True
        self._values.clear()
        if self._is_there():
            self._rules.forget()
        self._signs.clear()
        for tracker in (*self._trackers.values(), *self._scales.values()):
            tracker.interrupted(self._heard, now, out)
