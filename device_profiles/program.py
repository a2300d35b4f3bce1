"""What the `compose` of every program needs: strict settings, structured logs, the clock, and a clean stop.

Settings come from a TOML file, secrets from the environment or a private file only. Every fault is collected and
reported at once, with file and line.
"""

import asyncio
import difflib
import gc
import logging
import re
import signal
import sys
import time
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TextIO, TypeVar, cast

import structlog

from device_profiles.secrets_file import (
    DEMO_VARIABLE,
    FILE_VARIABLE,
    read_secrets,
    secret_fault,
)

GC_THRESHOLDS = (20_000, 10, 10)
"""New objects before a search for cycles, and so on. A batch of facts is thousands of objects without one; looking among
them after every 700, as Python does by itself, costs a tenth of an agent's time."""


class Clock(Protocol):
    """Time as an argument: production passes SystemClock, a simulated plant passes its own."""

    def now(self) -> datetime:
        """Wall clock, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        await asyncio.sleep(seconds)


class SettingsFaults(Exception):
    """Everything that is wrong with a program's settings, one line each: `file:line: what is wrong; what to do`."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


_MISSING = object()
_T = TypeVar("_T")
_FLAG_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
"""What an environment variable may say where a setting is true or false."""


class Settings:
    """A TOML document and the environment, read key by key (`table.key`); `finish` raises all faults together."""

    def __init__(self, text: str, *, file: str, environment: Mapping[str, str]) -> None:
        self._file = file
        self._lines = _key_lines(text)
        self._environment = environment
        self._faults: list[str] = []
        self._read: set[str] = set()
        self._values: dict[str, object] = {}
        try:
            self._values = _flatten(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            self._faults.append(f"{file}: not valid TOML: {error}")
        self._is_demo = environment.get(DEMO_VARIABLE) == "yes"
        if secrets := self.file("secrets_file", env=FILE_VARIABLE):
            kept = read_secrets(secrets)
            self._faults += kept.faults
            self._environment = {**kept.values, **environment}

    @classmethod
    def load(cls, path: Path | None, *, environment: Mapping[str, str]) -> "Settings":
        """Read `path`, or start from nothing but defaults and environment when it is None."""
        if path is None:
            return cls("", file="(defaults)", environment=environment)
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsFaults(
                [f"{path}: cannot be read: {error.strerror}; give --config FILE"]
            ) from error
        return cls(text, file=str(path), environment=environment)

    def text(self, key: str, default: object = _MISSING, *, env: str | None = None) -> str:
        """A string; `env` names an environment variable that overrides the file."""
        value = self._take(key, default, env)
        if isinstance(value, str):
            return value
        return self._wrong(key, "text in quotes", value, "")

    def optional_text(self, key: str, *, env: str | None = None) -> str | None:
        """A string, or None when neither file nor environment gives one."""
        return self.text(key, "", env=env) or None

    def integer(
        self, key: str, default: object = _MISSING, *, low: int = 0, high: int = 2**31
    ) -> int:
        """A whole number within [low, high]."""
        value = self._take(key, default, None)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        return self._wrong(key, f"a whole number from {low} to {high}", value, 0)

    def number(
        self, key: str, default: object = _MISSING, *, low: float = 0.0, high: float = 1e9
    ) -> float:
        """A number within [low, high]."""
        value = self._take(key, default, None)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        return self._wrong(key, f"a number from {low:g} to {high:g}", value, 0.0)

    def flag(self, key: str, default: bool, *, env: str | None = None) -> bool:
        """true or false; `env` names an environment variable that overrides the file: yes, no, on, off, too."""
        if env is not None and (said := self._environment.get(env, "").lower()):
            if said not in _FLAG_WORDS:
                self._faults.append(
                    f"{env} must be one of {', '.join(_FLAG_WORDS)}, found {said!r}"
                )
            self._take(key, default, None)
            return _FLAG_WORDS.get(said, False)
        value = self._take(key, default, None)
        if isinstance(value, bool):
            return value
        return self._wrong(key, "true or false", value, False)

    def secret(self, key: str, *, env: str, required: bool = True) -> str:
        """A secret, from the environment or the secrets file only; here, or with a value everybody knows, it is a
        fault."""
        if key in self._values:
            self._read.add(key)
            self._fault(
                key, f"{key} is a secret; take it out of the file and set {env} in the environment"
            )
        value = self._environment.get(env, "")
        if required and not value:
            self._faults.append(f"{self._file}: {key} is missing; set {env} in the environment")
        if wrong := secret_fault(value, demo=self._is_demo):
            self._faults.append(f"{self._file}: {key}: {env} {wrong}")
        return value

    def file(self, key: str, *, env: str | None = None) -> Path | None:
        """A file that exists, named as `seen_from_file`; None when not given."""
        name = self.optional_text(key, env=env)
        if name is None:
            return None
        if (path := self.seen_from_file(name)).is_file():
            return path
        self._fault(key, f"{key}: there is no file {name!r}")
        return None

    def seen_from_file(self, name: str) -> Path:
        """A path as the settings name it: seen from their own directory, or from here if it is only there."""
        beside = Path(self._file).parent / name
        return Path(name) if not beside.exists() and Path(name).exists() else beside

    def mapping(self, key: str) -> dict[str, str]:
        """A table of strings; empty when absent."""
        result: dict[str, str] = {}
        for full, value in self._values.items():
            if full.startswith(key + "."):
                self._read.add(full)
                if isinstance(value, str):
                    result[full[len(key) + 1 :]] = value
                else:
                    self._wrong(full, "text in quotes", value, None)
        return result

    def fault(self, key: str, message: str) -> None:
        """Add a fault found by the program itself, at the line of `key`."""
        self._fault(key, message)

    def finish(self) -> None:
        """Raise SettingsFaults when anything was wrong, unknown keys included."""
        for key in self._values.keys() - self._read:
            near = difflib.get_close_matches(key, self._read, n=1)
            hint = (
                f"; did you mean {near[0]!r}?"
                if near
                else f"; known keys: {', '.join(sorted(self._read))}"
            )
            self._fault(key, f"unknown key {key!r}{hint}")
        if self._faults:
            raise SettingsFaults(sorted(self._faults))

    def _take(self, key: str, default: object, env: str | None) -> object:
        self._read.add(key)
        if env is not None and self._environment.get(env):
            return self._environment[env]
        value = self._values.get(key, default)
        return None if value is _MISSING else value

    def _wrong(self, key: str, expected: str, value: object, instead: _T) -> _T:
        found = "nothing" if value is None else repr(value)
        self._fault(key, f"{key} must be {expected}, found {found}")
        return instead

    def _fault(self, key: str, message: str) -> None:
        line = self._lines.get(key)
        self._faults.append(
            f"{self._file}:{line}: {message}" if line else f"{self._file}: {message}"
        )


def _flatten(table: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{key}."))  # pyright: ignore[reportUnknownArgumentType]
        else:
            flat[prefix + key] = value
    return flat


def _key_lines(text: str) -> dict[str, int]:
    """Line number of each `table.key` in a TOML text."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            table = header[1].strip() + "."
        elif entry := re.match(r"""\s*["']?([\w.-]+)["']?\s*=""", line):
            lines[table + entry[1]] = number
    return lines


class _Unfailing:
    """A log that cannot be written, on a full disk say, must not end who writes it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, if that is possible."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        with suppress(OSError):
            self._stream.flush()


def configure_logging(*, program: str, level: str = "info") -> None:
    """Structured logs to stderr: readable on a terminal, JSON lines otherwise."""
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Unfailing(sys.stderr))),
    )
    structlog.contextvars.bind_contextvars(program=program)


def run_until_stopped(work: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    """Run `work(stop)`; SIGTERM and Ctrl-C set `stop`, and `work` is expected to return soon after. Exit status."""

    async def supervised() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    gc.set_threshold(*GC_THRESHOLDS)
    try:
        asyncio.run(supervised())
    except SettingsFaults as faults:
        sys.stderr.write(f"{faults}\n")
        return 2
    return 0
