"""Imported files, how their columns are read, what was said of their rows, and what they changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("imports")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """An import as it is listed."""

    id: int
    kind: str
    source: str
    filename: str
    size: int
    sha256: str
    format: str
    encoding: str
    delimiter: str
    sheet: str
    header: list[str]
    sample: list[list[str]]
    """Per column some cells."""
    columns: dict[str, str | None]
    decimal_mark: str
    rows: int
    counts: dict[str, int]
    state: str
    created_at: datetime
    created_by: str | None
    token: str
    checked_at: datetime | None
    committed_at: datetime | None
    committed_by: str | None
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImport:
    """A file that was brought, and what was found out about it."""

    kind: str
    source: str
    filename: str
    content: bytes
    sha256: str
    format: str
    encoding: str
    delimiter: str
    sheet: str
    header: Sequence[str]
    sample: Sequence[Sequence[str]]
    columns: Mapping[str, str | None]
    decimal_mark: str
    rows: int
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFilter:
    """Which imports; None takes all. `before` is the last id of the page before."""

    id: int | None = None
    before: int | None = None
    kind: str | None = None
    source: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """What was said of one row; faults are in both languages."""

    number: int
    verdict: str
    key: str
    given: dict[str, Any]
    changes: dict[str, list[Any]]
    faults: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a commit did to one thing; `before` is None for a new one."""

    key: str
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMapping:
    """How a source's columns are read."""

    columns: dict[str, str | None]
    decimal_mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as it came."""

    content: bytes
    filename: str
    format: str


async def saved_mapping(connection: Connection, *, source: str, kind: str) -> SavedMapping | None:
    """How this source's files of the kind were read the last time."""
    return await fetch_one(
        connection, SavedMapping, _SQL["saved_mapping"], {"source": source, "kind": kind}
    )


async def save_mapping(
    connection: Connection,
    *,
    source: str,
    kind: str,
    mapping: SavedMapping,
    now: datetime,
    person_id: int | None,
) -> None:
    """Keep it for the next file of the source."""
    values = {
        "source": source,
        "kind": kind,
        "columns": Jsonb(mapping.columns),
        "decimal_mark": mapping.decimal_mark,
        "now": now,
        "person_id": person_id,
    }
    await connection.execute(_SQL["save_mapping"], values)


async def add(
    connection: Connection, new: NewImport, *, now: datetime, person_id: int | None
) -> int:
    """Keep the file; its import's id."""
    values = asdict(new) | {
        "header": Jsonb(list(new.header)),
        "sample": Jsonb([list(cells) for cells in new.sample]),
        "columns": Jsonb(dict(new.columns)),
        "now": now,
        "person_id": person_id,
    }
    import_id = await fetch_value(connection, _SQL["add"], values)
    assert isinstance(import_id, int)
    return import_id


async def find(connection: Connection, which: ImportFilter, *, limit: int) -> list[ImportRow]:
    """Imports, newest first."""
    return await fetch_all(connection, ImportRow, _SQL["find"], asdict(which) | {"limit": limit})


async def lock(connection: Connection, import_id: int) -> ImportRow | None:
    """The import, for this transaction alone."""
    await connection.execute(_SQL["lock"], {"id": import_id})
    found = await find(connection, ImportFilter(id=import_id), limit=1)
    return found[0] if found else None


async def stored_file(connection: Connection, import_id: int) -> StoredFile | None:
    """The file as it came."""
    return await fetch_one(connection, StoredFile, _SQL["content"], {"id": import_id})


async def set_mapping(connection: Connection, import_id: int, mapping: SavedMapping) -> None:
    """Read the columns so from now on."""
    values = {
        "id": import_id,
        "columns": Jsonb(mapping.columns),
        "decimal_mark": mapping.decimal_mark,
    }
    await connection.execute(_SQL["map"], values)


async def keep_verdicts(
    connection: Connection, import_id: int, rows: Sequence[JudgedRow], *, now: datetime
) -> None:
    """Keep what was said of the rows, in place of what was said before."""
    await connection.execute(_SQL["drop_rows"], {"id": import_id})
    documents = Jsonb([asdict(row) for row in rows])
    await connection.execute(_SQL["add_rows"], {"id": import_id, "rows": documents})
    values = {"id": import_id, "counts": Jsonb(counts_of(rows)), "now": now}
    await connection.execute(_SQL["mark_checked"], values)


def counts_of(rows: Sequence[JudgedRow]) -> dict[str, int]:
    """Verdict -> how many rows."""
    counts: dict[str, int] = {"new": 0, "change": 0, "unchanged": 0, "error": 0}
    for row in rows:
        counts[row.verdict] += 1
    return counts


async def verdicts(
    connection: Connection, import_id: int, *, verdict: str | None, after: int, limit: int
) -> list[JudgedRow]:
    """What was said of the rows after a line."""
    values = {"id": import_id, "verdict": verdict, "after": after, "limit": limit}
    return await fetch_all(connection, JudgedRow, _SQL["rows"], values)


async def mark_committed(
    connection: Connection,
    import_id: int,
    *,
    changes: Sequence[Change],
    counts: Mapping[str, int],
    now: datetime,
    person_id: int | None,
) -> None:
    """The import is in force; keep what it did."""
    rows = [asdict(change) | {"position": place} for place, change in enumerate(changes)]
    await connection.execute(_SQL["add_changes"], {"id": import_id, "rows": Jsonb(rows)})
    values = {"id": import_id, "counts": Jsonb(counts), "now": now, "person_id": person_id}
    await connection.execute(_SQL["mark_committed"], values)


async def changes_of(connection: Connection, import_id: int) -> list[Change]:
    """What the import did, in its order."""
    return await fetch_all(connection, Change, _SQL["changes"], {"id": import_id})


async def mark_undone(
    connection: Connection, import_id: int, *, now: datetime, person_id: int | None
) -> None:
    """The import was taken back."""
    values = {"id": import_id, "now": now, "person_id": person_id}
    await connection.execute(_SQL["mark_undone"], values)
