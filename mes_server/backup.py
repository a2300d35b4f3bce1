"""Backup and restore: one file with PostgreSQL's own dump and a manifest, which a restore is checked against.

The file is a ZIP archive of `manifest.json` and `database.dump` (pg_dump's custom format), both of one moment. A
restore never writes over anything: it wants an empty database, or moves the present one aside under another name.
"""

import asyncio
import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from psycopg import AsyncConnection, OperationalError, sql
from psycopg.errors import InvalidCatalogName, ObjectInUse
from psycopg.rows import TupleRow

from mes_server.postgres_tools import find_tool, run_tool
from mes_server.storage import manifest

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.dump"
_CHUNK = 1 << 20


class BackupFault(Exception):
    """A backup or restore that was not done; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore found."""

    manifest: dict[str, Any]
    differences: tuple[str, ...]
    """What is not as the manifest says, or breaks a rule of the ledger; empty when all is well."""
    set_aside: str | None
    """Name that the earlier database has now."""


async def back_up(
    url: str, file: Path, *, now: datetime, binaries: Path | None = None
) -> dict[str, Any]:
    """Write the database to `file`, while the server goes on working; the manifest. Raises BackupFault or ToolFailed."""
    if await asyncio.to_thread(file.exists):
        raise BackupFault(f"{file} exists already; choose another name, or move it away.")
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
        dump = Path(folder) / DUMP
        async with await _connect(url) as connection, connection.transaction():
            await connection.execute("set transaction isolation level repeatable read, read only")
            exported = await (await connection.execute("select pg_export_snapshot()")).fetchone()
            assert exported is not None
            version = await manifest.versions(connection)
            tool = find_tool("pg_dump", major_min=version.major, configured=binaries)
            words = [tool, "--format=custom", f"--snapshot={exported[0]}", f"--file={dump}"]
            words += [f"--exclude-table-data={table}" for table in manifest.NOT_CARRIED]
            async with asyncio.TaskGroup() as both:
                both.create_task(asyncio.to_thread(run_tool, [*words, f"--dbname={url}"]))
                described = await manifest.describe(connection)
                position = await manifest.feed_position(connection)
        about = {
            "format": FORMAT,
            "taken_at": now.isoformat(),
            "postgres": version.major,
            "timescale": version.timescale,
            **described,
            "feed_position": position,
            "dump_sha256": await asyncio.to_thread(_digest, dump),
        }
        await asyncio.to_thread(_pack, file, dump, about, Path(folder) / "packed")
    return about


async def restore(
    file: Path,
    url: str,
    *,
    now: datetime,
    set_aside: bool = False,
    binaries: Path | None = None,
) -> Restored:
    """Bring a backup into an empty database, which is made if need be, and check it. Raises BackupFault or ToolFailed.

    With `set_aside` a database that is there is renamed first; without, it is refused.
    """
    with tempfile.TemporaryDirectory(prefix="lineside-restore-") as folder:
        dump = Path(folder) / DUMP
        about = await asyncio.to_thread(_unpack, file, dump)
        tool = find_tool("pg_restore", major_min=int(about["postgres"]), configured=binaries)
        moved = await _make_room(url, now=now, set_aside=set_aside)
        words = [tool, "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={url}"]
        if about["timescale"]:
            await _execute(url, "create extension if not exists timescaledb")
            await _execute(url, "select timescaledb_pre_restore()")
            await asyncio.to_thread(run_tool, [*words, dump])
            await _execute(url, "select timescaledb_post_restore()")
        else:
            await asyncio.to_thread(run_tool, [*words, "--single-transaction", dump])
    async with await _connect(url) as connection:
        found = await manifest.describe(connection)
        await manifest.begin_feed_anew(connection, now=now)
    return Restored(manifest=about, differences=_differences(about, found), set_aside=moved)


