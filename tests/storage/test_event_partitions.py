"""Months of the event table on plain PostgreSQL: made ahead, and never kept from being made by a wrong clock."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from mes_server.storage.database import open_pool
from mes_server.storage.migrate import migrate
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.small_plant import PRESS, SETUP, T0, SmallPlant

WHERE = "select tableoid::regclass::text, count(*) from event group by 1 order by 1"


@pytest.fixture
async def plant(database_url: str) -> AsyncGenerator[SmallPlant]:
    """The two units, in March."""
    async with await open_pool(database_url) as pool:
        async with pool.connection() as connection:
            await migrate(connection, now=T0)
            await ensure_event_partitions(connection, now=T0)
        made = SmallPlant(pool=pool)
        await made.execute(SETUP)
        yield made


async def at_the_time(plant: SmallPlant, now: datetime) -> list[str]:
    async with plant.pool.connection() as connection:
        return await ensure_event_partitions(connection, now=now)


async def test_facts_of_a_wrong_clock_do_not_keep_their_month_from_being_made(
    plant: SmallPlant,
) -> None:
    box = plant.outbox
    ahead = datetime(2026, 8, 5, 10, 0, tzinfo=UTC)
    await plant.send(
        box.batch(
            box.count(PRESS, "good", 3, at=T0),
            box.count(PRESS, "good", 4, at=ahead),
            box.count(PRESS, "good", 5, at=datetime(1970, 1, 1, tzinfo=UTC)),
        )
    )
    assert await plant.rows(WHERE) == [("event_2026_03", 1), ("event_default", 2)]
    assert await at_the_time(plant, datetime(2026, 7, 1, tzinfo=UTC)) == [
        "event_2026_07",
        "event_2026_08",
        "event_2026_09",
        "event_2026_10",
    ]
    assert await plant.rows(WHERE) == [
        ("event_2026_03", 1),
        ("event_2026_08", 1),
        ("event_default", 1),
    ]
    assert await plant.value("select sum(step) from event") == 12
    assert await plant.faults() == []


async def test_a_month_is_made_once_and_takes_facts_afterwards(plant: SmallPlant) -> None:
    summer = datetime(2026, 7, 1, tzinfo=UTC)
    assert len(await at_the_time(plant, summer)) == 4
    assert await at_the_time(plant, summer) == []
    box = plant.outbox
    await plant.send(box.batch(box.count(PRESS, "good", 3, at=summer + timedelta(days=40))))
    assert await plant.rows(WHERE) == [("event_2026_08", 1)]


async def test_every_month_is_found_by_batch_as_soon_as_its_facts_are_there(
    plant: SmallPlant,
) -> None:
    await at_the_time(plant, datetime(2026, 7, 1, tzinfo=UTC))
    summarized = await plant.rows(
        "select c.reloptions::text like '%autosummarize=on%' from pg_class c join pg_am a on a.oid = c.relam "
        "where a.amname = 'brin' and c.relkind = 'i' and c.relname like 'event_%'"
    )
    assert summarized == [(True,)] * 9
