"""The port to the devices: what a driver delivers, and what it can be asked to write."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from edge.decoding import RawValue


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One value of one signal, decoded but not scaled."""

    signal: str
    value: RawValue | None
    """None: bad quality, an exception, a short reply, or bytes that are not what the profile declares."""
    source_time: datetime | None = None
    """The device's own time, where its protocol carries one."""
    why: str | None = None
    """Why there is no value, where that is known."""
    lost_before: bool = False
    """True when the device says that it dropped values before this one."""
    historical: bool = False
    """True when the device kept the value while it could not send: it was true at `source_time`, not now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one poll, notification or message said, or why a poll failed."""

    readings: tuple[Reading, ...]
    """Empty and no fault: a sign of life; everything reported before still holds."""
    arrived: datetime
    monotonic_s: float
    fault: str | None = None
    lost: bool = False
    """With a fault: the device is known to be gone, no need to wait for more faults."""


Deliver = Callable[[Batch], Awaitable[None]]
"""Takes one batch; waits when the disk cannot keep up, and the driver with it."""


class DriverError(Exception):
    """The device did not do what it was asked; the text says why and may be shown to an operator."""


class Driver(Protocol):
    """One device on one protocol. Connects, reconnects and resumes by itself; delivers current values after each."""

    async def run(self, deliver: Deliver) -> None:
        """Read for ever, until cancelled."""
        ...

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        """Write signals and return what the device reads back; raises DriverError."""
        ...
