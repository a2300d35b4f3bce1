"""Monthly partitions of the event table on plain PostgreSQL, made ahead of time."""

from datetime import UTC, datetime

from psycopg import sql

from mes_server.storage.database import Connection

MONTHS_AHEAD = 3


async def ensure_event_partitions(connection: Connection, *, now: datetime) -> list[str]:
    """Create the partitions of this month and the next ones where they are missing; returns the names created.

    A hypertable makes its own chunks and is left alone. Facts of other months (a device with a wrong clock, an import) lie
    in the default partition until their month gets its own, which takes them along.
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
            await _make(
                connection,
                name,
                datetime(year, month, 1, tzinfo=UTC),
                datetime(*following, 1, tzinfo=UTC),
            )
            created.append(name)
        year, month = following
    return created


async def _make(connection: Connection, name: str, since: datetime, until: datetime) -> None:
    """One partition, with the facts of its month that lie in the default partition; nobody writes meanwhile.

    PostgreSQL refuses a partition for rows that the default partition holds, hence they leave it first.
    """
    names = {
        "part": sql.Identifier(name),
        "since": sql.Literal(since),
        "until": sql.Literal(until),
    }
    async with connection.transaction():
        await connection.execute("lock table event in share row exclusive mode")
        await connection.execute(
            sql.SQL("create table {part} (like event including defaults)").format(**names)
        )
        await connection.execute(
            sql.SQL(
                "with gone as (delete from event_default where at >= {since} and at < {until} returning *) "
                "insert into {part} select * from gone"
            ).format(**names)
        )
        await connection.execute(
            sql.SQL(
                "alter table event attach partition {part} for values from ({since}) to ({until})"
            ).format(**names)
        )
        await connection.execute(
            sql.SQL("select summarize_by_itself({name})").format(name=sql.Literal(name))
        )


async def _is_partitioned(connection: Connection) -> bool:
    row = await (
        await connection.execute(
            "select relkind = 'p' from pg_class where oid = to_regclass('event')"
        )
    ).fetchone()
    return row is not None and bool(row[0])
