"""Keeps the programs of one machine running: ordered start, restart with a growing pause, ordered stop."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from simulators.all_in_one.program import ProgramSpec, Running, StartFailed

PAUSE_S = 0.5
PAUSE_S_MAX = 10.0
WELL_AFTER_S = 30.0
"""A program that ran so long has its failures forgotten."""
FAILURES_MAX = 8
"""So many ends in a row, each before WELL_AFTER_S, and the whole plant is stopped."""
STOP_PATIENCE_S = 12.0
POLL_S = 0.05


class Supervisor:
    """Starts specs in the order they are given and stops them in the opposite order."""

    def __init__(
        self, logs: Path, *, tell: Callable[[str], None], pause_s: float = PAUSE_S
    ) -> None:
        self._logs = logs
        self._tell = tell
        self._pause_s = pause_s
        self._running: dict[str, Running] = {}
        self._specs: dict[str, ProgramSpec] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Done when a program cannot be kept running: why."""
        self.restarts: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        """Of all programs, in the order of their start."""
        return [*self._running]

    async def start(self, spec: ProgramSpec) -> float:
        """Start a program and wait until it is ready; returns seconds; raises StartFailed."""
        begun = time.monotonic()
        running = await self._spawn(spec)
        while not await _is_ready(spec):
            if running.exit_status is not None:
                words = running.last_words()
                raise StartFailed(f"{spec.name} ended with status {running.exit_status}:\n{words}")
            if time.monotonic() - begun > spec.ready_timeout_s:
                raise StartFailed(
                    f"{spec.name} was not ready after {spec.ready_timeout_s:.0f} s; "
                    f"the end of {running.log}:\n{running.last_words()}"
                )
            await asyncio.sleep(POLL_S)
        self._keepers[spec.name] = asyncio.create_task(self._keep(spec))
        return time.monotonic() - begun

    def kill(self, name: str) -> None:
        """kill -9 one program; it is started again after the pause."""
        self._running[name].kill()

    def pid(self, name: str) -> int:
        """Process id of the running program, or of its last run."""
        return self._running[name].pid

    async def take_down(self, name: str, *, gently: bool = False) -> None:
        """End one program, by kill -9 unless `gently`, and leave it down until `bring_back`."""
        keeper = self._keepers.pop(name)
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        if not gently or not await self._running[name].stop(STOP_PATIENCE_S):
            self._running[name].kill()
        await self._running[name].wait()

    async def bring_back(self, name: str) -> None:
        """Start a program that was taken down; raises StartFailed."""
        await self.start(self._specs[name])

    async def wait_ready(self, name: str, timeout_s: float) -> None:
        """Wait until a program that was killed runs again and is ready; raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while self._running[name].exit_status is not None or not await _is_ready(self._specs[name]):
            if time.monotonic() > deadline:
                words = self._running[name].last_words()
                raise TimeoutError(f"{name} was not ready again within {timeout_s:g} s:\n{words}")
            await asyncio.sleep(POLL_S)

    async def stop(self) -> list[str]:
        """Stop everything, last started first; returns the names that had to be killed."""
        for keeper in self._keepers.values():
            keeper.cancel()
        await asyncio.gather(*self._keepers.values(), return_exceptions=True)
        stubborn: list[str] = []
        for name, running in reversed(self._running.items()):
            if running.exit_status is None and not await running.stop(STOP_PATIENCE_S):
                stubborn.append(name)
        return stubborn

    async def _spawn(self, spec: ProgramSpec) -> Running:
        running = await Running.start(spec, self._logs / f"{spec.name}.log")
        self._running[spec.name] = running
        self._specs[spec.name] = spec
        return running

    async def _keep(self, spec: ProgramSpec) -> None:
        failures, pause_s = 0, self._pause_s
        while True:
            begun = time.monotonic()
            status = await self._running[spec.name].wait()
            if time.monotonic() - begun > WELL_AFTER_S:
                failures, pause_s = 0, self._pause_s
            failures += 1
            if failures >= FAILURES_MAX:
                words = self._running[spec.name].last_words()
                if not self.failed.done():
                    self.failed.set_result(f"{spec.name} ended {failures} times in a row:\n{words}")
                return
            self._tell(
                f"{spec.name} ended with status {status}; starting it again in {pause_s:g} s"
            )
            self.restarts[spec.name] = self.restarts.get(spec.name, 0) + 1
            await asyncio.sleep(pause_s)
            pause_s = min(PAUSE_S_MAX, pause_s * 2)
            await self._spawn(spec)


async def _is_ready(spec: ProgramSpec) -> bool:
    try:
        async with asyncio.timeout(5.0):
            return await spec.ready()
    except (OSError, TimeoutError):
        return False
