"""Fifty clients at once reserve, move, issue and return the same item over HTTP, on the real server program, while a
machine counts and its backflush consumes it too.

None of them waits for good, nothing is given away twice, and every balance is the sum of its postings.
"""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from gateway.contract.codec import decode, encode
from gateway.contract.uplink import IngestReply, IngestRequest
from tests.storage.kettle_works import LEADER, MASTER_DATA, MOULDER, NOON, PLANNER, WAREHOUSE
from tests.storage.small_plant import Outbox
from tests.storage.test_server_program import TOKENS, start, url_of

CLIENTS, COMMANDS, BATCHES = 50, 10, 60
DEADLINE_S = 240.0
RETRIES_MAX = 20
ORDERS = [f"WO-{number}" for number in range(1, 6)]
LOTS = [f"R{number}" for number in range(1, 5)]
UNRELATED = [f"SCREW-{number}" for number in range(1, 11)]
EXPECTED = {
    "nothing-free",
    "lot-reserved",
    "lot-not-here",
    "stock-too-low",
    "more-than-issued",
    "reservation-smaller",
    "not-enough-free",
}
"""Refusals that people meet when somebody else was faster."""


@pytest.fixture
def url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """Where the server program listens."""
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
    try:
        yield url_of(process)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@dataclass
class Crowd:
    """The clients, and what they met."""

    http: httpx.AsyncClient
    outcomes: Counter[str] = field(default_factory=Counter[str])
    retries: int = 0

    async def command(self, path: str, body: dict[str, Any], *, by: str = LEADER) -> Any:
        """A command under one key, repeated while the server is busy; its answer, or None when it was refused."""
        headers = {
            "Authorization": "Bearer for-screens",
            "Idempotency-Key": str(uuid.uuid4()),
            "Lineside-Badge": by,
        }
        for _ in range(RETRIES_MAX):
            response = await self.http.post(path, json=body, headers=headers)
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self.retries += 1
                continue
            answer = response.json()
            if response.is_success:
                self.outcomes[path.rsplit("/", 1)[-1]] += 1
                return answer
            assert answer["type"] in EXPECTED, answer
            self.outcomes[answer["type"]] += 1
            return None
        raise AssertionError(f"{path} found the server busy {RETRIES_MAX} times")

    async def bring(self, facts: bytes) -> IngestReply:
        """A batch of the gateway, repeated while the server is busy."""
        headers = {"Authorization": "Bearer for-the-gateway"}
        for _ in range(RETRIES_MAX):
            response = await self.http.post("ingest/facts", content=facts, headers=headers)
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self.retries += 1
                continue
            assert response.is_success, response.text
            return decode(response.content, IngestReply)
        raise AssertionError(f"the gateway found the server busy {RETRIES_MAX} times")


async def prepare(crowd: Crowd) -> None:
    """Orders that all use the same item; a little of it, much of unrelated items."""
    items = [
        {"code": code, "name": {"en": code, "zh": code}, "unit": "pcs", "procurement": "buy"}
        for code in UNRELATED
    ]
    document = MASTER_DATA | {"items": MASTER_DATA["items"] + items}
    answer = await crowd.http.put(
        "master-data", json=document, headers={"Authorization": "Bearer for-administrators"}
    )
    assert answer.is_success, answer.text
    for lot in LOTS:
        for place in ("WH", "M1-LS"):
            body = {"item": "PP-RESIN", "lot": lot, "quantity": "25", "location": place}
            assert await crowd.command("receipts", body, by=WAREHOUSE)
    for item in UNRELATED:
        body = {"item": item, "lot": "S1", "quantity": "1000", "location": "WH"}
        assert await crowd.command("receipts", body, by=WAREHOUSE)
    for number in ORDERS:
        order = {
            "number": number, "item": "BODY", "quantity": "100", "equipment": MOULDER,
            "due_at": NOON.isoformat(),
        }  # fmt: skip
        assert await crowd.command("work-orders", order, by=PLANNER)
        assert await crowd.command(f"work-orders/{number}/release", {}, by=PLANNER)


async def machine(crowd: Crowd, *, since: datetime) -> None:
    """The moulder counts pieces of WO-1, batch after batch; each takes a quarter of a kilogram."""
    box = Outbox(agent="edge-moulding")
    for second in range(BATCHES):
        at = since + timedelta(milliseconds=second)
        batch = box.batch(box.count(MOULDER, "good", 3, at=at))
        content = encode(IngestRequest(gateway="gateway-1", sources=[batch]))
        assert (await crowd.bring(content)).stored == 1
        crowd.outcomes["batches"] += 1


