"""The all-in-one's data directory: lock, tokens, ports and the settings files of every program."""

import fcntl
import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Literal

from device_profiles.secrets_file import DEMO_PREFIX

MARKER = "lineside-demo.json"
TOKENS = (
    "LINESIDE_ADMIN_TOKEN",
    "LINESIDE_GATEWAY_TOKEN",
    "LINESIDE_HMI_TOKEN",
    "LINESIDE_HMI_STORAGE_SECRET",
)
_ENDPOINT = re.compile(r"(endpoint:\s*\S+?://)([^/:\s?]+):(\d+)")


class DataDirectoryFault(Exception):
    """The data directory cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """TCP ports on loopback."""

    api: int
    hmi: int
    mqtt: int
    control: int


class DataDirectory:
    """Held by one supervisor at a time; the kernel lets go when it dies."""

    def __init__(self, path: Path, *, kind: Literal["demo", "score"]) -> None:
        self.path = path.absolute()
        self._kind = kind
        self._lock: int | None = None

    def open(self) -> None:
        """Make it if it is not there, and hold it; raises DataDirectoryFault."""
        marker = self.path / MARKER
        if self.path.exists() and any(self.path.iterdir()):
            if not marker.exists():
                raise DataDirectoryFault(
                    f"{self.path} holds other files; choose an empty directory with --data"
                )
            if json.loads(marker.read_text(encoding="utf-8")) != {"kind": self._kind}:
                raise DataDirectoryFault(
                    f"{self.path} does not hold data of a {self._kind} run; choose another with --data"
                )
        for directory in (self.path, self.logs, self.settings):
            directory.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._lock, 32).decode() or "another program"
            raise DataDirectoryFault(
                f"the demo in {self.path} is running already (process {owner}); "
                "stop it first, or choose another directory with --data"
            ) from None
        os.ftruncate(self._lock, 0)
        os.write(self._lock, str(os.getpid()).encode())
        if not marker.exists():
            marker.write_text(json.dumps({"kind": self._kind}), encoding="utf-8")

    def close(self) -> None:
        """Let go."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def erase(self) -> None:
        """Delete what the programs keep here; the database is erased by its own module first."""
        for entry in self.path.iterdir():
            if entry.name not in (MARKER, "owner.lock"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for directory in (self.logs, self.settings):
            directory.mkdir()

    @property
    def logs(self) -> Path:
        """One log file a program."""
        return self.path / "logs"

    @property
    def settings(self) -> Path:
        """Settings files, written at each start."""
        return self.path / "settings"

    @property
    def database(self) -> Path:
        """The embedded PostgreSQL."""
        return self.path / "postgres"

    def tokens(self) -> dict[str, str]:
        """The secrets that the programs share, made at the first start."""
        file = self.path / "tokens.json"
        if not file.exists():
            made = {name: DEMO_PREFIX + secrets.token_urlsafe(32) for name in TOKENS}
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(made, out)
        return json.loads(file.read_text(encoding="utf-8"))

    def write(self, name: str, text: str) -> Path:
        """Write one settings file."""
        file = self.settings / name
        file.write_text(text, encoding="utf-8")
        return file

    def write_plant(self, text: str, *, mqtt: tuple[str, int], free: Iterator[int]) -> Path:
        """The plant file with its devices on free ports, and its MQTT machines at our broker."""
        moved: dict[tuple[str, str], int] = {}

        def move(found: re.Match[str]) -> str:
            if "mqtt" in found[1]:
                return f"{found[1]}{mqtt[0]}:{mqtt[1]}"
            place = (found[2], found[3])
            if place not in moved:
                moved[place] = next(free)
            return f"{found[1]}127.0.0.1:{moved[place]}"

        return self.write("plant.yaml", _ENDPOINT.sub(move, text))


OWN_PORTS = range(15_000, 32_000)
"""Below the range from which Linux takes the ports of outgoing connections: one of those could take a port between its
choice and the start, or the restart, of the program it is for."""
PORTS_TRIED = 500


def free_ports() -> Iterator[int]:
    """TCP ports on loopback that nobody listens on now, none twice, drawn by chance so that two plants seldom want the
    same."""
    for port in SystemRandom().sample(OWN_PORTS, PORTS_TRIED):
        if port_is_free(port):
            yield port
    raise DataDirectoryFault(
        f"no free port found from {OWN_PORTS.start} to {OWN_PORTS.stop - 1} on 127.0.0.1; "
        "stop programs that listen there"
    )


def port_is_free(port: int) -> bool:
    """Whether we could listen on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
