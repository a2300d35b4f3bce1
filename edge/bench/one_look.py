"""One look at a device through its real driver: run it until every signal was heard, then stop."""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from edge.driver import Batch, Driver, Reading
from edge.ending import end

FAULTS_MAX = 3
"""So many failures in a row with nothing read, and the look ends early."""


@dataclass(slots=True, kw_only=True)
class Look:
    """What was heard, and when."""

    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    arrived: dict[str, datetime] = field(default_factory=dict[str, datetime])
    fault: str | None = None
    """Why the driver last failed, if nothing came after."""


async def look(driver: Driver, signals: Iterable[str], *, within_s: float) -> Look:
    """Run the driver until all signals were heard with a value, at most `within_s`; bad ones are waited for, too."""
    found = Look()
    wanted = set(signals)
    done = asyncio.Event()
    faults = 0

    async def take(batch: Batch) -> None:
        nonlocal faults
        if batch.fault is not None:
            found.fault = batch.fault
            faults += 1
        else:
            found.fault, faults = None, 0
        for reading in batch.readings:
            found.readings[reading.signal] = reading
            found.arrived[reading.signal] = batch.arrived
        heard = {name for name, reading in found.readings.items() if reading.value is not None}
        if wanted <= heard or (faults >= FAULTS_MAX and not heard):
            done.set()

    running = asyncio.create_task(driver.run(take))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await done.wait()
    finally:
        await end(running)
    return found
