"""Fifty clients at once do all that people do with stock, on the same few items over HTTP, on the real server program, while
two machines count and their backflush consumes them too.

None of them waits for good, nobody's locks stand crosswise, nothing is given away twice, and every balance is the sum of
its postings.
"""

import asyncio
import random
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from gateway.contract.codec import encode
from gateway.contract.uplink import IngestRequest
from tests.storage.crowd import (
    Crowd,
    prepare,
    with_claims,
    with_orders,
    with_places,
    with_supply,
)
from tests.storage.kettle_works import ASSEMBLY, MOULDER
from tests.storage.small_plant import Outbox
from tests.storage.test_server_program import TOKENS, start, url_of

CLIENTS, COMMANDS, BATCHES = 50, 5, 25
DEADLINE_S = 240.0


@dataclass
class Program:
    """The server program, where it listens, and who reads what it says."""

    process: subprocess.Popen[str]
    url: str
    reader: threading.Thread

    def end(self) -> None:
        """Its connections are closed with it, and what they met is in the statistics of the database."""
        self.process.terminate()
        self.process.wait(timeout=60)
        self.reader.join(timeout=60)


@pytest.fixture
def program(database_url: str, tmp_path: Path) -> Iterator[Program]:
    """The server program; what it says is read, or it would wait for a reader."""
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
    assert process.stderr is not None
    try:
        url = url_of(process)
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        reader.start()
        yield Program(process, url, reader)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


async def machine(crowd: Crowd, box: Outbox, unit: str, signal: str, *, since: datetime) -> None:
    """A unit counts pieces, batch after batch."""
    for second in range(BATCHES):
        at = since + timedelta(milliseconds=second)
        batch = box.batch(box.count(unit, signal, 3, at=at))
        content = encode(IngestRequest(gateway="gateway-1", sources=[batch]))
        assert (await crowd.bring(content)).stored == 1
        crowd.outcomes["batches"] += 1


async def one_client(crowd: Crowd, number: int) -> None:
    """A few commands as they come, most of them on what everybody wants."""
    dice = random.Random(number)
    for step in range(COMMANDS):
        match (number + step) % 8:
            case 0 | 1:
                await with_claims(crowd, dice)
            case 2 | 3 | 4:
                await with_places(crowd, dice)
            case 5 | 6:
                await with_supply(crowd, dice)
            case _:
                await with_orders(crowd, dice, f"WO-{number}-{step}")


DONE = {
    "reservations", "issues", "transfers", "put-aways", "adjustments", "entries", "shipments", "scan", "pick", "deliver",
    "purchase-receipt", "start", "scrap", "hold", "batches",
}  # fmt: skip
"""What has to have succeeded at least once, for the test to say anything."""


async def test_fifty_clients_never_give_away_more_than_there_is(
    program: Program, database_url: str
) -> None:
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(
        base_url=f"{program.url}/api/v1/", timeout=DEADLINE_S, limits=limits
    ) as http:
        crowd = Crowd(http)
        await prepare(crowd)
        started = await crowd.command("work-orders/WO-1/start", {})
        since = datetime.fromisoformat(started["started_at"])
        moulding, assembly = Outbox(agent="edge-moulding"), Outbox(agent="edge-assembly")
        crowd.outcomes.clear()
        async with asyncio.timeout(DEADLINE_S):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(machine(crowd, moulding, MOULDER, "good", since=since))
                tasks.create_task(machine(crowd, assembly, ASSEMBLY, "produced", since=since))
                for number in range(CLIENTS):
                    tasks.create_task(one_client(crowd, number))
    print(f"outcomes {dict(crowd.outcomes)}, retries {crowd.retries}")
    assert set(crowd.outcomes) >= DONE, f"nobody managed to {DONE - set(crowd.outcomes)}"
    program.end()
    check_books(database_url)


def check_books(database_url: str) -> None:
    """Nobody's locks stood crosswise, nothing over-allocated, every balance its postings, every claim in its balance,
    nothing lost."""
    with psycopg.connect(database_url) as connection:
        [(deadlocks,)] = connection.execute(
            "select deadlocks from pg_stat_database where datname = current_database()"
        ).fetchall()
        assert deadlocks == 0
        wrong = connection.execute(
            "with posted as (select item_id, lot_id, place, sum(quantity) as total from ("
            " select item_id, lot_id, to_id as place, quantity from movement"
            " union all select item_id, lot_id, from_id, -quantity from movement) m group by 1, 2, 3)"
            " select * from posted p full join balance b on b.item_id = p.item_id and b.lot_id = p.lot_id"
            " and b.location_id = p.place where coalesce(p.total, 0) <> coalesce(b.quantity, 0)"
        ).fetchall()
        assert wrong == []
        over = connection.execute(
            "with claimed as (select item_id, location_id, lot_id, sum(quantity) as total from ("
            " select item_id, location_id, lot_id, remaining as quantity from reservation"
            " union all select p.item_id, k.location_id, k.lot_id, k.quantity from replenishment_pick k"
            " join replenishment_signal g on g.id = k.signal_id and g.state = 'picked'"
            " join replenishment_loop p on p.id = g.loop_id"
            " union all select item_id, transit_id, lot_id, quantity - received - turned_back from shipment"
            " where closed_at is null) c group by 1, 2, 3)"
            " select * from balance b left join claimed c using (item_id, location_id, lot_id)"
            " where physical and (b.quantity < 0 or b.reserved > b.quantity"
            " or b.reserved <> coalesce(c.total, 0))"
        ).fetchall()
        assert over == []
        [(unbalanced,)] = connection.execute("select sum(quantity) from balance").fetchall()
        assert unbalanced == 0
        [(issued, consumed)] = connection.execute(
            "select (select coalesce(sum(issued), 0) from operation_component)"
            " - (select coalesce(sum(remaining), 0) from shortage where operation_id is not null"
            "    and kind <> 'scrap'),"
            " sum(quantity) from balance b"
            " join location l on l.id = b.location_id and l.kind = 'consumption'"
        ).fetchall()
        assert issued == consumed
