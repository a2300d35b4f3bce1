"""PostgreSQL is killed with -9, postmaster and children, while facts and commands pour in: every book still agrees.

The server program stays; it finds its database again. Whoever got no answer asks again, with the same sequences and keys.
"""

import asyncio
import os
import signal
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from device_profiles.program import SystemClock
from gateway.contract.codec import decode, encode
from gateway.contract.fact import AnyFact
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import IngestReply, IngestRequest
from mes_server import postmaster
from mes_server.embedded_postgres import EmbeddedPostgres
from tests.storage.kettle_works import LEADER, MASTER_DATA, MOULDER, OPERATOR, PLANNER, WAREHOUSE
from tests.storage.small_plant import Outbox
from tests.storage.test_server_program import TOKENS, start, url_of

KILLS = 2
BATCHES_BETWEEN_KILLS, COMMANDS_BETWEEN_KILLS = 8, 15
CLIENTS = 6
FACTS = 60
DEADLINE_S = 240.0
ORDER = "WO-1"
REFUSALS = {"more-than-good", "nothing-free", "stock-too-low", "lot-reserved"}
"""What people may be told when somebody else was faster."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A durable database of its own: it is killed."""
    server = EmbeddedPostgres(data_directory=tmp_path / "data")
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.erase()


@pytest.fixture
def url(database: EmbeddedPostgres, tmp_path: Path) -> Iterator[str]:
    """Where the server program listens."""
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    process = start(config, LINESIDE_DATABASE_URL=database.url(), **TOKENS)
    try:
        yield url_of(process)
    finally:
        process.kill()
        process.communicate(timeout=60)


def kill(server: EmbeddedPostgres) -> None:
    """kill -9 of the postmaster and of everything it started."""
    parent = server.pid
    assert parent is not None
    children = postmaster.server_processes(f"lineside-{_name(parent)}")
    assert len(children) > 3, "a working server has more processes than its postmaster"
    for pid in (parent, *children):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    [name] = [word.partition("=")[2] for word in words if word.startswith("cluster_name=")]
    return name.removeprefix("lineside-")


