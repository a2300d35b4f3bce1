"""Stock as of a time is the replay of the ledger, whatever of it is summed by the day and whoever is still posting."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mes_server.operations.keep_history import roll_up_stock
from mes_server.storage import stock_reports
from mes_server.storage.database import Connection, Pool, open_pool
from mes_server.storage.migrate import migrate
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.small_plant import PRESS, SETUP, T0, SmallPlant
from tests.storage.test_migrations_on_data import bring_to_first_release
from tests.storage.test_stock_history import as_of, replay

TICK = timedelta(minutes=20)
TICKS = 4 * 72
"""Postings happen within four days: often at the very time that is asked for, at whole hours, and at midnight."""
WRITERS = 3

EMPTY = """
set session_replication_role = replica; -- the ledger is append-only for everybody else
truncate movement, balance, lot, stock_day, stock_hour restart identity cascade;
update stock_day_mark set through = 0, next_through = 0, writers = '{}';
reset session_replication_role;
insert into lot (item_id, code, received_at)
select i.id, 'W' || n, now() from item i, generate_series(0, 2) n where i.code = 'RESIN';
"""

POST = """
with posted as (
    insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at)
    select v.kind, t.item_id, t.id, f.id, l.id, %(quantity)s, v.at, now()
    from (values ('receive', 'SUPPLIER', 'STORE', %(came)s::timestamptz), ('transfer', 'STORE', 'LS1', %(went)s)) v (kind, a, b, at)
    join location f on f.code = v.a join location l on l.code = v.b join lot t on t.code = %(lot)s
    returning item_id, lot_id, from_id, to_id, quantity
)
insert into balance as b (item_id, location_id, lot_id, quantity, physical)
select x.item_id, x.place, x.lot_id, sum(x.quantity), l.physical
from (
    select item_id, lot_id, to_id as place, quantity from posted
    union all select item_id, lot_id, from_id, -quantity from posted
) x join location l on l.id = x.place
group by 1, 2, 3, 5
on conflict (item_id, location_id, lot_id) do update set quantity = b.quantity + excluded.quantity
"""

writer = st.integers(0, WRITERS - 1)
tick = st.integers(0, TICKS)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("post"), writer, tick, tick),
        st.tuples(st.just("end"), writer, st.booleans()),
        st.tuples(st.just("sum"), st.integers(1, 5)),
        st.tuples(st.just("ask"), tick),
    ),
    min_size=5,
    max_size=40,
)


@pytest.fixture
async def plant(migrated_url: str) -> AsyncIterator[SmallPlant]:
    async with await open_pool(migrated_url) as pool:
        plant = SmallPlant(pool)
        await plant.execute(SETUP)
        yield plant


class Writers:
    """Transactions that post on a lot each, open as long as the test likes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._open: dict[int, tuple[AsyncExitStack, Connection]] = {}

    async def post(self, number: int, *, came: int, went: int) -> None:
        """Two postings at those ticks, in the writer's open transaction."""
        if number not in self._open:
            stack = AsyncExitStack()
            connection = await stack.enter_async_context(self._pool.connection())
            await connection.execute("begin")
            self._open[number] = (stack, connection)
        values = {
            "quantity": Decimal(1 + came * went) / 7,
            "came": T0 + came * TICK,
            "went": T0 + went * TICK,
            "lot": f"W{number}",
        }
        await self._open[number][1].execute(POST, values)

    async def end(self, number: int, *, commit: bool) -> None:
        """Commit, or roll back."""
        if number in self._open:
            stack, connection = self._open.pop(number)
            await connection.execute("commit" if commit else "rollback")
            await stack.aclose()

    async def end_all(self) -> None:
        """Commit what is open."""
        for number in range(WRITERS):
            await self.end(number, commit=True)


async def right_at(plant: SmallPlant, ticks: int) -> None:
    at = T0 + ticks * TICK
    assert await as_of(plant, at) == await replay(plant, at)


@given(steps=steps)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_stock_as_of_a_time_is_the_replay_whatever_is_summed(
    plant: SmallPlant, steps: list[tuple[str, int, int, int]]
) -> None:
    """Late postings, transactions that end in any order or not at all, sums taken at any moment between."""
    await plant.execute(EMPTY)
    writers = Writers(plant.pool)
    try:
        for what, *given_ in steps:
            match what:
                case "post":
                    await writers.post(given_[0], came=given_[1], went=given_[2])
                case "end":
                    await writers.end(given_[0], commit=bool(given_[1]))
                case "sum":
                    async with plant.pool.connection() as connection:
                        await stock_reports.roll_up_stock(connection, most=given_[0])
                case _:
                    await right_at(plant, given_[0])
    finally:
        await writers.end_all()
    for _ in range(2):  # what was kept back for an open transaction, then what came since
        for ticks in range(-1, TICKS + 2, 19):
            await right_at(plant, ticks)
        await roll_up_stock(plant.pool)
    await roll_up_stock(plant.pool)
    assert await plant.value(
        "select through = coalesce((select max(id) from movement), 0) from stock_day_mark"
    )


async def test_an_open_posting_is_not_passed_over(plant: SmallPlant) -> None:
    """A posting with a lower id than what is summed commits later."""
    await plant.execute(EMPTY)
    writers = Writers(plant.pool)
    await writers.post(0, came=1, went=2)
    await writers.post(1, came=1, went=2)
    await writers.end(1, commit=True)
    await roll_up_stock(plant.pool)
    assert await plant.value("select through from stock_day_mark") == 0
    await writers.end(0, commit=True)
    await roll_up_stock(plant.pool)
    assert await plant.value("select through from stock_day_mark") == 4
    assert await plant.value("select count(distinct lot_id) from stock_day") == 2
    await right_at(plant, 1)


async def test_what_was_posted_before_the_sums_were_kept_is_summed(database_url: str) -> None:
    async with await open_pool(database_url) as pool:
        await bring_to_first_release(pool)
        plant = SmallPlant(pool)
        await plant.execute(SETUP)
        for number in range(3):
            await plant.stock("RESIN", f"R{number}", "25", "LS1")
        async with pool.connection() as connection:
            await migrate(connection, now=T0)
            await ensure_event_partitions(connection, now=T0)
        await plant.start("WO-1", "BODY", PRESS, {"RESIN": ("0.2", False)})
        box = plant.outbox
        await plant.send(box.batch(box.count(PRESS, "good", 30, at=T0 + timedelta(minutes=5))))
        times = [row[0] for row in await plant.rows("select distinct at from movement")]
        for _ in range(2):
            for at in (T0 - timedelta(days=1), T0 + timedelta(hours=1), *times):
                assert await as_of(plant, at) == await replay(plant, at)
            await roll_up_stock(pool)
        assert await plant.value("select through > 3 from stock_day_mark")
        assert await plant.value("select count(*) > 0 from stock_day")
