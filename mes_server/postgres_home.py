"""Where an embedded PostgreSQL keeps its data, so that its account can reach them.

PostgreSQL refuses to run as root. Started by root (a container, a fresh virtual machine), the
server therefore runs under an unprivileged account, which must be able to enter the directory.
That is not so under `/root`: then the data live in a home under `ROOTS_PLACE`, and the directory
that was asked for holds a pointer to it. Deleting the directory starts over, as it would with the
data inside.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOTS_PLACE = Path("/var/lib/lineside")
OWNER_FILE = "belongs-to.txt"
"""In a home under ROOTS_PLACE: the data directory that was asked for."""
POINTER_FILE = "postgres-is-in.txt"
"""In a data directory that PostgreSQL's account cannot enter: its home under ROOTS_PLACE."""
TEMPORARY_PLACES = (Path("/tmp"), Path("/var/tmp"))


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot run here; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The unprivileged account that the server runs under when we ourselves are root."""

    uid: int
    gid: int


_STRANGER = Account(uid=-1, gid=-1)


def can_reach(path: Path, account: Account | None) -> bool:
    """Whether the account may enter every directory above `path`."""
    if account is None:
        return True
    for directory in path.absolute().parents:
        if directory.exists() and not _may_enter(directory, account):
            return False
    return True


def _may_enter(directory: Path, account: Account) -> bool:
    status = directory.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def fingerprint(path: Path) -> str:
    """A short name for a path, the same on every start."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def home_of(data_directory: Path) -> Path:
    """Where the data are, or would be if nothing stood against it."""
    return _pointed_home(data_directory) or data_directory


def settle_home(data_directory: Path) -> Path:
    """Makes the place for the data, once and for all; raises PostgresUnavailable.

    As root, a directory that strangers cannot enter gets a home elsewhere. Asked without a
    particular account, so that every start answers alike.
    """
    data_directory.mkdir(parents=True, exist_ok=True)
    home = _pointed_home(data_directory)
    if home is not None and not home.is_dir():
        raise PostgresUnavailable(
            f"{data_directory} says that its data are in {home}, which is gone. Put that "
            f"directory back, or delete {data_directory} to start over without data."
        )
    if home is not None:
        return home
    if os.geteuid() != 0 or can_reach(data_directory, _STRANGER):
        return data_directory
    if (data_directory / "cluster").exists():
        raise PostgresUnavailable(
            f"PostgreSQL's account cannot enter {data_directory} any more. Let everybody enter "
            "the directories above it again (chmod o+x)."
        )
    return _new_home(data_directory)


def forgotten_homes() -> list[Path]:
    """Homes under ROOTS_PLACE that nothing points to any more.

    Either their directory now points elsewhere, or it was a temporary one and is gone. Any
    other directory may be missing only because its disk is not mounted today.
    """
    return [
        note.parent
        for note in ROOTS_PLACE.glob(f"postgres-*/{OWNER_FILE}")
        if _is_forgotten(note.parent, Path(note.read_text().strip()))
    ]


def _is_forgotten(home: Path, owner: Path) -> bool:
    if owner.exists():
        return _pointed_home(owner) not in (None, home)
    return any(place in owner.parents for place in TEMPORARY_PLACES)


def _pointed_home(data_directory: Path) -> Path | None:
    try:
        return Path((data_directory / POINTER_FILE).read_text().strip())
    except FileNotFoundError:
        return None


def _new_home(data_directory: Path) -> Path:
    """A fresh home with the directory pointing to it; the other one's if another start was first."""
    ROOTS_PLACE.mkdir(parents=True, exist_ok=True)
    ROOTS_PLACE.chmod(0o755)
    home = Path(tempfile.mkdtemp(prefix="postgres-", dir=ROOTS_PLACE))
    (home / OWNER_FILE).write_text(str(data_directory))
    try:
        with (data_directory / POINTER_FILE).open("x") as pointer:
            pointer.write(f"{home}\n")
    except FileExistsError:
        shutil.rmtree(home)
        return home_of(data_directory)
    return home
