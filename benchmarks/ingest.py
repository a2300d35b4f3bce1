"""How fast facts become books: `python -m benchmarks.ingest [--seconds 8]`; `--seconds 1` for a glance.

Everything is on: attribution, backflush and weighing onto lots, ledger, balances, replenishment, roll-ups, feed; commits
are durable. Measured side by side in one run, batch by batch in turns: our batches of 100, 1,000 and 5,000; binary COPY of
the same rows into the same event table, at the same batch size, and nothing else; the same work by single statements, and
by one PL/pgSQL call, per event; two writers at once, on the same lines and on different ones. The last line is one JSON
object.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks.copy_events import as_values, copy_rows, resolve
from benchmarks.fact_stream import ORDER_SPAN, START, FactStream
from benchmarks.one_at_a_time import (
    create_functions,
    function_per_event,
    open_source,
    read_queries,
    statement_per_event,
)
from gateway.contract.uplink import IngestRequest, SourceBatch
from mes_server.embedded_postgres import EmbeddedPostgres
from mes_server.operations.ingest_facts import ingest_facts
from mes_server.storage.database import Pool, open_pool
from mes_server.storage.migrate import migrate
from mes_server.storage.partitions import ensure_event_partitions

SIZES = (100, 1_000, 5_000)
WARM_UP = 24
"""Batches until the connections have their plans."""
DELAY = timedelta(seconds=1)
"""Between a batch's last fact and its arrival."""
NOW = START + timedelta(hours=5)
Work = Callable[[SourceBatch], Awaitable[None]]


async def build(url: str, *, lot: int = 1_000) -> None:
    """A database with the fifty lines; every lot holds so many pieces."""
    pool = await open_pool(url)
    queries = read_queries("fifty_lines")
    async with pool.connection() as connection:
        await migrate(connection, now=START)
        await ensure_event_partitions(connection, now=START)
        values = {"start": START, "span": ORDER_SPAN, "lot": lot}
        for statement in queries["build"].split(";\n"):
            await connection.execute(statement, values)
    await pool.close()


async def rate(stream: FactStream, work: Work, *, size: int, seconds: float) -> float:
    """Facts a second that `work` takes."""
    facts, spent = 0, 0.0
    while spent < seconds:
        batch = stream.batch(size)
        begin = time.perf_counter()
        await work(batch)
        spent += time.perf_counter() - begin
        facts += size
    return facts / spent


def ours(pool: Pool) -> Work:
    """The product's own way."""

    async def work(batch: SourceBatch) -> None:
        now = batch.facts[-1].at + DELAY
        await ingest_facts(pool, IngestRequest(gateway="bench", sources=[batch]), now=now)

    return work


async def compare_sizes(pool: Pool, *, seconds: float) -> tuple[dict[str, float], float]:
    """At each batch size, batch by batch in turns: COPY's time through ours, medians; and our facts/s at the largest."""
    mine = FactStream(agent="bench", lines=range(50), seed=1)
    theirs = FactStream(agent="copy", lines=range(50), seed=1)
    work = ours(pool)
    for _ in range(WARM_UP):
        await work(mine.batch(SIZES[0]))
    found: dict[str, float] = {}
    best = 0.0
    for size in SIZES:
        own: list[float] = []
        copied: list[float] = []
        while sum(own) < seconds or len(own) < 3:
            own.append(await timed(work(mine.batch(size))))
            rows = as_values(await resolve(pool, theirs.batch(size)))
            copied.append(await timed(copy_rows(pool, rows)))
        found[f"batch_{size}_vs_copy"] = median(copied) / median(own)
        best = size / median(own)
        print(
            f"{size}: {best:.0f} facts/s, COPY {size / median(copied):.0f} rows/s, {len(own)} batches"
        )
    return found, best


async def timed(work: Awaitable[None]) -> float:
    """Seconds that it takes."""
    begin = time.perf_counter()
    await work
    return time.perf_counter() - begin


