"""What physics looks like through a device's profile: counters, state words, status bits, process values. Pure."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from device_profiles.plant import Device, SignalBinding
from device_profiles.profile import DataType, Profile, Role, Signal
from gateway.contract.state import EquipmentState
from simulators.counter import DeviceCounter
from simulators.machine import Machine, PieceMade
from simulators.register_image import RawValue
from simulators.scale import Scale
from simulators.scenario import MachineScenario

COUNTING = (Role.GOOD, Role.SCRAP, Role.PRODUCED)
_USUAL_WORDS = {
    EquipmentState.RUNNING: ("6", "execute"),
    EquipmentState.DOWN: ("11", "stopped"),
    EquipmentState.SETUP: ("15", "setup"),
    EquipmentState.IDLE: ("4", "idle"),
    EquipmentState.STARVED: ("5", "starved"),
    EquipmentState.BLOCKED: ("5", "blocked"),
}
_INSTEAD = {EquipmentState.BLOCKED: EquipmentState.STARVED}
_WANDER_S = 20.0
"""Time constant with which a process value returns to its mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountChange:
    """A counter moved: what the register shows now, and how many counts there really were."""

    device: str
    equipment: str
    signal: str
    """Name on the equipment."""
    role: str
    raw: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseChange:
    """A scale summed a dose."""

    device: str
    equipment: str
    signal: str
    item: str
    shots: int
    true_kg: float
    device_kg: float
    """Sum of what the device has shown since commissioning, without its first reading."""


def state_word(states: Mapping[str, EquipmentState], state: EquipmentState) -> str:
    """The device's word for a state; devices that know fewer states say the nearest they have."""
    for wanted in (state, _INSTEAD.get(state, EquipmentState.DOWN), EquipmentState.DOWN):
        words = [word for word, meaning in states.items() if meaning is wanted]
        usual = [word for word in _USUAL_WORDS.get(wanted, ()) if word in words]
        if usual or words:
            return (usual or words)[0]
    return next(iter(states))


def binding_of(device: Device, signal: str) -> SignalBinding:
    """The plant's name and item of a device's signal."""
    for binding in device.bindings:
        if binding.signal == signal:
            return binding
    raise KeyError(f"the plant file binds no signal {signal!r} of {device.id}")


class MachineBody:
    """A machine seen through its profile."""

    def __init__(
        self, device: Device, scenario: MachineScenario, machine: Machine, *, rng: random.Random
    ) -> None:
        self.device = device
        self.machine = machine
        self.counters: dict[str, DeviceCounter] = {}
        self._rng = rng
        self._wander = dict(scenario.process_values)
        self._process = {name: mean for name, (mean, _) in self._wander.items()}
        for signal in device.profile.signals.values():
            if signal.role in COUNTING:
                modulus = _modulus(signal)
                raw = scenario.counters.get(signal.name, 0) % modulus
                self.counters[signal.name] = DeviceCounter(modulus=modulus, raw=raw)

    def count(self, piece: PieceMade) -> list[CountChange]:
        """A piece was made: move the counters that count it."""
        moved = {Role.PRODUCED, Role.GOOD if piece.good else Role.SCRAP}
        changes: list[CountChange] = []
        for name, counter in self.counters.items():
            if self.device.profile.signals[name].role in moved:
                counter.add(1)
                changes.append(self.change(name))
        return changes

    def change(self, signal: str) -> CountChange:
        """How a counter stands, as a change."""
        counter, binding = self.counters[signal], binding_of(self.device, signal)
        return CountChange(
            device=self.device.id,
            equipment=self.device.equipment,
            signal=binding.name,
            role=binding.role.value,
            raw=counter.raw,
            total=counter.total,
        )

    def wander(self, dt_s: float) -> None:
        """Let the process values drift (mean-reverting) for `dt_s` seconds."""
        back = min(1.0, dt_s / _WANDER_S)
        for name, (mean, deviation) in self._wander.items():
            noise = self._rng.gauss(0.0, deviation) * math.sqrt(2 * back)
            self._process[name] += (mean - self._process[name]) * back + noise

    def values(self) -> dict[str, RawValue]:
        """What the device shows now."""
        shown: dict[str, RawValue] = {name: counter.raw for name, counter in self.counters.items()}
        shown |= {name: round(value, 2) for name, value in self._process.items()}
        for name, signal in self.device.profile.signals.items():
            if signal.role is Role.STATE and signal.states:
                word = state_word(signal.states, self.machine.state)
                shown[name] = word if signal.data_type is DataType.STRING else int(word)
        return shown


class ScaleBody:
    """A hopper scale seen through its profile."""

    def __init__(self, device: Device, scale: Scale) -> None:
        self.device = device
        self.scale = scale
        self.weighed = _weighing_signal(device.profile)
        self._binding = binding_of(device, self.weighed.name)

    def change(self) -> DoseChange:
        """How the dosed sum stands, as a change."""
        scale, spec = self.scale, self.scale.spec
        first = round(spec.dosed_start_kg / spec.division_kg)
        return DoseChange(
            device=self.device.id,
            equipment=self.device.equipment,
            signal=self._binding.name,
            item=self._binding.item or "",
            shots=scale.shots,
            true_kg=scale.dosed_kg,
            device_kg=(scale.dosed_divisions - first) * spec.division_kg,
        )

    def values(self) -> dict[str, RawValue]:
        """What the device shows now."""
        reading, weighing = self.scale.reading(), self.weighed.weighing
        assert weighing is not None
        shown: dict[str, RawValue] = {
            self.weighed.name: _raw_weight(self.weighed, reading.net, weighing.division)
        }
        for name, divisions in (("gross", reading.gross), (weighing.total, reading.dosed)):
            signal = self.device.profile.signals.get(name or "")
            if signal is not None:
                shown[signal.name] = _raw_weight(signal, divisions, weighing.division)
        if weighing.moving:
            shown[weighing.moving] = reading.moving
        for name in weighing.faults:
            shown[name] = name in {fault.value for fault in reading.faults}
        return {name: value for name, value in shown.items() if name in self.device.profile.signals}


def _raw_weight(signal: Signal, divisions: int, division: Decimal) -> RawValue:
    """So many of the scale's divisions as the signal's raw value."""
    raw = divisions * division / signal.scale
    return float(raw) if signal.data_type in (DataType.F32, DataType.F64) else round(raw)


def _weighing_signal(profile: Profile) -> Signal:
    for signal in profile.signals.values():
        if signal.weighing is not None:
            return signal
    raise ValueError(
        f"profile {profile.id} weighs nothing; only a scale's profile can be simulated as a scale"
    )


def _modulus(signal: Signal) -> int:
    if signal.counter is not None and signal.counter.modulus:
        return signal.counter.modulus
    return 1 << 32
