"""A call draws from its source and from the stores and bins inside it: first expired first, wherever it lies."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import pytest

from mes_server.storage.database import Pool, open_pool
from mes_server.storage.manifest import invariants
from mes_server.storage.migrate import migrate, migration_files
from tests.storage.kettle_works import LEADER, QUALITY, WAREHOUSE, KettleWorks, named
from tests.storage.small_plant import T0
from tests.storage.test_replenishment_steps import open_call

PLACES = [
    {"code": "WH-ROOM", "name": named("Room"), "kind": "store", "parent": "WH"},
    {"code": "WH-A", "name": named("Bin A"), "kind": "bin", "parent": "WH"},
    {"code": "WH-B", "name": named("Bin B"), "kind": "bin", "parent": "WH-ROOM"},
    {"code": "WH-Q", "name": named("Quarantine"), "kind": "quarantine", "parent": "WH"},
    {"code": "WH-QB", "name": named("Bin in quarantine"), "kind": "bin", "parent": "WH-Q"},
]


@pytest.fixture
async def bins(works: KettleWorks) -> KettleWorks:
    """The warehouse has a bin, a room with a bin, and a quarantine with a bin."""
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"locations": PLACES},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.is_success, answer.text
    return works


def told(picks: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """(Lot, place, quantity) of what a card tells, in its order."""
    return [(one["lot"], one["location"], int(Decimal(one["quantity"]))) for one in picks]


async def reserved(works: KettleWorks, place: str) -> dict[str, int]:
    """What is reserved of each lot that lies there."""
    lines = await works.get("stock", item="PP-RESIN", location=place)
    return {line["lot"]: int(Decimal(line["reserved"])) for line in lines}


async def test_what_was_put_away_feeds_calls_from_the_store(bins: KettleWorks) -> None:
    number = await open_call(bins)
    await bins.receive("PP-RESIN", "R1", "60", "WH")
    away = {"item": "PP-RESIN", "lot": "R1", "quantity": "60", "from_location": "WH"}
    await bins.do("put-aways", away | {"to_location": "WH-B"}, by=WAREHOUSE)
    [card] = await bins.get("replenishments", state="raised")
    assert told(card["suggested"]) == [("R1", "WH-B", 50)]
    assert card["suggested"][0]["location_name"]["en"] == "Bin B"
    card = await bins.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    assert told(card["picks"]) == [("R1", "WH-B", 50)]
    assert await reserved(bins, "WH-B") == {"R1": 50}
    away |= {"from_location": "WH-B", "to_location": "WH-A", "quantity": "11"}
    assert (await bins.refused("transfers", away, by=LEADER))["type"] == "stock-too-low"
    await bins.check_ledger()
    card = await bins.do(f"replenishments/{number}/deliver", by=WAREHOUSE)
    assert (card["state"], Decimal(card["delivered_quantity"])) == ("delivered", 50)
    assert await reserved(bins, "WH-B") == {"R1": 0}
    assert await bins.on_hand("PP-RESIN", "WH-B") == 10
    assert await bins.on_hand("PP-RESIN", "M1-LS") == 50
    async with bins.pool.connection() as connection:
        rows = await connection.execute(
            "select l.code, m.quantity from movement m join location l on l.id = m.from_id"
            " join location t on t.id = m.to_id where t.code = 'M1-LS'"
        )
        assert await rows.fetchall() == [("WH-B", 50)]
    await bins.check_ledger()


async def test_bins_and_store_go_out_first_expired_first_and_quarantine_never(
    bins: KettleWorks,
) -> None:
    number = await open_call(bins)
    await bins.receive("PP-RESIN", "LATE", "10", "WH-A", expires="2026-09-30")
    await bins.receive("PP-RESIN", "SOON", "15", "WH-B", expires="2026-04-30")
    await bins.receive("PP-RESIN", "MID", "20", "WH", expires="2026-06-30")
    await bins.receive("PP-RESIN", "SOON", "5", "WH-A", expires="2026-04-30")
    await bins.receive("PP-RESIN", "GONE", "90", "WH-A", expires="2026-03-01")
    await bins.receive("PP-RESIN", "BAD", "90", "WH-Q", expires="2026-03-31")
    await bins.receive("PP-RESIN", "BAD", "90", "WH-QB", expires="2026-03-31")
    out = [("SOON", "WH-A", 5), ("SOON", "WH-B", 15), ("MID", "WH", 20), ("LATE", "WH-A", 10)]
    [card] = await bins.get("replenishments", state="raised")
    assert told(card["suggested"]) == out
    card = await bins.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    assert sorted(told(card["picks"])) == sorted(out)
    await bins.check_ledger()
    card = await bins.do(f"replenishments/{number}/cancel", {"reason": "wrong"}, by=LEADER)
    assert card["state"] == "cancelled"
    for place in ("WH", "WH-A", "WH-B"):
        assert set((await reserved(bins, place)).values()) == {0}
    await bins.check_ledger()


async def test_a_lot_is_asked_for_wherever_it_lies_or_from_one_bin(bins: KettleWorks) -> None:
    number = await open_call(bins)
    pick = f"replenishments/{number}/pick"
    await bins.receive("PP-RESIN", "R1", "10", "WH-A")
    await bins.receive("PP-RESIN", "R1", "20", "WH-B")
    await bins.receive("PP-RESIN", "R2", "9", "FG")
    too_much = await bins.refused(pick, {"lots": {"R1": "31"}}, by=WAREHOUSE)
    assert too_much["type"] == "not-enough-free"
    assert (await bins.refused(pick, {"lots": {"R2": "1"}}, by=WAREHOUSE))["type"] == "not-found"
    there = {"lot": "R1", "quantity": "11", "location": "WH-A"}
    assert (await bins.refused(pick, {"picks": [there]}, by=WAREHOUSE))["status"] == 409
    nowhere = await bins.refused(pick, {"picks": [there | {"location": "WH"}]}, by=WAREHOUSE)
    assert nowhere["type"] == "lot-not-here"
    body = {"lots": {"R1": "12"}, "picks": [there | {"quantity": "3", "location": "WH-B"}]}
    card = await bins.do(pick, body, by=WAREHOUSE)
    assert told(card["picks"]) == [("R1", "WH-A", 10), ("R1", "WH-B", 5)]
    await bins.do("lots/PP-RESIN/R1/hold", {"reason": "black specks"}, by=QUALITY)
    held = await bins.refused(f"replenishments/{number}/deliver", by=WAREHOUSE)
    assert held["type"] == "lot-on-hold"
    await bins.check_ledger()


async def test_two_clients_who_pick_at_once_never_take_the_same_pieces(bins: KettleWorks) -> None:
    """Two calls draw on two bins that together hold enough for one and a half; clients put away meanwhile."""
    first = await open_call(bins)
    second = {"item": "PP-RESIN", "location": "A1-LS", "source": "WH", "reorder_point": "20"}
    answer = await bins.put("replenishment-loops", second | {"order_quantity": "50"}, by="PL-1")
    assert answer.is_success, answer.text
    numbers = [one["number"] for one in await bins.get("replenishments", state="raised")]
    assert first in numbers
    assert len(numbers) == 2
    await bins.receive("PP-RESIN", "R1", "45", "WH-A")
    await bins.receive("PP-RESIN", "R2", "30", "WH-B")
    move = {"item": "PP-RESIN", "lot": "R1", "quantity": "2"}
    ends = {"from_location": "WH-A", "to_location": "WH-B"}
    answers = await asyncio.gather(
        *(bins.post(f"replenishments/{number}/pick", by=WAREHOUSE) for number in numbers),
        *(bins.post("transfers", move | ends, by=WAREHOUSE) for _ in range(3)),
        *(bins.post(f"replenishments/{number}/pick", by=WAREHOUSE) for number in numbers),
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    picked = await bins.get("replenishments", state="picked")
    taken = sum(amount for card in picked for _, _, amount in told(card["picks"]))
    assert (len(picked), taken) == (2, 75)
    await bins.check_ledger()
    await asyncio.gather(
        *(bins.do(f"replenishments/{number}/deliver", by=WAREHOUSE) for number in numbers)
    )
    assert await bins.on_hand("PP-RESIN", "M1-LS") + await bins.on_hand("PP-RESIN", "A1-LS") == 75
    await bins.check_ledger()


PICKED_BEFORE = """
insert into item (code, name, unit, procurement) values ('R', '{}', 'kg', 'buy');
insert into location (code, name, kind)
values ('OLD-WH', '{}', 'store'), ('OLD-LS', '{}', 'line_side'), ('OLD-SUP', '{}', 'supplier');
insert into lot (item_id, code, received_at) select id, 'L', now() from item where code = 'R';
insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at)
select 'receive', t.item_id, t.id, s.id, w.id, 30, now(), now() from lot t, location s, location w
where t.code = 'L' and s.code = 'OLD-SUP' and w.code = 'OLD-WH';
insert into balance (item_id, location_id, lot_id, quantity, reserved, physical, open)
select t.item_id, l.id, t.id, case when l.physical then 30 else -30 end, case when l.physical then 12 else 0 end,
    l.physical, true
