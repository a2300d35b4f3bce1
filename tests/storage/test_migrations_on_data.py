"""A plant that filled its database with an earlier version takes the later migrations, keeps everything, and goes on."""

import hashlib
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from mes_server.storage.database import Pool, open_pool
from mes_server.storage.manifest import describe
from mes_server.storage.migrate import migrate, migration_files
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.small_plant import PRESS, SETUP, T0, SmallPlant

FIRST_RELEASE = "0005_command_words.sql"

FILLED = """
insert into person (badge, name, roles) values ('OP-1', 'Operator One', '{operator}'), ('AD-1', 'Admin', '{admin}');
insert into command (id, kind, input_hash, given, person_id, station, at, answer)
select gen_random_uuid(), 'receive-lot', '', '{"lot": "R1"}', id, 'WH', now(), '{}' from person;
insert into ingest (received_at, gateway, facts) values (now(), 'g', 3);
insert into source (agent, outbox_epoch, through) values ('edge-1', 1, 41);
insert into signal_total (signal_id, epoch, total, at) select id, 1, 500, '2026-03-02 08:00Z' from signal where name = 'good';
insert into replenishment_loop (item_id, location_id, source_id, reorder_point, order_quantity)
select i.id, l.id, s.id, 20, 50 from item i, location l, location s
where i.code = 'RESIN' and l.code = 'LS1' and s.code = 'STORE';
insert into replenishment_signal (loop_id, quantity, projected, reorder_point, raised_at)
select id, 50, 5, 20, now() from replenishment_loop;
insert into production_hour (equipment_id, hour, good) select id, '2026-03-02 08:00Z', 12 from equipment;
insert into scrap_report (operation_id, disposition, quantity, reason, at, command_id)
select id, 'scrap', 1, 'flash', now(), gen_random_uuid() from work_order_operation;
"""


async def bring_to_first_release(pool: Pool) -> None:
    """As the first release left a database."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(
            "create table schema_migration (name text primary key, sha256 text not null, applied_at timestamptz not null)"
        )
        for file in migration_files(timescale=False):
            if file.name <= FIRST_RELEASE:
                text = file.read_text(encoding="utf-8")
                await connection.execute(text)  # pyright: ignore[reportArgumentType, reportCallIssue]
                await connection.execute(
                    "insert into schema_migration values (%s, %s, %s)",
                    (file.name, hashlib.sha256(text.encode()).hexdigest(), T0),
                )


@pytest.fixture
async def old(database_url: str) -> AsyncGenerator[SmallPlant]:
    """A filled database of the first release."""
    async with await open_pool(database_url) as pool:
        await bring_to_first_release(pool)
        plant = SmallPlant(pool=pool)
        await plant.execute(SETUP)
        await plant.stock("RESIN", "R1", "25", "LS1")
        await plant.start("WO-1", "BODY", PRESS, {"RESIN": ("0.2", False)})
        await plant.execute(FILLED)
        yield plant


async def bring_up_to_date(plant: SmallPlant) -> list[str]:
    async with plant.pool.connection() as connection:
        applied = await migrate(connection, now=T0)
        await ensure_event_partitions(connection, now=T0)
        return applied


async def test_every_row_is_there_after_the_migrations(old: SmallPlant) -> None:
    async with old.pool.connection() as connection:
        before = await describe(connection)
    applied = await bring_up_to_date(old)
    assert "0021_audit.sql" in applied
    assert not [name for name in applied if name <= FIRST_RELEASE]
    async with old.pool.connection() as connection:
        after = await describe(connection)
    for table, rows in before["rows"].items():
        if table != "schema_migration":
            assert after["rows"][table] >= rows, table
    assert (after["ledger"], after["sources"]) == (before["ledger"], before["sources"])
    assert set(before["invariants"].values()) == {0}  # a backup of the first release says so too
    assert after["invariants"].keys() - before["invariants"].keys() == {
        "reserved_amounts_that_nobody_claims_so"
    }
    assert set(after["invariants"].values()) == {0}


async def test_a_running_order_counts_on_after_the_migrations(old: SmallPlant) -> None:
    await bring_up_to_date(old)
    old.outbox.next_seq = 42
    old.outbox.totals[PRESS, "good"] = 500
    fact = old.outbox.count(PRESS, "good", 10, at=T0 + timedelta(minutes=5))
    reply = await old.send(old.outbox.batch(fact))
    assert reply.marks[0].through == 42
    assert await old.order("WO-1") == (10, 0)
    assert await old.value("select sum(quantity) from balance where physical and item_id = 1") == 23
    assert await old.faults() == []


async def test_migrating_again_changes_nothing(old: SmallPlant) -> None:
    await bring_up_to_date(old)
    assert await bring_up_to_date(old) == []


async def test_people_of_the_first_release_have_their_rights_everywhere(old: SmallPlant) -> None:
    await bring_up_to_date(old)
    assert await old.rows("select badge, roles, role_lines, pin_hash from person order by id") == [
        ("OP-1", ["operator"], {}, None),
        ("AD-1", ["admin"], {}, None),
    ]