async def one_client(crowd: Crowd, dice: random.Random) -> None:
    """A dozen commands as they come, most of them on what everybody wants."""
    for _ in range(COMMANDS):
        order = f"work-orders/{dice.choice(ORDERS)}"
        quantity = str(dice.randint(1, 8))
        lot = {} if dice.random() < 0.5 else {"lot": dice.choice(LOTS)}
        resin: dict[str, Any] = {"item": "PP-RESIN", "quantity": quantity}
        match dice.randrange(7):
            case 0 | 1:
                answer = await crowd.command(f"{order}/reservations", resin | lot)
                if answer is not None and dice.random() < 0.3:
                    claim = answer["reservations"][0]
                    await crowd.command(f"{order}/reservations/{claim['id']}/release", {})
            case 2 | 3:
                why = {"override_reason": "the crowd wants it"}
                await crowd.command(f"{order}/issues", resin | lot | why)
            case 4:
                ends = dice.choice([("WH", "M1-LS"), ("M1-LS", "WH")])
                move = {"lot": dice.choice(LOTS), "from_location": ends[0], "to_location": ends[1]}
                await crowd.command("transfers", resin | move)
            case 5:
                await crowd.command(
                    f"{order}/returns", resin | {"lot": dice.choice(LOTS), "reason": "too much"}
                )
            case _:
                move = {
                    "item": dice.choice(UNRELATED), "lot": "S1", "quantity": "1",
                    "from_location": "WH", "to_location": "A1-LS",
                }  # fmt: skip
                assert await crowd.command("transfers", move) is not None


async def test_fifty_clients_never_give_away_more_than_there_is(
    url: str, database_url: str
) -> None:
    limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(
        base_url=f"{url}/api/v1/", timeout=DEADLINE_S, limits=limits
    ) as http:
        crowd = Crowd(http)
        await prepare(crowd)
        started = await crowd.command("work-orders/WO-1/start", {})
        crowd.outcomes.clear()
        async with asyncio.timeout(DEADLINE_S):
            async with asyncio.TaskGroup() as tasks:
                since = datetime.fromisoformat(started["started_at"])
                tasks.create_task(machine(crowd, since=since))
                for number in range(CLIENTS):
                    tasks.create_task(one_client(crowd, random.Random(number)))
    print(f"outcomes {dict(crowd.outcomes)}, retries {crowd.retries}")
    done = {"reservations", "release", "issues", "transfers", "returns"}
    assert done <= set(crowd.outcomes), "the crowd did not do everything"
    assert {"nothing-free", "lot-reserved", "stock-too-low"} & set(crowd.outcomes)
    check_books(database_url)


def check_books(database_url: str) -> None:
    """Nothing over-allocated, every balance its postings, every reservation in its balance, nothing lost."""
    with psycopg.connect(database_url) as connection:
        wrong = connection.execute(
            "with posted as (select item_id, lot_id, place, sum(quantity) as total from ("
            " select item_id, lot_id, to_id as place, quantity from movement"
            " union all select item_id, lot_id, from_id, -quantity from movement) m group by 1, 2, 3)"
            " select * from posted p full join balance b on b.item_id = p.item_id and b.lot_id = p.lot_id"
            " and b.location_id = p.place where coalesce(p.total, 0) <> coalesce(b.quantity, 0)"
        ).fetchall()
        assert wrong == []
        over = connection.execute(
            "with claimed as (select item_id, location_id, lot_id, sum(remaining) as total from reservation"
            " group by 1, 2, 3) select * from balance b left join claimed c using (item_id, location_id, lot_id)"
            " where physical and (b.quantity < 0 or b.reserved > b.quantity"
            " or b.reserved <> coalesce(c.total, 0))"
        ).fetchall()
        assert over == []
        [(total,)] = connection.execute(
            "select sum(quantity) from balance b join item i on i.id = b.item_id and i.code = 'PP-RESIN'"
            " join location l on l.id = b.location_id where l.physical or l.kind = 'consumption'"
        ).fetchall()
        assert total == Decimal(25 * 2 * len(LOTS))
        [(issued, consumed)] = connection.execute(
            "select (select sum(issued) from operation_component) - (select coalesce(sum(remaining), 0) from shortage),"
            " sum(quantity) from balance b"
            " join location l on l.id = b.location_id and l.kind = 'consumption'"
        ).fetchall()
        assert issued == consumed
