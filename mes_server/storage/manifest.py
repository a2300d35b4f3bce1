"""What a backup says of itself: how many rows, the sums of the ledger, how far sources and feed are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from mes_server.storage import feed
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column, fetch_one, fetch_value

_SQL = load("manifest")

NOT_CARRIED = ("feed_event", "sign_in")
"""Tables that a backup leaves out: screens take a new snapshot, people sign in anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What a database runs on."""

    major: int
    timescale: bool


async def versions(connection: Connection) -> Versions:
    """PostgreSQL's major version, and whether TimescaleDB is installed in this database."""
    found = await fetch_one(connection, Versions, _SQL["versions"], {})
    assert found is not None
    return found


async def is_empty(connection: Connection) -> bool:
    """Whether nobody keeps anything in this database."""
    return not await fetch_value(connection, _SQL["anything_there"], {})


async def describe(connection: Connection) -> dict[str, Any]:
    """`{migrations, rows, ledger, sources, invariants}` of the database, as JSON."""
    migrations = await (
        await connection.execute("select name, sha256 from schema_migration order by name")
    ).fetchall()
    rows: dict[str, int] = {}
    for table in await fetch_column(connection, _SQL["tables"], {}):
        counted = await connection.execute(
            sql.SQL("select count(*) from {}").format(sql.Identifier(table))
        )
        row = await counted.fetchone()
        rows[table] = row[0] if row else 0
    sources = await (await connection.execute(_SQL["sources"])).fetchall()
    return {
        "migrations": dict(migrations),
        "rows": rows,
        "ledger": await _row(connection, "ledger"),
        "sources": [
            {"agent": agent, "outbox_epoch": epoch, "through": through}
            for agent, epoch, through in sources
        ],
        "invariants": await invariants(connection),
    }


async def invariants(connection: Connection) -> dict[str, int]:
    """Rule of ledger and claims -> how many rows break it; of an older schema the rules that it knew."""
    found = await _row(connection, "invariants")
    if await fetch_value(connection, _SQL["claims_there"], {}):
        found |= await _row(connection, "claims")
    return found


async def feed_position(connection: Connection) -> str:
    """How far the feed is."""
    return await feed.head(connection)


async def begin_feed_anew(connection: Connection, *, now: datetime) -> None:
    """Positions from before the restore are no longer known."""
    await connection.execute(_SQL["mark_feed"], {"now": now})


async def _row(connection: Connection, query: str) -> dict[str, Any]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL[query])
        return await cursor.fetchone() or {}