async def one_at_a_time(url: str, *, seconds: float) -> tuple[float, float]:
    """Rates of the statement and of the function per event."""
    pool = await open_pool(url)
    rates: list[float] = []
    async with pool.connection() as connection:
        await create_functions(connection)
        for number, way in enumerate((statement_per_event, function_per_event)):
            stream = FactStream(
                agent=f"one-{number}", lines=range(50), seed=2, suffix="2" if number else ""
            )

            async def work(batch: SourceBatch, way: Callable[..., Awaitable[None]] = way) -> None:
                source = await open_source(connection, batch)
                await way(connection, batch, source=source, now=NOW)

            rates.append(await rate(stream, work, size=100, seconds=seconds))
    await pool.close()
    return rates[0], rates[1]


def two_writers(url: str, *, shared: bool, seconds: float, tag: str) -> float:
    """Facts a second of two writer processes together, on the same lines or on halves."""
    halves = ("0-50", "0-50") if shared else ("0-25", "25-50")
    writers = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.ingest",
                "--writer",
                f"{tag}{number}",
                "--lines",
                lines,
                "--suffix",
                "2" if number else "",
                "--url",
                url,
                "--seconds",
                str(seconds),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, lines in enumerate(halves)
    ]
    return sum(float(writer.communicate()[0].split()[-1]) for writer in writers)


async def write(url: str, *, agent: str, lines: str, suffix: str, seconds: float) -> None:
    """One writer process of `two_writers`: prints its rate."""
    low, high = (int(part) for part in lines.split("-"))
    pool = await open_pool(url, size_max=2)
    totals_from = FactStream(agent=agent, lines=range(low, high), seed=3, suffix=suffix)
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select e.path, s.name, t.total from signal_total t join signal s on s.id = t.signal_id "
            "join equipment e on e.id = s.equipment_id"
        )
        totals_from.continue_from(await cursor.fetchall())
    print(await rate(totals_from, ours(pool), size=5_000, seconds=seconds))
    await pool.close()


async def measure(server_url: str, *, seconds: float) -> dict[str, float]:
    """All of it."""
    baseline_url = urlunsplit(urlsplit(server_url)._replace(path="/baseline"))
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("create database baseline")
    for url in (server_url, baseline_url):
        await build(url)
    pool = await open_pool(server_url)
    found, best = await compare_sizes(pool, seconds=seconds)
    statement, function = await one_at_a_time(baseline_url, seconds=seconds)
    alone = two_alone(server_url, seconds=seconds)
    shared = two_writers(server_url, shared=True, seconds=seconds, tag="shared")
    disjoint = two_writers(server_url, shared=False, seconds=seconds, tag="disjoint")
    async with pool.connection() as connection:
        row = await (await connection.execute(read_queries("fifty_lines")["invariants"])).fetchone()
    await pool.close()
    assert row is not None
    return {
        **found,
        "vs_statement_per_event": best / statement,
        "vs_function_per_event": best / function,
        "second_writer_shared": shared / alone,
        "second_writer_disjoint": disjoint / alone,
        "facts_per_s": best,
        "invariant_differences": row[0],
    }


def two_alone(url: str, *, seconds: float) -> float:
    """One writer process, to compare two with."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.ingest",
            "--writer",
            "alone",
            "--lines",
            "0-50",
            "--suffix",
            "",
            "--url",
            url,
            "--seconds",
            str(seconds),
        ],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="measured time of each figure")
    parser.add_argument("--writer", help=argparse.SUPPRESS)
    parser.add_argument("--lines", help=argparse.SUPPRESS)
    parser.add_argument("--suffix", default="", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.writer:
        asyncio.run(
            write(
                options.url,
                agent=options.writer,
                lines=options.lines,
                suffix=options.suffix,
                seconds=options.seconds,
            )
        )
        return
    directory = Path(tempfile.mkdtemp(prefix="lineside-bench-"))
    server = EmbeddedPostgres(data_directory=directory)
    try:
        found = asyncio.run(measure(server.start(), seconds=options.seconds))
        print(json.dumps({key: round(value, 3) for key, value in found.items()}))
    finally:
        server.stop()
        server.erase()


if __name__ == "__main__":
    main()
