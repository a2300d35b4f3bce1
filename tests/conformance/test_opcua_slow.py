"""A profile that samples rarely: the server's signs of life come often all the same."""

import asyncio
from dataclasses import replace
from pathlib import Path

from device_profiles.program import SystemClock
from edge.driver import Batch
from edge.ending import end
from edge.opcua_driver import WATCHDOG_S, OpcUaDriver
from tests.conformance.device_rigs import OpcUaRig, running_rig
from tests.conformance.gateway_rig import until


async def test_a_device_that_is_sampled_rarely_is_not_taken_for_dead(tmp_path: Path) -> None:
    async with running_rig("opcua", tmp_path) as rig:
        assert isinstance(rig, OpcUaRig)
        rarely = replace(rig.profile, poll_ms=int(4000 * WATCHDOG_S))
        driver = OpcUaDriver(endpoint=rig.endpoint, profile=rarely, clock=SystemClock())
        heard: list[Batch] = []

        async def deliver(batch: Batch) -> None:
            heard.append(batch)

        reading = asyncio.create_task(driver.run(deliver))
        try:
            await until(lambda: bool(heard) and _span_s(heard) > 2 * WATCHDOG_S, "signs of life")
        finally:
            await end(reading)
        assert [batch.fault for batch in heard if batch.fault] == []


def _span_s(heard: list[Batch]) -> float:
    return heard[-1].monotonic_s - heard[0].monotonic_s
