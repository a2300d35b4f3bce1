"""`lineside-edge record`: writes down what devices say, reading by reading, as it comes from their drivers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TextIO

from device_profiles.program import Clock
from edge.bench.trace import SCHEMA, Header, entry, line
from edge.driver import Batch, Driver
from edge.ending import end

ENTRIES_MAX = 1_000_000
"""A trace ends after so many entries: some hundred megabytes."""


async def record(
    drivers: Mapping[str, Driver],
    *,
    site: str,
    out: TextIO,
    clock: Clock,
    seconds: float,
    entries_max: int = ENTRIES_MAX,
) -> int:
    """Run the drivers for so long and write each batch; returns the number of entries written."""
    out.write(
        line(Header(schema=SCHEMA, site=site, started=clock.now(), monotonic_s=clock.monotonic()))
    )
    written = 0
    full = asyncio.Event()

    def into(device: str) -> Callable[[Batch], Awaitable[None]]:
        async def take(batch: Batch) -> None:
            nonlocal written
            if written >= entries_max:
                full.set()
                return
            out.write(line(entry(device, batch)))
            written += 1

        return take

    running = [asyncio.create_task(driver.run(into(name))) for name, driver in drivers.items()]
    ending = asyncio.create_task(full.wait())
    try:
        done, _ = await asyncio.wait(
            [*running, ending], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done - {ending}:
            task.result()
    finally:
        await end(*running, ending)
    return written
