"""The live feed: cards keep the contract, a reader that follows positions misses nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import BaseModel

from gateway.contract.state import EquipmentState
from mes_server.contract.feed import (
    OrderCard,
    PlantSnapshot,
    SignalCard,
    StatesCard,
    StockCard,
    UnitCard,
)
from mes_server.storage import feed
from mes_server.storage.database import open_pool
from mes_server.storage.feed_hub import FeedHub
from mes_server.storage.touched import Touched
from tests.storage.small_plant import ASSEMBLY, PRESS, SETUP, T0, SmallPlant

CARDS: dict[str, type[BaseModel]] = {
    "unit": UnitCard,
    "order": OrderCard,
    "stock": StockCard,
    "signal": SignalCard,
    "states": StatesCard,
}
NOW = T0 + timedelta(minutes=3)


@pytest.fixture
async def plant(migrated_url: str) -> AsyncIterator[SmallPlant]:
    pool = await open_pool(migrated_url)
    try:
        async with pool.connection() as connection:
            await connection.execute(SETUP)
        plant = SmallPlant(pool)
        await plant.stock("CORD", "C1", "20", "LS2")
        await plant.stock("CORD", "C2", "500", "STORE", expires="2027-01-31")
        await plant.execute(
            "insert into replenishment_loop (item_id, location_id, source_id, reorder_point, order_quantity) "
            "select i.id, l.id, s.id, 10, 40 from item i, location l, location s "
            "where i.code = 'CORD' and l.code = 'LS2' and s.code = 'STORE'"
        )
        await plant.start("WO-2", "KETTLE", ASSEMBLY, {"CORD": ("1", False)})
        yield plant
    finally:
        await pool.close()


async def run_three_minutes(plant: SmallPlant) -> None:
    box = plant.outbox
    await plant.send(box.batch(box.state(ASSEMBLY, EquipmentState.RUNNING, at=T0)), now=NOW)
    for second in range(10, 180, 10):
        await plant.send(
            box.batch(box.count(ASSEMBLY, "produced", 1, at=T0 + timedelta(seconds=second))),
            now=NOW,
        )


async def test_every_card_of_feed_and_snapshot_keeps_the_contract(plant: SmallPlant) -> None:
    await run_three_minutes(plant)
    async with plant.pool.connection() as connection:
        await feed.emit(
            connection, touched=Touched(units=frozenset({1, 2}), states=frozenset({2})), now=NOW
        )
        rows = await feed.read(connection, "0-0", limit=500, now=NOW)
        whole = PlantSnapshot.model_validate(await feed.snapshot(connection, now=NOW))
    assert {row.topic for row in rows} == set(CARDS)
    for row in rows:
        CARDS[row.topic].model_validate(row.payload)
    assembly = next(unit for unit in whole.units if unit.path == ASSEMBLY)
    assert assembly.order is not None
    assert assembly.order.good == 17
    assert assembly.rate_per_min is not None
    assert 5 < assembly.rate_per_min < 7
    stock = next(card for card in whole.stock if card.item == "CORD" and card.location == "LS2")
    assert stock.on_hand == 3
    assert stock.runs_out_at is not None
    assert stock.open_signal == whole.signals[0].number
    assert whole.signals[0].suggested[0].lot == "C2"
    assert whole.states[ASSEMBLY][0].state == "running"
    assert whole.states[PRESS] == []


async def test_a_place_whose_unit_stands_still_has_no_run_out_time(plant: SmallPlant) -> None:
    await run_three_minutes(plant)
    box = plant.outbox
    await plant.send(box.batch(box.state(ASSEMBLY, EquipmentState.DOWN, at=NOW)), now=NOW)
    async with plant.pool.connection() as connection:
        whole = PlantSnapshot.model_validate(await feed.snapshot(connection, now=NOW))
    assert next(card for card in whole.stock if card.item == "CORD").runs_out_at is None


async def test_following_positions_gives_each_change_once(plant: SmallPlant) -> None:
    box = plant.outbox
    position = "0-0"
    for seen in range(1, 6):
        await plant.send(
            box.batch(box.count(ASSEMBLY, "produced", 1, at=T0 + timedelta(seconds=seen))), now=NOW
        )
        async with plant.pool.connection() as connection:
            rows = await feed.read(connection, position, limit=500, now=NOW)
        order = next(row for row in rows if row.topic == "order")
        assert order.payload["good"] == str(seen)
        assert order.key == "WO-2/10"
        position = rows[-1].position
    async with plant.pool.connection() as connection:
        assert await feed.read(connection, position, limit=500, now=NOW) == []


async def test_a_transaction_that_commits_late_is_not_overtaken(plant: SmallPlant) -> None:
    async with (
        plant.pool.connection() as slow,
        plant.pool.connection() as fast,
        plant.pool.connection() as reader,
    ):
        async with slow.transaction():
            await feed.emit(slow, touched=Touched(units=frozenset({1})), now=NOW)
            async with fast.transaction():
                await feed.emit(fast, touched=Touched(units=frozenset({2})), now=NOW)
            assert await feed.read(reader, "0-0", limit=10, now=NOW) == []
        assert [row.key for row in await feed.read(reader, "0-0", limit=10, now=NOW)] == [
            PRESS,
            ASSEMBLY,
        ]


async def test_a_malformed_position_is_refused(plant: SmallPlant) -> None:
    async with plant.pool.connection() as connection:
        with pytest.raises(feed.UnknownPosition, match="not a feed position"):
            await feed.read(connection, "yesterday", limit=10, now=NOW)


async def test_a_commit_between_reading_and_waiting_still_wakes_the_reader() -> None:
    hub = FeedHub()
    commit = hub.next_commit()
    hub.poke()
    await asyncio.wait_for(hub.wait(1.0, commit=commit), timeout=0.5)
