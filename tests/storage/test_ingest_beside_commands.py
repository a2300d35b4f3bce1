"""Facts and people book at the same time: nobody waits for ever, nothing is used twice, nothing is refused for it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from gateway.contract.fact import CountFact
from mes_server.operations.command import Call
from mes_server.operations.transfer_stock import Move, transfer_stock
from mes_server.storage import ledger, stock_effects, work_orders
from mes_server.storage.database import open_pool
from mes_server.storage.migrate import migrate
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.small_plant import (
    ASSEMBLY,
    DEADLINE_S,
    PRESS,
    SETUP,
    T0,
    SmallPlant,
    somebody_waits,
)


@pytest.fixture
async def plant(database_url: str) -> AsyncIterator[SmallPlant]:
    pool = await open_pool(database_url)
    try:
        async with pool.connection() as connection:
            await migrate(connection, now=T0)
            await ensure_event_partitions(connection, now=T0)
            await connection.execute(SETUP)
        yield SmallPlant(pool)
    finally:
        await pool.close()


@pytest.fixture
async def place(plant: SmallPlant) -> tuple[int, int]:
    """(resin, line side), where ten bodies wait for 4.5 kg, and a lot of 100 kg came that nobody booked them on yet."""
    await plant.start("WO-1", "BODY", PRESS, {"RESIN": ("0.45", False)})
    await plant.send(plant.outbox.batch(pieces(plant, 10)))
    assert await plant.value("select remaining from shortage") == Decimal("4.5")
    await plant.stock("RESIN", "R1", "100", "LS1")
    await plant.stock("RESIN", "R2", "50", "STORE")
    [(item, location)] = await plant.rows(
        "select i.id, l.id from item i, location l where i.code = 'RESIN' and l.code = 'LS1'"
    )
    return item, location


def pieces(plant: SmallPlant, count: int) -> CountFact:
    return plant.outbox.count(PRESS, "good", count, at=T0 + timedelta(seconds=1))


async def transfer(plant: SmallPlant) -> None:
    """Bring the second lot to the line side."""
    move = Move(
        item="RESIN",
        lot="R2",
        quantity=Decimal(50),
        from_location="STORE",
        to_location="LS1",
        reason="",
    )
    call = Call(command_id=UUID(int=1), now=T0 + timedelta(minutes=1), trusted=True)
    await transfer_stock(plant.pool, call, move)


@pytest.mark.parametrize("who", ["facts", "a person"])
async def test_a_shortage_that_was_settled_meanwhile_is_not_settled_again(
    plant: SmallPlant, place: tuple[int, int], who: str
) -> None:
    async with plant.pool.connection() as other:
        async with other.transaction():
            await stock_effects.apply(other, places={place}, now=T0, command_id=None)
            work = transfer(plant) if who == "a person" else send(plant)
            booking = asyncio.create_task(work)
            await somebody_waits(plant.pool)
        await booking
    left = Decimal("145.5") if who == "a person" else Decimal("94.6")
    assert await plant.on_hand("RESIN", "LS1") == left
    assert await plant.rows("select remaining from shortage") == [(0,)]
    assert await plant.faults() == []


async def send(plant: SmallPlant) -> None:
    await plant.send(plant.outbox.batch(pieces(plant, 2)))


async def test_waiting_consumption_of_an_order_books_itself_while_the_order_is_locked(
    plant: SmallPlant, place: tuple[int, int]
) -> None:
    """A posting refers to its order; if that waited for the order's lock, facts and deliveries would deadlock."""
    async with plant.pool.connection() as holder, holder.transaction():
        order = await work_orders.lock_order(holder, "WO-1")
        assert order is not None
        assert await work_orders.lock_operations(holder, order)
        async with asyncio.timeout(DEADLINE_S):
            await transfer(plant)
    assert await plant.on_hand("RESIN", "LS1") == Decimal("145.5")


async def test_facts_of_an_order_do_not_wait_for_postings_that_refer_to_it(
    plant: SmallPlant, place: tuple[int, int]
) -> None:
    async with plant.pool.connection() as delivery, delivery.transaction():
        await delivery.execute(
            "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at, operation_id) "
            "select 'backflush', t.item_id, t.id, s.id, c.id, 1, %s, %s, (select id from work_order_operation) "
            "from lot t, location s, location c where (t.code, s.code, c.code) = ('R2', 'STORE', 'CONSUMPTION')",
            (T0, T0),
        )
        async with asyncio.timeout(DEADLINE_S):
            await send(plant)
    assert await plant.order("WO-1") == (12, 0)


async def test_a_shortage_and_the_delivery_that_settles_it_do_not_miss_each_other(
    plant: SmallPlant,
) -> None:
    await plant.start("WO-9", "KETTLE", ASSEMBLY, {"CORD": ("1", False)})
    await plant.stock("CORD", "C1", "10", "STORE")
    item, lot, store, side = (
        await plant.rows(
            "select i.id, t.id, s.id, l.id from item i join lot t on t.item_id = i.id, location s, location l "
            "where i.code = 'CORD' and s.code = 'STORE' and l.code = 'LS2'"
        )
    )[0]
    box = plant.outbox
    key = uuid4()
    delivery = ledger.NewMovement(
        kind="transfer",
        item_id=item,
        lot_id=lot,
        from_id=store,
        to_id=side,
        quantity=Decimal(10),
        at=T0,
    )
    async with plant.pool.connection() as connection:
        async with connection.transaction():
            await ledger.book(connection, [delivery], booked_at=T0, command_id=key, person_id=None)
            await stock_effects.apply(connection, places=[(item, side)], now=T0, command_id=key)
            pulses = asyncio.create_task(
                plant.send(box.batch(box.count(ASSEMBLY, "produced", 4, at=T0)))
            )
            await somebody_waits(plant.pool)
        await pulses
    assert await plant.on_hand("CORD", "LS2") == 6
    assert await plant.rows("select 1 from shortage where settled_at is null") == []
    assert await plant.faults() == []
