"""What the operating system and `postmaster.pid` say about a PostgreSQL that may be running.

A pid file alone proves nothing: after a kill -9 it stays, its pid may be a zombie or have gone
to a stranger. The process's own command line is the witness: it is readable without privileges,
and a zombie has none.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What a postmaster wrote about itself into its data directory."""

    pid: int
    socket_directory: Path | None
    status: str
    """`starting`, `ready`, `standby` or `stopping`; empty while not yet written."""


def read_pid_file(cluster: Path) -> PidFile | None:
    """The cluster's postmaster.pid, or None when there is none or it is not yet complete."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if not lines or not lines[0].strip().lstrip("-").isdigit():
        return None
    lines += [""] * (8 - len(lines))
    return PidFile(
        pid=abs(int(lines[0])),
        socket_directory=Path(lines[4].strip()) if lines[4].strip() else None,
        status=lines[7].strip(),
    )


def is_postmaster_of(pid: int, cluster: Path) -> bool:
    """Whether the process lives and is the postmaster of this data directory."""
    words = _command_line(pid)
    return any(
        flag == "-D" and directory == str(cluster) for flag, directory in itertools.pairwise(words)
    )


def postmaster_of(cluster: Path) -> int | None:
    """The pid of the postmaster that runs on this data directory, with or without a pid file."""
    return next((pid for pid in _pids() if is_postmaster_of(pid, cluster)), None)


def server_processes(cluster_name: str) -> list[int]:
    """Back ends and workers that carry the cluster's name, also without their postmaster."""
    return [
        pid
        for pid in _pids()
        if (words := _command_line(pid)) and words[0].startswith(f"postgres: {cluster_name}: ")
    ]


def forget_stale_pid_files(cluster: Path, socket_directory: Path) -> None:
    """Removes the lock files of a postmaster that is gone, its pid a zombie's or a stranger's.

    PostgreSQL itself only asks whether *some* process has the pid, and would refuse to start.
    To be called when neither a postmaster nor one of its back ends is left.
    """
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    for leftover in socket_directory.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdigit()]


def _command_line(pid: int) -> list[str]:
    """The words of a process's command line; empty for zombies and for what has just ended."""
    try:
        raw = (_PROCESSES / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return raw.decode(errors="replace").rstrip("\0").split("\0") if raw else []
