"""Monthly partitions of the event table on plain PostgreSQL, made ahead of time."""

from datetime import UTC, datetime

from psycopg import sql

from mes_server.storage.database import Connection

MONTHS_AHEAD = 3


async def ensure_event_partitions(connection: Connection, *, now: datetime) -> list[str]:
    """Create the partitions of this month and the next ones where they are missing; returns the names created.

    A hypertable makes its own chunks and is left alone. Facts of other months (a device with a wrong clock, an import) lie in the default partition.
    """
    created: list[str] = []
    if not await _is_partitioned(connection):
        return created
    year, month = now.astimezone(UTC).year, now.astimezone(UTC).month
    for _ in range(MONTHS_AHEAD + 1):
        following = (year + month // 12, month % 12 + 1)
        name = f"event_{year:04}_{month:02}"
        found = await (
            await connection.execute("select to_regclass(%s) is not null", (name,))
        ).fetchone()
        if found is not None and not found[0]:
            await connection.execute(
                sql.SQL("create table {} partition of event for values from ({}) to ({})").format(
                    sql.Identifier(name),
                    sql.Literal(datetime(year, month, 1, tzinfo=UTC)),
                    sql.Literal(datetime(*following, 1, tzinfo=UTC)),
                )
            )
            created.append(name)
        year, month = following
    return created


async def _is_partitioned(connection: Connection) -> bool:
    row = await (
        await connection.execute(
            "select relkind = 'p' from pg_class where oid = to_regclass('event')"
        )
    ).fetchone()
    return row is not None and bool(row[0])
