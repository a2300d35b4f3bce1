"""The same books on TimescaleDB: hypertable, columnstore, continuous aggregates and retention, on the real extension."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from gateway.contract.state import EquipmentState
from mes_server.domain.history import Resolution
from mes_server.domain.shift_calendar import ShiftCalendar, read_begins
from mes_server.operations.close_shifts import close_shifts
from mes_server.operations.keep_history import drop_old_facts, roll_up_history
from mes_server.storage import history, ingest
from mes_server.storage.history import DifferenceRow, PointRow, Stretch
from mes_server.storage.migrate import migrate
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.small_plant import ASSEMBLY, PRESS, SETUP, SmallPlant
from tests.storage.timescale_server import insert_events, timescale_pool

pytestmark = [pytest.mark.timescale, pytest.mark.journey]

REFRESH = "policy_refresh_continuous_aggregate"
COMPRESS = "policy_compression"


@pytest.fixture
async def plant(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[SmallPlant]:
    """The two units on TimescaleDB, with orders that run since forty days."""
    monkeypatch.setattr(ingest, "store_events", insert_events)
    async with timescale_pool() as pool:
        made = SmallPlant(pool=pool)
        now = await made.value("select now()")
        async with pool.connection() as connection:
            applied = await migrate(connection, now=now)
            assert "0050_history.sql" in applied
            assert await ensure_event_partitions(connection, now=now) == []
        await made.execute(SETUP)
        began = await long_ago(made)
        await made.stock("RESIN", "R1", "500", "LS1")
        await made.start("WO-1", "BODY", PRESS, {"RESIN": ("0.2", True)}, at=began)
        await made.start("WO-2", "KETTLE", ASSEMBLY, {"BODY": ("1", False)}, at=began)
        yield made


async def long_ago(plant: SmallPlant, *, days: int = 40) -> datetime:
    """The hour so many days ago by the database's own clock, which its policies go by."""
    return await plant.value("select date_trunc('hour', now()) - make_interval(days => %s)", days)


async def run_jobs(plant: SmallPlant, name: str) -> None:
    """Run the policies of a kind, as TimescaleDB's scheduler would."""
    for (job,) in await plant.rows(
        "select job_id from timescaledb_information.jobs where proc_name = %s order by job_id", name
    ):
        await plant.execute(f"call run_job({job})")


async def produce(plant: SmallPlant, at: datetime) -> None:
    """An hour and a half of both units."""
    box = plant.outbox
    for minute in range(0, 90, 15):
        moment = at + timedelta(minutes=minute)
        await plant.send(
            box.batch(
                box.state(PRESS, EquipmentState.RUNNING, at=moment),
                box.count(PRESS, "good", 7, at=moment),
                box.count(PRESS, "scrap", 1, at=moment),
                box.weigh(PRESS, "resin", "1.6", at=moment),
                box.count(ASSEMBLY, "produced", 5, at=moment),
                box.count(ASSEMBLY, "scrap", 2, at=moment),
            ),
            now=moment,
        )


async def differences(plant: SmallPlant) -> list[DifferenceRow]:
    async with plant.pool.connection() as connection:
        return await history.differences(connection, limit=100)


async def pieces(plant: SmallPlant, since: datetime, resolution: Resolution) -> list[PointRow]:
    """What the press counted in two hours."""
    async with plant.pool.connection() as connection:
        signal = await history.find_signal(connection, path=PRESS, name="good")
        assert signal is not None
        stretch = Stretch(
            signal_id=signal.id, since=since, until=since + timedelta(hours=2), limit=100
        )
        return await history.points(connection, stretch, resolution=resolution, zone="UTC")


async def shifts_unlike_their_hours(plant: SmallPlant) -> int:
    return await plant.value(
        "select count(*) from shift_pieces p where p.good <> (select coalesce(sum(h.good), 0) from production_hour h "
        "where h.equipment_id = p.equipment_id and h.hour >= p.began and h.hour < p.ended)"
    )


