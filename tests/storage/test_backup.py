"""A backup holds everything, a restore proves it, and nothing is ever restored over data."""

import asyncio
import json
import uuid
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
import psycopg
import pytest

from mes_server.backup import BackupFault, back_up, restore, summary
from mes_server.postgres_tools import ToolFailed, find_tool
from mes_server.storage import feed
from mes_server.storage.database import open_pool
from tests.storage.kettle_works import (
    LEADER,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
    kettle_works,
    named,
)
from tests.storage.small_plant import SmallPlant

HOUR = timedelta(hours=1)


def other(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@asynccontextmanager
async def scratch(url: str) -> AsyncGenerator[str]:
    """A database name that nobody has, dropped afterwards with what was set aside under it."""
    name = f"restored_{uuid.uuid4().hex[:8]}"
    try:
        yield other(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            query = "select datname from pg_database where datname like %s"
            for (found,) in admin.execute(query, (f"{name}%",)).fetchall():
                admin.execute(f'drop database "{found}" with (force)')  # pyright: ignore


async def busy_works(works: KettleWorks) -> None:
    """Stock, a running order, counts, a scrap entry; stock that an order, a call and a shipment have claimed."""
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(7)
    await works.do("work-orders/WO-1/scrap", {"quantity": "1", "reason": "flash"}, by=OPERATOR)
    await works.do(
        "work-orders/WO-1/reservations", {"item": "PP-RESIN", "quantity": "5"}, by=LEADER
    )
    await works.receive("PP-RESIN", "R2", "100", "WH")
    loop = {
        "item": "PP-RESIN", "location": "M1-LS", "source": "WH", "method": "min_max", "reorder_point": "100",
        "max_quantity": "150", "order_quantity": "50",
    }  # fmt: skip
    assert (await works.put("replenishment-loops", loop, by=PLANNER)).is_success
    [call] = await works.get("replenishments", state="raised")
    await works.do(f"replenishments/{call['number']}/pick", by=WAREHOUSE)
    truck = {"name": named("Truck"), "kind": "in_transit"}
    assert (await works.put("locations/TRUCK", truck, by=LEADER)).is_success
    consignment = {
        "item": "PP-RESIN", "lot": "R2", "quantity": "10", "from_location": "WH", "to_location": "A1-LS",
        "transit_location": "TRUCK",
    }  # fmt: skip
    await works.do("shipments", consignment, by=WAREHOUSE)


async def test_what_was_backed_up_is_restored_and_verified(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    await busy_works(works)
    file = tmp_path / "evening.backup"
    about = await back_up(migrated_url, file, now=NOON)
    assert about["rows"]["movement"] > 3
    assert about["sources"] == [{"agent": "edge-moulding", "outbox_epoch": 1, "through": 1}]
    assert set(about["invariants"].values()) == {0}
    assert [line for line in summary(about) if "edge-moulding" in line]
    assert file.stat().st_mode & 0o077 == 0
    async with scratch(migrated_url) as url:
        restored = await restore(file, url, now=NOON + HOUR)
        assert restored.differences == ()
        assert restored.manifest == about
        async with kettle_works(url) as again:
            card = await again.order("WO-1")
            assert (card["good"], card["scrap"], card["state"]) == ("6", "1", "running")
            await again.check_ledger()


@pytest.mark.parametrize("claim", ["M1-LS", "WH", "TRUCK"])
async def test_a_restore_proves_that_what_is_reserved_is_what_is_claimed(
    works: KettleWorks, migrated_url: str, tmp_path: Path, claim: str
) -> None:
    """An order's claim at the line side, a picked call's in the warehouse, a shipment's on its way."""
    await busy_works(works)
    async with works.pool.connection() as connection:
        lowered = await connection.execute(
            "update balance set reserved = reserved - 1 "
            "where location_id = (select id from location where code = %s) and reserved > 0",
            (claim,),
        )
        assert lowered.rowcount == 1
    file = tmp_path / "wrong.backup"
    about = await back_up(migrated_url, file, now=NOON)
    assert "reserved amounts that nobody claims so: 1" in summary(about)
    async with scratch(migrated_url) as url:
        restored = await restore(file, url, now=NOON)
        assert restored.differences == ("reserved amounts that nobody claims so: 1",)


async def test_a_backup_is_of_one_moment_while_the_plant_goes_on(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    await busy_works(works)
    file = tmp_path / "running.backup"

    async def go_on() -> None:
        for _ in range(20):
            await works.count(2)

    async with scratch(migrated_url) as url:
        await asyncio.gather(back_up(migrated_url, file, now=NOON), go_on())
        assert (await restore(file, url, now=NOON)).differences == ()


async def test_edges_go_on_after_an_older_backup_and_the_totals_close_the_gap(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    """The edge has let go of what was acknowledged after the backup; its next total says what lay in between."""
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(5)
    file = tmp_path / "old.backup"
    await back_up(migrated_url, file, now=NOON)
    await works.count(4)
    await works.count(3)
    async with scratch(migrated_url) as url:
        await restore(file, url, now=NOON + HOUR)
        async with kettle_works(url) as again:
            again.clock.at = works.clock.at + timedelta(seconds=1)
            fact = works.moulding.count(MOULDER, "good", 2, at=again.clock.at)
            batch = works.moulding.batch(fact)
            server = SmallPlant(pool=again.pool)
            [mark] = (await server.send(batch, now=again.clock.at)).marks
            assert mark.through < batch.first_seq - 1
            kept = msgspec.structs.replace(batch, oldest_seq=batch.first_seq)
            [mark] = (await server.send(kept, now=again.clock.at)).marks
            assert mark.through == batch.first_seq
            assert (await again.order("WO-1"))["good"] == "14"
            await again.check_ledger()


async def test_nothing_is_restored_over_data(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    await busy_works(works)
    file = tmp_path / "a.backup"
    await back_up(migrated_url, file, now=NOON)
    with pytest.raises(BackupFault, match="not empty"):
        await restore(file, migrated_url, now=NOON)
    with pytest.raises(BackupFault, match="stop lineside-mes first"):
        await restore(file, migrated_url, now=NOON, set_aside=True)
    assert (await works.order("WO-1"))["good"] == "6"


async def test_a_database_that_is_set_aside_is_kept_under_another_name(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.backup"
    await back_up(migrated_url, file, now=NOON)
    async with scratch(migrated_url) as url:
        await restore(file, url, now=NOON)
        restored = await restore(file, url, now=NOON, set_aside=True)
        assert restored.differences == ()
        assert restored.set_aside is not None
        async with await open_pool(other(url, restored.set_aside)) as pool:
            query = "select count(*) from item"
            assert await SmallPlant(pool=pool).value(query) == 4


async def test_a_damaged_backup_is_noticed_before_anything_is_made(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.backup", tmp_path / "bad.backup"
    await back_up(migrated_url, good, now=NOON)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        target.writestr("manifest.json", source.read("manifest.json"))
        target.writestr("database.dump", source.read("database.dump")[:-10] + b"0123456789")
    async with scratch(migrated_url) as url:
        with pytest.raises(BackupFault, match="damaged"):
            await restore(bad, url, now=NOON)
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(url)
    (tmp_path / "text.backup").write_text("nothing")
    with pytest.raises(BackupFault, match="no backup"):
        await restore(tmp_path / "text.backup", migrated_url, now=NOON)


async def test_rows_that_are_missing_after_a_restore_are_named(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    good, odd = tmp_path / "good.backup", tmp_path / "odd.backup"
    await busy_works(works)
    await back_up(migrated_url, good, now=NOON)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(odd, "w") as target:
        about = json.loads(source.read("manifest.json"))
        about["rows"]["movement"] += 1
        target.writestr("manifest.json", json.dumps(about))
        target.writestr("database.dump", source.read("database.dump"))
    async with scratch(migrated_url) as url:
        [difference] = (await restore(odd, url, now=NOON)).differences
        assert difference.startswith("rows movement: the backup says")


async def test_a_backup_writes_over_no_file(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_text("mine")
    with pytest.raises(BackupFault, match="exists already"):
        await back_up(database_url, tmp_path / "a.backup", now=NOON)
    assert (tmp_path / "a.backup").read_text() == "mine"


async def test_readers_of_the_feed_start_over_after_a_restore(
    works: KettleWorks, migrated_url: str, tmp_path: Path
) -> None:
    await busy_works(works)
    async with works.pool.connection() as connection:
        before = await feed.head(connection)
    file = tmp_path / "a.backup"
    await back_up(migrated_url, file, now=NOON)
    async with scratch(migrated_url) as url:
        await restore(file, url, now=NOON)
        async with await open_pool(url) as pool, pool.connection() as connection:
            assert not await feed.is_kept(connection, before)
            assert not await feed.is_kept(connection, f"{2**60}-1")


def test_missing_tools_are_said_with_every_place_that_was_searched(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match=r"no pg_dump that runs.*Install"):
        find_tool("pg_dump", major_min=15, configured=tmp_path)