@dataclass
class Load:
    """What gateways and people send, again and again until it is answered, and what was answered."""

    http: httpx.AsyncClient
    clock: SystemClock = field(default_factory=SystemClock)
    outbox: Outbox = field(default_factory=lambda: Outbox(agent="edge-moulding"))
    batches: int = 0
    through: int = 0
    unanswered: int = 0
    keys: list[uuid.UUID] = field(default_factory=list[uuid.UUID])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    ending: bool = False

    async def post(self, path: str, **request: Any) -> httpx.Response:
        """Until the answer is not "later"."""
        while True:
            with suppress(httpx.TransportError):
                answer = await self.http.post(path, **request)
                if not answer.is_server_error:
                    return answer
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            self.unanswered += 1
            await self.clock.sleep(0.1)

    async def send_facts(self) -> None:
        """A gateway's uplink: the next batch when this one is acknowledged."""
        while not self.ending:
            batch = self.outbox.batch(*self._facts())
            body = encode(IngestRequest(gateway="gateway-1", sources=[batch]))
            headers = {"Authorization": "Bearer for-the-gateway"}
            answer = await self.post("ingest/facts", content=body, headers=headers)
            assert answer.is_success, answer.text
            [mark] = decode(answer.content, IngestReply).marks
            assert mark.through == self.outbox.next_seq - 1
            self.through, self.batches = mark.through, self.batches + 1

    def _facts(self) -> list[AnyFact]:
        now = self.clock.now()
        facts: list[AnyFact] = []
        for number in range(FACTS):
            at = now + timedelta(milliseconds=number)
            if number % 10 == 9:
                state = (EquipmentState.RUNNING, EquipmentState.DOWN)[number // 10 % 2]
                facts.append(self.outbox.state(MOULDER, state, at=at))
            else:
                facts.append(self.outbox.count(MOULDER, "good", 1 + number % 3, at=at))
        return facts

    async def command(self, path: str, body: dict[str, Any], *, by: str, kind: str = "") -> None:
        """One command, under one key."""
        key = uuid.uuid4()
        headers = {
            "Authorization": "Bearer for-screens",
            "Idempotency-Key": str(key),
            "Lineside-Badge": by,
        }
        answer = await self.post(path, json=body, headers=headers)
        if answer.is_success:
            self.keys.append(key)
            self.outcomes[kind] += 1
        else:
            assert answer.json()["type"] in REFUSALS, answer.text
            self.outcomes[answer.json()["type"]] += 1

    async def work(self, number: int) -> None:
        """A person at a terminal or with a scanner."""
        resin = {"item": "PP-RESIN", "quantity": "1"}
        while not self.ending:
            match number % 3:
                case 0:
                    entry = {"quantity": "1", "reason": "scratched"}
                    await self.command(
                        f"work-orders/{ORDER}/scrap", entry, by=OPERATOR, kind="scrap"
                    )
                case 1:
                    move = {"lot": "R1", "from_location": "WH", "to_location": "M1-LS"}
                    await self.command("transfers", resin | move, by=WAREHOUSE, kind="transfer")
                case _:
                    claim = resin | {"location": "WH"}
                    path = f"work-orders/{ORDER}/reservations"
                    await self.command(path, claim, by=LEADER, kind="reservation")
            number += 1


async def prepare(load: Load) -> None:
    """An order that runs, and resin for it."""
    answer = await load.http.put(
        "master-data", json=MASTER_DATA, headers={"Authorization": "Bearer for-administrators"}
    )
    assert answer.is_success, answer.text
    for lot, place, quantity in (("R0", "M1-LS", "300"), ("R1", "WH", "5000")):
        body = {"item": "PP-RESIN", "lot": lot, "quantity": quantity, "location": place}
        await load.command("receipts", body, by=WAREHOUSE, kind="receipt")
    order = {"number": ORDER, "item": "BODY", "quantity": "100000", "equipment": MOULDER}
    due = {"due_at": (load.clock.now() + timedelta(days=1)).isoformat()}
    await load.command("work-orders", order | due, by=PLANNER, kind="order")
    await load.command(f"work-orders/{ORDER}/release", {}, by=PLANNER, kind="release")
    await load.command(f"work-orders/{ORDER}/start", {}, by=OPERATOR, kind="start")


async def gain(load: Load, tasks: list[asyncio.Task[None]]) -> None:
    """Wait until enough facts and commands came through; whoever works must not fail."""
    batches = load.batches + BATCHES_BETWEEN_KILLS
    commands = load.outcomes.total() + COMMANDS_BETWEEN_KILLS
    while load.batches < batches or load.outcomes.total() < commands:
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.02)


async def under_load(load: Load, between: Callable[[], Awaitable[None]]) -> None:
    """Do `between` some times, each after enough came through."""
    tasks = [asyncio.create_task(load.send_facts())]
    tasks += [asyncio.create_task(load.work(number)) for number in range(CLIENTS)]
    try:
        async with asyncio.timeout(DEADLINE_S):
            for _ in range(KILLS):
                await gain(load, tasks)
                await between()
            await gain(load, tasks)
            load.ending = True
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_database_killed_under_load_comes_back_with_every_book_right(
    database: EmbeddedPostgres, url: str
) -> None:
    async def kill_and_start() -> None:
        kill(database)
        await asyncio.to_thread(database.stop)
        await asyncio.to_thread(database.start)

    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=10) as http:
        load = Load(http)
        await prepare(load)
        await under_load(load, kill_and_start)
    assert load.unanswered >= KILLS, "nobody noticed the kills"
    assert {"scrap", "transfer", "reservation"} <= set(load.outcomes)
    check_books(database.url(), load)


