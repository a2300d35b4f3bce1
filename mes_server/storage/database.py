"""Connections to PostgreSQL: autocommit, UTC, and transactions only where an operation opens one.

Each connection has the temporary tables of the set-based steps; they are empty at the beginning of every transaction.
"""

from psycopg import AsyncConnection
from psycopg.errors import CheckViolation, DeadlockDetected, SerializationFailure
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from mes_server.storage import binary_values
from mes_server.storage.named_queries import load

Connection = AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]

OVERTAKEN = (DeadlockDetected, SerializationFailure, CheckViolation)
"""Another transaction was faster: begin again. A check fails so when a shortage or stock that was read is used up now."""
POOL_SIZE_MAX = 16
"""Connections of one server process; further requests wait for one, at most `POOL_WAIT_S` seconds."""
POOL_WAIT_S = 30.0
DEAD_LINK = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""A database that vanished without a word (power, firewall, cable) is given up after about 15 s; libpq alone would wait
for hours. Without effect on a Unix socket."""


class Overtaken(SerializationFailure):
    """What the transaction has locked is no longer all that it needs, since another one was faster: begin again."""


async def _configure(connection: Connection) -> None:
    binary_values.register(connection)
    await connection.execute("set time zone 'UTC'")
    await connection.execute("set lock_timeout = '15s'")
    for room in ("consumption", "ingest"):
        await connection.execute(load(room)["create_workspace"])
    for room in ("consumption", "ingest"):
        async with connection.transaction():
            await connection.execute(load(room)["describe_workspace"])


async def open_pool(conninfo: str, *, size_max: int = POOL_SIZE_MAX) -> Pool:
    """Open a pool and wait for its first connection; raises psycopg_pool.PoolTimeout when there is no database."""
    pool: Pool = AsyncConnectionPool(
        conninfo,
        connection_class=AsyncConnection[TupleRow],
        kwargs={"autocommit": True, "application_name": "lineside", **DEAD_LINK},
        min_size=2,
        max_size=size_max,
        timeout=POOL_WAIT_S,
        configure=_configure,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    await pool.open(wait=True, timeout=POOL_WAIT_S)
    return pool
