"""Whatever is killed, cut or frozen between a counter and the ledger, every piece and gram is booked once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.faults.books import check_books
from tests.faults.fault_rig import Wire, running_wire, until

FAULTS_PER_RUN = 10
RESIN, MASTERBATCH = Decimal("75.125"), Decimal("9.003")


async def _kill_broker(wire: Wire, rng: random.Random) -> None:
    wire.broker.kill()
    await asyncio.sleep(rng.uniform(0, 1))
    wire.broker.start()


async def _kill_server(wire: Wire, rng: random.Random) -> None:
    wire.server.kill()
    await wire.start_server()


async def _kill_edge(wire: Wire, rng: random.Random) -> None:
    wire.edge.kill()
    await asyncio.sleep(rng.uniform(0, 0.5))
    wire.edge.start()


async def _restart_gateway(wire: Wire, rng: random.Random) -> None:
    await wire.stop_gateway()
    wire.start_gateway()


async def _cut(wire: Wire, rng: random.Random) -> None:
    link = wire.links[rng.choice(sorted(wire.links))]
    await link.cut()
    await asyncio.sleep(rng.uniform(0, 1.5))
    await link.restore()


async def _freeze(wire: Wire, rng: random.Random) -> None:
    link = wire.links[rng.choice(sorted(wire.links))]
    await link.freeze()
    await asyncio.sleep(rng.uniform(0.5, 4.5))
    await link.restore()


async def _cut_database(wire: Wire, rng: random.Random) -> None:
    with psycopg.connect(wire.database_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and application_name = 'lineside'"
        )


FAULTS: list[Callable[[Wire, random.Random], Awaitable[None]]] = [
    _kill_broker,
    _kill_server,
    _kill_edge,
    _restart_gateway,
    _cut,
    _freeze,
    _cut_database,
]


@pytest.mark.journey
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1])
async def test_every_piece_and_gram_is_booked_once_whatever_breaks(
    tmp_path: Path, database_url: str, seed: int
) -> None:
    rng = random.Random(seed)
    totals = {"good": 9_000, "scrap": 400, "weighed": {"resin": RESIN, "masterbatch": MASTERBATCH}}
    async with running_wire(tmp_path, database_url, seed=seed, facts_per_s=500, **totals) as wire:
        await until(lambda: wire.totals().get("good", 0) > 0, lambda: "the first facts", 20)
        script = [*FAULTS, *rng.choices(FAULTS, k=FAULTS_PER_RUN - len(FAULTS))]
        rng.shuffle(script)
        for fault in script:
            await fault(wire, rng)
            await asyncio.sleep(rng.uniform(0, 0.5))
        await wire.drained()
        check_books(wire, good=9_000, scrap=400, resin=RESIN, masterbatch=MASTERBATCH)
        assert wire.rows("select accepted from job_command") == [(True,)]
