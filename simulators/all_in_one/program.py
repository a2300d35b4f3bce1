"""One supervised program: started in its own session, its output in a log file, gone when we are gone."""

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOG_BYTES_MAX = 20_000_000
"""A log that is larger at a start is put aside as `.1`, once."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSpec:
    """What to start, and how to see that it is ready."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """On top of our own."""
    ready: Callable[[], Awaitable[bool]]
    """Asked again and again after the start."""
    ready_timeout_s: float = 60.0


class StartFailed(Exception):
    """A program did not get ready; the message ends with its last words."""


class Running:
    """A started program."""

    def __init__(self, spec: ProgramSpec, process: asyncio.subprocess.Process, log: Path) -> None:
        self.spec = spec
        self.log = log
        self._process = process

    @classmethod
    async def start(cls, spec: ProgramSpec, log: Path) -> "Running":
        """Start it; its output is appended to `log`."""
        _put_aside_when_large(log)
        parent = os.getpid()
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *spec.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **spec.environment},
                start_new_session=True,
                preexec_fn=lambda: _end_with(parent),
            )
        return cls(spec, process, log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for its end."""
        return await self._process.wait()

    def kill(self) -> None:
        """kill -9."""
        self._signal(signal.SIGKILL)

    async def stop(self, patience_s: float) -> bool:
        """Ask it to end, insist after `patience_s`; true when it ended by itself."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(patience_s):
                await self.wait()
        except TimeoutError:
            self.kill()
            await self.wait()
            return False
        return True

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8_000))
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-lines:])

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.killpg(self._process.pid, number)


def _put_aside_when_large(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(log.suffix + ".1"))


def _end_with(parent: int) -> None:
    """In the child, before it becomes the program: die when the supervisor dies, however it dies (Linux)."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
