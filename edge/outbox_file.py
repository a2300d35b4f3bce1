"""The outbox on disk: one SQLite file, one typed function per statement of outbox.sql. Called from one thread only."""

import re
import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_NAMED = re.compile(r"^-- :name (\w+)\n((?:--.*\n)+)((?:(?!-- :name ).*\n?)+)", re.MULTILINE)
SQL = {
    name: text.strip()
    for name, _, text in _NAMED.findall(
        Path(__file__).with_name("outbox.sql").read_text(encoding="utf-8")
    )
}
"""Statement by name."""

LOCKED_FOR_S = 1.0
"""Somebody else's lock on the file is waited for so long."""
ANSWERS_KEPT = 1_000
"""Answers to job orders that are remembered."""
Memory = tuple[str, str, bytes]
"""(device, signal, encoded memory)."""
_DISK_TROUBLES = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)


class DiskUnusable(Exception):
    """The disk takes nothing now: it is full, over its quota, or fails. Nothing was stored; it may be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the file holds. An empty file holds `first = last + 1`."""

    first: int
    last: int
    facts: int
    size_bytes: int


class OutboxFile:
    """Facts and memories in one file. `synchronous=FULL`: what is committed survives a power cut."""

    def __init__(self, path: Path, *, now_ms: int) -> None:
        """Open the file, or make it; raises DiskUnusable."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = _open(path, now_ms)
            self.epoch = self._begun(now_ms)
            """Names this file; sequences are gapless within it."""
        except sqlite3.OperationalError as error:
            if _is_of_the_disk(error):
                raise DiskUnusable(f"{path}: {error}") from error
            raise

    def commit(
        self,
        *,
        first: int,
        facts: Sequence[bytes],
        memories: Iterable[Memory],
        trim: int | None,
        answers: Mapping[str, bytes] | None = None,
    ) -> None:
        """Append facts as `first`, `first + 1`, …, with the memories behind them and the answers among them, and trim,
        in one transaction."""
        with self._transaction():
            self._db.executemany(SQL["insert_fact"], enumerate(facts, start=first))
            self._db.executemany(SQL["put_memory"], memories)
            if facts:
                self._db.execute(SQL["set_meta"], ("last_seq", first + len(facts) - 1))
            if answers:
                self._db.executemany(SQL["put_answer"], answers.items())
                self._db.execute(SQL["forget_answers"], (ANSWERS_KEPT,))
            if trim is not None:
                self._db.execute(SQL["trim"], (trim,))
                self._db.execute(SQL["set_meta"], ("trimmed", trim))

    def read(self, first: int, limit: int) -> list[tuple[int, bytes]]:
        """At most `limit` facts from `first` on."""
        return self._db.execute(SQL["read"], (first, limit)).fetchall()

    def replace_from(self, first: int, facts: Sequence[bytes]) -> None:
        """Store these facts instead of everything from `first` on, in one transaction."""
        with self._transaction():
            self._db.execute(SQL["forget_from"], (first,))
            self._db.executemany(SQL["insert_fact"], enumerate(facts, start=first))
            self._db.execute(SQL["set_meta"], ("last_seq", first + len(facts) - 1))

    def begin_epoch(self, epoch: int) -> None:
        """Let what is held be `1`, `2`, … of a new epoch, in one transaction."""
        before = self.bounds().first - 1
        with self._transaction():
            self._db.execute(SQL["renumber"], (before,))
            last = (self._number("last_seq") or 0) - before
            for key, value in (("outbox_epoch", epoch), ("last_seq", last), ("trimmed", 0)):
                self._db.execute(SQL["set_meta"], (key, value))
        self.epoch = epoch

    def memories(self) -> list[Memory]:
        """Everything known of every signal."""
        return self._db.execute(SQL["all_memories"]).fetchall()

    def answers(self) -> list[tuple[str, bytes]]:
        """(command, what the machine said to it), oldest first."""
        return self._db.execute(SQL["all_answers"]).fetchall()

    def bounds(self) -> Bounds:
        """What the file holds."""
        first, _, facts, size_bytes = self._db.execute(SQL["bounds"]).fetchone()
        last = self._number("last_seq") or 0
        return Bounds(
            first=last + 1 if first is None else first,
            last=last,
            facts=facts,
            size_bytes=size_bytes,
        )

    def trimmed(self) -> int:
        """Highest sequence known to be committed by the server."""
        return self._number("trimmed") or 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _begun(self, now_ms: int) -> int:
        """The file's epoch. That of a new one is larger than those of all files this agent had before."""
        stored = self._number("outbox_epoch")
        if stored is None:
            stored = now_ms
            try:
                self._db.execute(SQL["set_meta"], ("outbox_epoch", stored))
            except sqlite3.OperationalError:
                self._db.close()
                raise
        return stored

    def _number(self, key: str) -> int | None:
        row: tuple[int] | None = self._db.execute(SQL["get_meta"], (key,)).fetchone()
        return None if row is None else row[0]

    def make_room(self, *, trim: int) -> None:
        """On a disk that takes nothing: forget what is committed, and write the log again from its beginning, in the
        space that the file has already. Does what is possible."""
        with suppress(sqlite3.OperationalError):
            self._db.execute("pragma wal_checkpoint(restart)")
        with suppress(DiskUnusable), self._transaction():
            self._db.execute(SQL["trim"], (trim,))
            self._db.execute(SQL["set_meta"], ("trimmed", trim))

    @contextmanager
    def _transaction(self) -> Generator[None]:
        """`begin immediate` … `commit`, or nothing at all; raises DiskUnusable when it is the disk's fault."""
        db = self._db
        try:
            db.execute("begin immediate")
            yield
            db.execute("commit")
        except BaseException as error:
            if db.in_transaction:  # SQLite may have rolled back by itself
                db.execute("rollback")
            if isinstance(error, sqlite3.OperationalError) and _is_of_the_disk(error):
                raise DiskUnusable(str(error)) from error
            raise


def _is_of_the_disk(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in _DISK_TROUBLES


def _open(path: Path, now_ms: int) -> sqlite3.Connection:
    """Open the file; a damaged one is set aside under another name, and a new epoch begins."""
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        # Locked, full, or out of reach: the file itself is not known to be damaged.
        raise
    except sqlite3.DatabaseError:
        for part in ("", "-wal", "-shm"):
            damaged = path.with_name(path.name + part)
            if damaged.exists():
                damaged.rename(path.with_name(f"{path.name}{part}.damaged-{now_ms}"))
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=LOCKED_FOR_S)
    try:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        db.execute("pragma journal_size_limit = 16777216")
        if (found := db.execute("pragma quick_check(1)").fetchone()) != ("ok",):
            raise sqlite3.DatabaseError(str(found))
        db.executescript(SQL["schema"])
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db
