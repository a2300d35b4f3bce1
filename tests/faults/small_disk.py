"""A disk that can be full: a small file system of its own where this user may mount one, else a limit on a program's files.

Both make the kernel refuse: the first with ENOSPC, as a full disk does, the second with EFBIG.
"""

import contextlib
import errno
import os
import resource
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 32
TINY_FILE_BYTES = 4_096
"""No file of a program on a disk that is full by a limit grows beyond this; what is longer may be written over."""
_FILLER = "filler"
_PIECES = (1 << 20, 4_096, 1)
"""Bytes the rest of the disk is filled with at a time."""


@dataclass(slots=True)
class SmallDisk:
    """What `directory` lies on; `mount` before it is used, `unmount` at the end."""

    directory: Path
    is_real: bool = False
    """A file system of its own: it can be full by itself."""

    def mount(self) -> None:
        """Put a small file system there, where that is allowed."""
        self.directory.mkdir(parents=True, exist_ok=True)
        program = shutil.which("mount")
        if program is None or os.geteuid() != 0:
            return
        options = f"size={SIZE_MB}m,mode=0700"
        done = subprocess.run(
            [program, "-t", "tmpfs", "-o", options, "tmpfs", str(self.directory)],
            capture_output=True,
            check=False,
        )
        self.is_real = done.returncode == 0 and os.path.ismount(self.directory)

    def unmount(self) -> None:
        """Take it away, and everything on it."""
        if self.is_real:
            subprocess.run(["umount", "-l", str(self.directory)], check=True, capture_output=True)
            self.is_real = False

    def erase(self) -> None:
        """Delete everything on it."""
        for part in self.directory.iterdir():
            shutil.rmtree(part) if part.is_dir() else part.unlink()

    def fill(self, pid: int) -> None:
        """Leave no byte; again, to take what was freed meanwhile. `pid`: the program whose files lie here."""
        if not self.is_real:
            _limit(pid, TINY_FILE_BYTES)
            return
        for database in self.directory.glob("**/*.sqlite"):
            _take_log_space(database)
        file = os.open(self.directory / _FILLER, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for piece in _PIECES:
                _write_until_full(file, bytes(piece))
        finally:
            os.close(file)

    def free(self, pid: int) -> None:
        """Give the space back."""
        if self.is_real:
            (self.directory / _FILLER).unlink(missing_ok=True)
        else:
            with contextlib.suppress(ProcessLookupError):
                _limit(pid, resource.RLIM_INFINITY)


def _take_log_space(database: Path) -> None:
    """SQLite writes its log over and over in the space that it has; without that space the next commit wants some."""
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(database, timeout=0.2)) as db:
        db.execute("pragma wal_checkpoint(truncate)")


def _limit(pid: int, most: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def _write_until_full(file: int, piece: bytes) -> None:
    try:
        while True:
            os.write(file, piece)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