from lot t, location l where t.code = 'L' and l.code in ('OLD-WH', 'OLD-SUP');
insert into replenishment_loop (item_id, location_id, source_id, reorder_point, order_quantity)
select i.id, l.id, s.id, 5, 12 from item i, location l, location s
where i.code = 'R' and l.code = 'OLD-LS' and s.code = 'OLD-WH';
insert into replenishment_signal (loop_id, quantity, projected, reorder_point, raised_at, state)
select id, 12, 0, 5, now(), 'picked' from replenishment_loop;
insert into replenishment_pick (signal_id, lot_id, quantity)
select g.id, t.id, 12 from replenishment_signal g, lot t where t.code = 'L';
"""


@pytest.fixture
async def before(database_url: str) -> AsyncGenerator[Pool]:
    """A database as it was when calls drew from their source alone, with something picked."""
    async with await open_pool(database_url) as pool:
        async with pool.connection() as connection, connection.transaction():
            await connection.execute(
                "create table schema_migration (name text primary key, sha256 text not null,"
                " applied_at timestamptz not null)"
            )
            for file in migration_files(timescale=False):
                if file.name < "0078":
                    text = file.read_text(encoding="utf-8")
                    await connection.execute(text)  # pyright: ignore[reportArgumentType, reportCallIssue]
                    await connection.execute(
                        "insert into schema_migration values (%s, %s, %s)",
                        (file.name, hashlib.sha256(text.encode()).hexdigest(), T0),
                    )
            await connection.execute(PICKED_BEFORE)
        yield pool


async def test_what_was_picked_before_lies_at_the_source(before: Pool) -> None:
    async with before.connection() as connection:
        applied = await migrate(connection, now=T0)
        assert "0078_calls_draw_from_bins.sql" in applied
        rows = await connection.execute(
            "select l.code, k.quantity from replenishment_pick k join location l on l.id = k.location_id"
        )
        assert await rows.fetchall() == [("OLD-WH", Decimal(12))]
        assert set((await invariants(connection)).values()) == {0}
