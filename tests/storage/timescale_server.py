"""TimescaleDB in WebAssembly (the npm package PGlite), for tests alone: one process, one connection, no COPY."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from psycopg import AsyncConnection

from mes_server.domain.fact_meaning import EventRow
from mes_server.domain.unit_sense import EPOCH
from mes_server.storage import binary_values
from mes_server.storage.database import Connection, Pool
from mes_server.storage.named_queries import load

HOME = Path(__file__).parents[1] / "timescale"
START_S, STOP_S = 120.0, 20.0
COLUMNS = (
    "source_id, seq, kind, quality, equipment_id, signal_id, operation_id, at, since, arrived_at, epoch, total, step, "
    "value, detail"
)
INSERT = (
    f'insert into event (ingest_id, {COLUMNS}) values (%s, %s, %s, %s::text::"char", %s::text::"char"'
    + (", %s" * 11 + ")")
)


class OnePool:
    """Lends out the only connection there is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """The connection, whoever else has it."""
        yield self._connection


async def insert_events(
    connection: Connection, chunks: Iterable[Sequence[EventRow]], *, ingest_id: int
) -> None:
    """Takes the place of `store_events`, which copies: the same rows, one INSERT each."""
    for chunk in chunks:
        for row in chunk:
            source, seq, kind, quality, unit, signal, operation, at, since, arrived, *rest = row
            epoch, total, step, value, detail = rest
            await connection.execute(
                INSERT,
                (
                    ingest_id, source, seq, kind.decode(), quality.decode(), unit, signal, operation, _time(at),
                    None if since is None else _time(since), _time(arrived), epoch, _amount(total), _amount(step), value,
                    detail,
                ),
            )  # fmt: skip


def _time(micros: int) -> object:
    return EPOCH + timedelta(microseconds=micros)


def _amount(millionths: object) -> Decimal | None:
    return None if millionths is None else Decimal(cast(int, millionths)) / 1_000_000


@asynccontextmanager
async def timescale_pool() -> AsyncGenerator[Pool]:
    """An empty database with the extension, as the server's pool would have it; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        "node", "serve.js", cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), START_S))
        connection = await AsyncConnection.connect(
            host="127.0.0.1", port=port, user="postgres", password="postgres", dbname="postgres",
            sslmode="disable", prepare_threshold=None, autocommit=True,
        )  # fmt: skip
        async with connection:
            await connection.execute("create extension timescaledb")
            binary_values.register(connection)
            await connection.execute("set time zone 'UTC'")
            for room in ("consumption", "ingest"):
                await connection.execute(load(room)["create_workspace"])
            yield cast(Pool, OnePool(connection))
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
