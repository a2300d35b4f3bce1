"""A scenario: how the devices of a plant behave, and what happens to them by script and seed. Pure; YAML comes as text.

`speed` makes machines faster, not physics: a scale needs its time to settle at any speed.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from gateway.contract.state import EquipmentState
from simulators.machine import Buffer, MachineSpec, StopSpec
from simulators.scale import ScaleFault, ScaleSpec

SCHEMA = "lineside.scenario/1"


class ScenarioFault(ValueError):
    """The scenario file is not what it should be; the message names the field."""


class _Stop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: EquipmentState
    every_s: float
    lasts_s: tuple[float, float]


class _Shot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mean_kg: float
    deviation_kg: float


class _Wander(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mean: float
    deviation: float


class _Machine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cycle_s: float
    cycle_spread: float = 0.02
    scrap_share: float = 0.0
    changeover_s: float = 0.0
    counters: dict[str, int] = {}
    stops: list[_Stop] = []
    shots: dict[str, _Shot] = {}
    process_values: dict[str, _Wander] = {}
    takes: str | None = None
    takes_per_piece: int = 1
    gives: str | None = None


class _Scale(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hopper_kg: float
    refill_below_kg: float
    refill_kg: float
    refill_s: float = 1.5
    motion_s: float = 0.25
    dosed_start_kg: float = 0.0


class _Buffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    level: int
    capacity: int


class _Incident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["scale_fault", "reset"]
    device: str
    every_s: float
    first_s: float | None = None
    signal: str = ""
    fault: ScaleFault = ScaleFault.ALARM
    lasts_s: float = 1.0


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: Literal["lineside.scenario/1"]
    machines: dict[str, _Machine]
    scales: dict[str, _Scale] = {}
    buffers: dict[str, _Buffer] = {}
    incidents: list[_Incident] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSpec:
    """Something that happens to a device about every `every_s` seconds."""

    kind: Literal["scale_fault", "reset"]
    device: str
    every_s: float
    first_s: float
    signal: str
    fault: ScaleFault
    lasts_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineScenario:
    """A machine, and what its counters show when it is first switched on."""

    spec: MachineSpec
    counters: Mapping[str, int] = field(default_factory=dict[str, int])
    process_values: Mapping[str, tuple[float, float]] = field(
        default_factory=dict[str, tuple[float, float]]
    )
    """Signal -> (mean, standard deviation) it wanders with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All devices of a plant, by device id."""

    machines: Mapping[str, MachineScenario]
    scales: Mapping[str, ScaleSpec]
    buffers: Mapping[str, tuple[int, int]]
    """Name -> (level at the start, capacity)."""
    incidents: tuple[IncidentSpec, ...]

    def new_buffers(self) -> dict[str, Buffer]:
        """The buffers as they are at the start."""
        return {
            name: Buffer(level=level, capacity=capacity)
            for name, (level, capacity) in self.buffers.items()
        }


def read_scenario(text: str, *, speed: float = 1.0) -> Scenario:
    """Parse a scenario (YAML) and make its machines `speed` times as fast; raises ScenarioFault."""
    try:
        file = msgspec.yaml.decode(text, type=_File)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ScenarioFault(f"not a valid {SCHEMA}: {error}") from error
    for name, machine in file.machines.items():
        for scale in machine.shots.keys() - file.scales.keys():
            raise ScenarioFault(
                f"machines.{name}.shots names the scale {scale!r}, which is not under scales"
            )
        for buffer in {machine.takes, machine.gives} - {None} - file.buffers.keys():
            raise ScenarioFault(
                f"machines.{name} names the buffer {buffer!r}, which is not under buffers"
            )
    return Scenario(
        machines={
            name: MachineScenario(
                spec=_machine(machine, speed),
                counters=machine.counters,
                process_values={
                    key: (walk.mean, walk.deviation) for key, walk in machine.process_values.items()
                },
            )
            for name, machine in file.machines.items()
        },
        scales={
            name: ScaleSpec(**msgspec.structs.asdict(scale)) for name, scale in file.scales.items()
        },
        buffers={name: (buffer.level, buffer.capacity) for name, buffer in file.buffers.items()},
        incidents=tuple(_incident(incident, speed) for incident in file.incidents),
    )


def _machine(machine: _Machine, speed: float) -> MachineSpec:
    return MachineSpec(
        cycle_s=machine.cycle_s / speed,
        cycle_spread=machine.cycle_spread,
        scrap_share=machine.scrap_share,
        changeover_s=machine.changeover_s / speed,
        stops=tuple(
            StopSpec(
                state=stop.state,
                every_s=stop.every_s / speed,
                lasts_s=(stop.lasts_s[0] / speed, stop.lasts_s[1] / speed),
            )
            for stop in machine.stops
        ),
        shots={scale: (shot.mean_kg, shot.deviation_kg) for scale, shot in machine.shots.items()},
        takes=machine.takes,
        takes_per_piece=machine.takes_per_piece,
        gives=machine.gives,
    )


def _incident(incident: _Incident, speed: float) -> IncidentSpec:
    first_s = incident.every_s if incident.first_s is None else incident.first_s
    return IncidentSpec(
        kind=incident.kind,
        device=incident.device,
        every_s=incident.every_s / speed,
        first_s=first_s / speed,
        signal=incident.signal,
        fault=incident.fault,
        lasts_s=incident.lasts_s,
    )


class Script:
    """When each incident strikes: the first at `first_s`, then at intervals of 0.7 to 1.3 of `every_s`."""

    def __init__(self, incidents: tuple[IncidentSpec, ...], *, rng: random.Random) -> None:
        self._rng = rng
        self._waiting = [(incident, incident.first_s) for incident in incidents]

    def step(self, dt_s: float) -> list[IncidentSpec]:
        """Let `dt_s` seconds pass; returns what strikes now."""
        due: list[IncidentSpec] = []
        waiting: list[tuple[IncidentSpec, float]] = []
        for incident, left_s in self._waiting:
            left_s -= dt_s
            if left_s <= 0:
                due.append(incident)
                left_s = incident.every_s * self._rng.uniform(0.7, 1.3)
            waiting.append((incident, left_s))
        self._waiting = waiting
        return due
