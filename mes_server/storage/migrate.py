"""Brings a database to the present schema: numbered SQL files, each in one transaction, each once."""

import hashlib
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import LiteralString, cast

from mes_server.storage.database import Connection

_LOCK = 7_301_553_046  # arbitrary, one migration at a time per database


class MigrationChanged(Exception):
    """A migration that was applied earlier reads differently now; restore the file, or restore the backup."""


async def migrate(connection: Connection, *, now: datetime) -> list[str]:
    """Apply what is missing, in order of the file names; returns the names applied. Safe to call at every start."""
    await connection.execute(
        "create table if not exists schema_migration (name text primary key, sha256 text not null, "
        "applied_at timestamptz not null)"
    )
    applied: list[str] = []
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        known = dict(
            await (await connection.execute("select name, sha256 from schema_migration")).fetchall()
        )
        for file in migration_files(timescale=await has_timescale(connection)):
            text = file.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode()).hexdigest()
            if known.get(file.name, digest) != digest:
                raise MigrationChanged(
                    f"{file.name} was applied in another form; restore the file or the backup"
                )
            if file.name not in known:
                await connection.execute(cast(LiteralString, text))
                await connection.execute(
                    "insert into schema_migration (name, sha256, applied_at) values (%s, %s, %s)",
                    (file.name, digest, now),
                )
                applied.append(file.name)
    return applied


async def applied_migrations(connection: Connection) -> list[str]:
    """Names of the migrations that this database has."""
    rows = await (
        await connection.execute("select name from schema_migration order by name")
    ).fetchall()
    return [name for (name,) in rows]


async def has_timescale(connection: Connection) -> bool:
    """Whether this database keeps its events in a hypertable, or, when it is still empty, can.

    A database stays what it began as: one that began on plain PostgreSQL keeps its partitions when the server gets the
    extension later.
    """
    row = await (
        await connection.execute(
            "select case when to_regclass('event') is not null then "
            "(select relkind <> 'p' from pg_class where oid = to_regclass('event')) "
            "else exists (select 1 from pg_extension where extname = 'timescaledb') or "
            "exists (select 1 from pg_available_extensions where name = 'timescaledb') "
            "and current_setting('shared_preload_libraries') like '%timescaledb%' end"
        )
    ).fetchone()
    return row is not None and bool(row[0])


def migration_files(*, timescale: bool) -> list[Traversable]:
    """The files to apply, by name; with TimescaleDB its own files take the place of plain ones of the same name."""
    root = files("mes_server.storage") / "migrations"
    folders = ["plain", "timescale"] if timescale else ["plain"]
    chosen = {
        file.name: file
        for folder in folders
        for file in (root / folder).iterdir()
        if file.name.endswith(".sql")
    }
    return [chosen[name] for name in sorted(chosen)]
