"""The port between a device and its signals: a tracker takes readings and emits facts, with the memory behind them.

Trackers keep the mutable state of one bound signal; all judgement is in totalizer, weighing and states. No I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import msgspec

from device_profiles.plant import SignalBinding
from device_profiles.profile import Signal
from edge.decoding import RawValue
from edge.driver import Batch, Reading
from edge.totalizer import CounterMemory
from edge.weighing import WeighingMemory
from gateway.contract.equipment import EquipmentPath
from gateway.contract.fact import AnyFact, Cause, Quality, WeightFact


class CounterRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A counter's memory on disk."""

    memory: CounterMemory
    source_time: datetime | None = None
    source_value: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighingRecord:
    """A scale's memory on disk."""

    memory: WeighingMemory
    registered: datetime | None = None
    """The scale's own time of its last registration, where it registers by itself."""


Record = CounterRecord | WeighingRecord


@dataclass(slots=True, kw_only=True)
class Output:
    """What one batch led to; facts and memories are stored in one transaction."""

    facts: list[AnyFact] = field(default_factory=list[AnyFact])
    records: dict[tuple[str, str], Record] = field(default_factory=dict[tuple[str, str], Record])
    """(device, signal) -> memory after these facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a tracker's facts belong."""

    device: str
    equipment: EquipmentPath
    binding: SignalBinding
    signal: Signal
    boot: str
    epoch: int
    """Epoch of a baseline taken now: grows with every outbox file."""


def restated(place: Place, memory: WeighingMemory, now: datetime) -> WeightFact:
    """A scale's total as it stands, with a step of nothing."""
    return WeightFact(
        equipment=place.equipment,
        signal=place.binding.name,
        at=min(memory.at, now),
        arrived=now,
        quality=Quality.UNCERTAIN,
        epoch=memory.epoch,
        total=memory.total,
        delta=Decimal(0),
        unit=place.signal.unit,
        cause=Cause.STEP,
    )


class Tracker(Protocol):
    """A bound signal."""

    def take(
        self, reading: Reading, batch: Batch, values: Mapping[str, RawValue], out: Output
    ) -> None:
        """One reading; `values` are the latest of the device's other signals."""
        ...

    def tick(self, batch_time: datetime, monotonic_s: float, out: Output) -> None:
        """Time passed without a reading."""
        ...

    def interrupted(self, heard: datetime, now: datetime, out: Output) -> None:
        """The device is lost; what comes next came late."""
        ...