async def test_aggregates_equal_what_was_booked_late_facts_included(plant: SmallPlant) -> None:
    began = await long_ago(plant)
    await produce(plant, began)
    assert await plant.order("WO-1") == (42, 6)
    assert await plant.order("WO-2") == (18, 12)
    assert await plant.faults() == []
    assert await differences(plant) == []
    await run_jobs(plant, REFRESH)
    assert await differences(plant) == []
    assert len(await pieces(plant, began, Resolution.MINUTE)) == 6
    shifts = ShiftCalendar(zone=ZoneInfo("UTC"), begins=read_begins("06:00"))
    assert await close_shifts(plant.pool, shifts, now=await plant.value("select now()")) >= 78
    assert await shifts_unlike_their_hours(plant) == 0
    late = plant.outbox.count(PRESS, "good", 9, at=began + timedelta(minutes=20))
    await plant.send(plant.outbox.batch(late), now=await plant.value("select now()"))
    [stale] = await differences(plant)
    assert (stale.counted_good, stale.booked_good) == (28, 37)
    assert await shifts_unlike_their_hours(plant) == 0
    assert await plant.rows("select figure, after - before from shift_restatement") == [("good", 9)]
    await run_jobs(plant, REFRESH)
    assert await differences(plant) == []
    hours = await pieces(plant, began, Resolution.HOUR)
    assert [(hour.at - began, hour.stepped) for hour in hours] == [
        (timedelta(0), 37),
        (timedelta(hours=1), 14),
    ]


async def test_chunks_at_rest_become_columns_and_still_take_late_facts(plant: SmallPlant) -> None:
    began = await long_ago(plant)
    await produce(plant, began)
    await run_jobs(plant, COMPRESS)
    columns = (
        "select count(*) filter (where is_compressed), count(*) from timescaledb_information.chunks "
        "where hypertable_name = 'event'"
    )
    compressed, chunks = (await plant.rows(columns))[0]
    assert compressed == chunks
    assert chunks in (1, 2)
    late = plant.outbox.count(PRESS, "good", 9, at=began + timedelta(minutes=20))
    await plant.send(plant.outbox.batch(late), now=await plant.value("select now()"))
    await plant.execute(
        "update event set operation_id = null where signal_id = %s and at < %s",
        await plant.value("select min(signal_id) from event where kind = 'c'"),
        began + timedelta(minutes=10),
    )
    assert await plant.value("select sum(step) from event where kind = 'c'") == 99
    assert await plant.value("select count(*) from event where operation_id is null and kind = 'c'")
    assert await plant.order("WO-1") == (51, 6)
    await run_jobs(plant, REFRESH)
    assert await differences(plant) == []
    assert await plant.faults() == []


async def test_retention_drops_chunks_keeps_aggregates_and_spares_open_orders(
    plant: SmallPlant,
) -> None:
    began, recent = await long_ago(plant), await long_ago(plant, days=5)
    await produce(plant, began)
    await produce(plant, recent)
    now = await plant.value("select now()")
    await run_jobs(plant, COMPRESS)
    await run_jobs(plant, REFRESH)
    assert await roll_up_history(plant.pool, now=now) == 0
    async with plant.pool.connection() as connection:
        await history.set_keep(connection, days=30)
    held = await drop_old_facts(plant.pool, keep_days=30, now=now)
    assert held is not None
    assert (held.held_back_by is not None, held.names) == (True, ())
    await plant.execute("update work_order_operation set state = 'closed'")
    done = await drop_old_facts(plant.pool, keep_days=30, now=now)
    assert done is not None
    assert done.names
    assert await plant.value("select min(at) from event") == recent
    await run_jobs(plant, REFRESH)
    assert await differences(plant) == []
    assert sum(p.stepped or Decimal(0) for p in await pieces(plant, began, Resolution.MINUTE)) == 42
    assert await plant.value("select sum(seconds) from state_hour") > Decimal(34 * 24 * 3_600)