def summary(about: dict[str, Any]) -> list[str]:
    """What a backup holds, a line each."""
    ledger = about["ledger"]
    return [
        f"taken at {about['taken_at']}, PostgreSQL {about['postgres']}, schema {max(about['migrations'])}",
        f"{sum(about['rows'].values())} rows in {len(about['rows'])} tables",
        f"{ledger['movements']} movements, on hand {ledger['on_hand']}, reserved {ledger['reserved']}",
        *(
            f"facts of {source['agent']} (outbox {source['outbox_epoch']}) up to {source['through']}"
            for source in about["sources"]
        ),
        f"feed up to {about['feed_position']}",
        *(f"{name.replace('_', ' ')}: {count}" for name, count in about["invariants"].items()),
    ]


def _differences(about: dict[str, Any], found: dict[str, Any]) -> tuple[str, ...]:
    said = [
        f"{part} {name}: the backup says {about[part].get(name)}, restored were {found[part].get(name)}"
        for part in ("migrations", "rows", "ledger")
        for name in sorted(about[part].keys() | found[part].keys())
        if about[part].get(name) != found[part].get(name)
    ]
    if about["sources"] != found["sources"]:
        said.append("sources: the committed positions of the agents differ")
    said += [
        f"{name.replace('_', ' ')}: {count}" for name, count in found["invariants"].items() if count
    ]
    return tuple(said)


def _pack(file: Path, dump: Path, about: dict[str, Any], unfinished: Path) -> None:
    """The archive, under its name only when all of it is on the disk."""
    with unfinished.open("xb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            archive.writestr(MANIFEST, json.dumps(about, indent=2))
            archive.write(dump, DUMP)
        raw.flush()
        os.fsync(raw.fileno())
    unfinished.chmod(0o600)
    if file.exists():
        raise BackupFault(f"{file} was made meanwhile; choose another name.")
    unfinished.rename(file)


def _unpack(file: Path, dump: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            about = cast(dict[str, Any], json.loads(archive.read(MANIFEST)))
            with archive.open(DUMP) as packed, dump.open("xb") as plain:
                while chunk := packed.read(_CHUNK):
                    plain.write(chunk)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BackupFault(f"{file} is no backup that can be read: {error}") from error
    if about.get("format") != FORMAT:
        raise BackupFault(f"{file} has format {about.get('format')}; this version reads {FORMAT}.")
    if _digest(dump) != about["dump_sha256"]:
        raise BackupFault(f"{file} is damaged: its digest is not the one in its manifest.")
    return about


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


async def _make_room(url: str, *, now: datetime, set_aside: bool) -> str | None:
    """An empty database at that URL; the new name of the one that was there, if any. Raises BackupFault."""
    try:
        async with await _connect(url) as connection:
            if await manifest.is_empty(connection):
                return None
    except InvalidCatalogName:
        await _create(url)
        return None
    except OperationalError as error:
        if "does not exist" not in str(error):
            raise BackupFault(f"The database cannot be reached: {error}") from error
        await _create(url)
        return None
    name = _database_of(url)
    if not set_aside:
        raise BackupFault(
            f"The database {name} is not empty, and nothing is restored over data. Name another one in --into, or "
            "give --set-aside: then the present one is kept under another name."
        )
    moved = f"{name}_before_{now:%Y%m%d_%H%M%S}"
    rename = sql.SQL("alter database {} rename to {}")
    async with await _connect(_maintenance(url)) as connection:
        try:
            await connection.execute(rename.format(sql.Identifier(name), sql.Identifier(moved)))
        except ObjectInUse:
            raise BackupFault(
                f"Somebody uses the database {name}: stop lineside-mes first."
            ) from None
    await _create(url)
    return moved


async def _create(url: str) -> None:
    async with await _connect(_maintenance(url)) as connection:
        await connection.execute(
            sql.SQL("create database {} template template0 encoding 'UTF8'").format(
                sql.Identifier(_database_of(url))
            )
        )


async def _execute(url: str, statement: Any) -> None:
    async with await _connect(url) as connection:
        await connection.execute(statement)


async def _connect(url: str) -> AsyncConnection[TupleRow]:
    return await AsyncConnection.connect(url, autocommit=True, connect_timeout=10)


def _database_of(url: str) -> str:
    name = unquote(urlsplit(url).path.removeprefix("/"))
    if not name:
        raise BackupFault("The URL names no database: postgresql://…/name.")
    return name


def _maintenance(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/postgres"))
