"""What a plant remembers over a restart of its simulator: counters, hoppers, buffers, jobs. Pure.

A simulator that began again at other readings would look like a reset that never happened.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from simulators.plant import PlantPhysics

_T = TypeVar("_T")


class _Counter(msgspec.Struct, frozen=True, kw_only=True):
    raw: int
    total: int


class _Machine(msgspec.Struct, frozen=True, kw_only=True):
    counters: dict[str, _Counter]
    job: str
    held: bool = False


class _Scale(msgspec.Struct, frozen=True, kw_only=True):
    level_kg: float
    dosed_kg: float
    dosed_divisions: int
    pending_divisions: int
    shots: int


class PlantMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that outlives a restart."""

    machines: dict[str, _Machine]
    scales: dict[str, _Scale]
    buffers: dict[str, int]


def remember(physics: PlantPhysics) -> bytes:
    """The plant's memory as JSON."""
    memory = PlantMemory(
        machines={
            device: _Machine(
                counters={
                    name: _Counter(raw=c.raw, total=c.total) for name, c in body.counters.items()
                },
                job=body.machine.job,
                held=physics.keeps_held(device),
            )
            for device, body in physics.machines.items()
        },
        scales={
            device: _Scale(
                level_kg=body.scale.level_kg,
                dosed_kg=body.scale.dosed_kg,
                dosed_divisions=body.scale.dosed_divisions,
                pending_divisions=body.scale.pending_divisions,
                shots=body.scale.shots,
            )
            for device, body in physics.scales.items()
        },
        buffers={name: buffer.level for name, buffer in physics.buffers.items()},
    )
    return msgspec.json.encode(memory)


def recall(physics: PlantPhysics, stored: bytes) -> None:
    """Put a plant back where it was; devices the memory does not know stay as the scenario made them."""
    memory = msgspec.json.decode(stored, type=PlantMemory)
    for device, machine in _known(memory.machines, physics.machines):
        machine_body = physics.machines[device]
        machine_body.machine.job = machine.job
        machine_body.machine.holding = machine.held
        for name, counter in _known(machine.counters, machine_body.counters):
            machine_body.counters[name].raw = counter.raw
            machine_body.counters[name].total = counter.total
    for device, stored_scale in _known(memory.scales, physics.scales):
        scale = physics.scales[device].scale
        scale.level_kg = stored_scale.level_kg
        scale.dosed_kg = stored_scale.dosed_kg
        scale.dosed_divisions = stored_scale.dosed_divisions
        scale.pending_divisions = stored_scale.pending_divisions
        scale.shots = stored_scale.shots
    for name, level in _known(memory.buffers, physics.buffers):
        physics.buffers[name].level = level


def _known(stored: Mapping[str, _T], present: Mapping[str, object]) -> list[tuple[str, _T]]:
    return [(key, value) for key, value in stored.items() if key in present]