WRONG = {
    "balances that are not their postings": """
        with posted as (
            select item_id, place, lot_id, sum(quantity) as quantity from (
                select item_id, to_id as place, lot_id, quantity from movement
                union all select item_id, from_id, lot_id, -quantity from movement) m
            group by 1, 2, 3)
        select b.item_id, b.lot_id, b.quantity, p.quantity from balance b
        full join posted p on p.item_id = b.item_id and p.place = b.location_id and p.lot_id = b.lot_id
        where coalesce(b.quantity, 0) <> coalesce(p.quantity, 0)""",
    "lots whose balances do not sum to zero": """
        select item_id, lot_id from balance group by 1, 2 having sum(quantity) <> 0""",
    "cursors that are not what is stored": """
        select s.id, s.through, count(e.seq), count(distinct e.seq), max(e.seq)
        from source s left join event e on e.source_id = s.id group by s.id
        having count(e.seq) <> s.through or count(distinct e.seq) <> s.through or max(e.seq) <> s.through""",
    "totals that are not the sum of their steps": """
        select t.signal_id, t.total, sum(e.step) from signal_total t
        left join event e on e.signal_id = t.signal_id and e.kind in ('c', 'w')
        group by 1, 2 having t.total is distinct from sum(e.step)""",
    "orders that are not their counts": """
        select o.id, o.good, o.scrap from work_order_operation o
        left join (select operation_id, sum(step) as made from event where kind = 'c' group by 1) e
            on e.operation_id = o.id
        where o.produced <> coalesce(e.made, 0)""",
    "hours or minutes that are not the counts": """
        select h.good, m.good, e.made
        from (select sum(good + scrap) as good from production_hour) h,
            (select sum(good + scrap) as good from production_minute) m,
            (select sum(step) as made from event where kind = 'c') e
        where h.good <> e.made or m.good <> e.made""",
    "places that hold less than nothing, or less than is reserved": """
        select * from balance where physical and (quantity < 0 or reserved > quantity)""",
    "reserved amounts that nobody claims so": """
        select item_id, location_id, lot_id, b.reserved, c.claimed from balance b
        full join (
            select item_id, location_id, lot_id, sum(quantity) as claimed from (
                select item_id, location_id, lot_id, remaining as quantity from reservation where remaining > 0
                union all
                select p.item_id, k.location_id, k.lot_id, k.quantity
                from replenishment_pick k
                join replenishment_signal g on g.id = k.signal_id and g.state = 'picked'
                join replenishment_loop p on p.id = g.loop_id
                union all
                select item_id, transit_id, lot_id, quantity - received - turned_back
                from shipment where closed_at is null) c
            group by 1, 2, 3) c using (item_id, location_id, lot_id)
        where coalesce(b.reserved, 0) <> coalesce(c.claimed, 0)""",
    "resin that is neither used nor waited for": """
        select o.produced, c.issued, used.moved, used.waiting
        from work_order_operation o join operation_component c on c.operation_id = o.id,
            (select coalesce((select sum(quantity) from movement where kind = 'backflush'), 0) as moved,
                coalesce((select sum(remaining) from shortage), 0) as waiting) used
        where c.issued <> o.produced / 4 or used.moved + used.waiting <> c.issued""",
    "commands without an answer": "select id from command where answer = 'null'",
}
"""What must not be found, and how to find it."""


def check_books(database_url: str, load: Load) -> None:
    """Everything acknowledged is there once, and nothing contradicts anything."""
    with psycopg.connect(database_url) as connection:
        for what, query in WRONG.items():
            assert connection.execute(query.encode()).fetchall() == [], what
        assert connection.execute("select through from source").fetchall() == [(load.through,)]
        [(total,)] = connection.execute("select total from signal_total").fetchall()
        assert total == Decimal(load.outbox.totals[MOULDER, "good"])
        known = connection.execute(
            "select count(*) from command where id = any(%s)", (load.keys,)
        ).fetchone()
        assert known == (len(load.keys),)
        moved = connection.execute(
            "select count(*), count(distinct command_id) from movement where kind = 'transfer'"
        ).fetchone()
        assert moved == (load.outcomes["transfer"], load.outcomes["transfer"])
        scrapped = connection.execute("select sum(quantity) from scrap_report").fetchone()
        assert scrapped == (load.outcomes["scrap"],)
        claims = connection.execute("select count(*) from reservation").fetchone()
        assert claims == (load.outcomes["reservation"],)
