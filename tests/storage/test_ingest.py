"""Facts become progress, consumption, ledger and calls exactly once: the rules of the hot path, on a real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.contract.fact import Quality
from gateway.contract.state import EquipmentState
from mes_server.storage.database import open_pool
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.small_plant import ASSEMBLY, PRESS, SETUP, T0, Outbox, SmallPlant


def later(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@pytest.fixture
async def plant(migrated_url: str) -> AsyncIterator[SmallPlant]:
    pool = await open_pool(migrated_url)
    try:
        async with pool.connection() as connection:
            await ensure_event_partitions(connection, now=T0)
            await connection.execute(SETUP)
        yield SmallPlant(pool)
    finally:
        await pool.close()


async def test_a_pulse_moves_the_order_that_ran_at_machine_time(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    box = plant.outbox
    reply = await plant.send(box.batch(box.count(PRESS, "good", 5, at=T0 + later(1))))
    assert reply.marks[0].through == 1
    assert await plant.order("WO-1") == (5, 0)
    assert await plant.on_hand("BODY", "LS2") == 5
    assert await plant.faults() == []


async def test_sending_again_changes_nothing(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {"RESIN": ("0.45", False)})
    await plant.stock("RESIN", "R1", "100", "LS1")
    batch = plant.outbox.batch(
        *(plant.outbox.count(PRESS, "good", 1, at=T0 + later(n)) for n in range(1, 11))
    )
    await plant.send(batch)
    again = await plant.send(batch)
    assert (again.stored, again.duplicates, again.marks[0].through) == (0, 10, 10)
    assert await plant.order("WO-1") == (10, 0)
    assert await plant.on_hand("RESIN", "LS1") == Decimal("95.5")
    assert await plant.faults() == []


async def test_an_overlapping_batch_adds_only_its_new_part(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    box = plant.outbox
    facts = [box.count(PRESS, "good", 1, at=T0 + later(n)) for n in range(1, 7)]
    first, longer = Outbox(), Outbox()
    await plant.send(first.batch(*facts[:4]))
    reply = await plant.send(longer.batch(*facts))
    assert (reply.stored, reply.duplicates) == (2, 4)
    assert await plant.order("WO-1") == (6, 0)


async def test_a_gap_is_answered_with_the_mark_and_nothing_is_taken(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    box = plant.outbox
    await plant.send(box.batch(box.count(PRESS, "good", 1, at=T0)))
    box.next_seq = 5
    reply = await plant.send(box.batch(box.count(PRESS, "good", 1, at=T0 + later(1))))
    assert reply.marks[0].rewind
    assert reply.marks[0].through == 1
    assert await plant.order("WO-1") == (1, 0)


async def test_what_an_edge_no_longer_holds_is_booked_from_the_totals_and_said(
    plant: SmallPlant,
) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    box = plant.outbox
    await plant.send(box.batch(box.count(PRESS, "good", 3, at=T0)))
    box.count(
        PRESS, "good", 7, at=T0
    )  # acknowledged once, then lost with the database it was stored in
    box.next_seq = 9
    batch = box.batch(box.count(PRESS, "good", 2, at=T0 + later(5)))
    reply = await plant.send(
        type(batch)(**{**{f: getattr(batch, f) for f in batch.__struct_fields__}, "oldest_seq": 9})
    )
    assert reply.marks[0].through == 9
    assert reply.marks[0].gap
    assert await plant.order("WO-1") == (12, 0)
    assert await plant.rows("select first_missing, last_missing from source_gap") == [(2, 8)]
    assert await plant.rows("select told, booked from total_gap") == [(2, 9)]


async def test_a_new_outbox_that_goes_on_in_the_same_totalizer_proves_what_the_old_one_lost(
    plant: SmallPlant,
) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    lost = plant.outbox
    await plant.send(lost.batch(lost.count(PRESS, "good", 3, at=T0)))
    on_its_way = lost.batch(lost.count(PRESS, "good", 4, at=T0 + later(1)))
    known = {**lost.totals}  # what the bus knows may be older, or newer, than what is committed
    lost.count(PRESS, "good", 5, at=T0 + later(2))  # never left the old outbox
    fresh = Outbox(epoch=2, totals=known)
    await plant.send(fresh.batch(fresh.count(PRESS, "good", 6, at=T0 + later(9))))
    assert await plant.order("WO-1") == (13, 0)
    await plant.send(on_its_way)  # comes after all
    assert await plant.order("WO-1") == (13, 0)
    quarantined = await plant.rows("select quantity, reason from quarantined_fact")
    assert [int(row[0]) for row in quarantined] == [4]
    assert "lower than what is already committed" in str(quarantined[0][1])
    await plant.send(fresh.batch(fresh.count(PRESS, "good", 1, at=T0 + later(10))))
    assert await plant.order("WO-1") == (14, 0)


async def test_pieces_outside_any_order_go_to_the_no_order_bucket(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {}, at=T0 + later(10))
    box = plant.outbox
    await plant.send(
        box.batch(
            box.count(PRESS, "good", 4, at=T0 + later(9)),
            box.count(PRESS, "good", 1, at=T0 + later(10)),
            box.count(ASSEMBLY, "produced", 2, at=T0),
        )
    )
    assert await plant.order("WO-1") == (1, 0)
    bucket = await plant.rows(
        "select sum(good) from production_hour where operation_id = 0 group by equipment_id order by 1"
    )
    assert bucket == [(2,), (4,)]


async def test_scrap_of_a_unit_that_counts_all_pieces_is_taken_from_the_good(
    plant: SmallPlant,
) -> None:
    await plant.start("WO-2", "KETTLE", ASSEMBLY, {"CORD": ("1", False)})
    await plant.stock("CORD", "C1", "50", "LS2")
    box = plant.outbox
    await plant.send(
        box.batch(
            box.count(ASSEMBLY, "produced", 10, at=T0), box.count(ASSEMBLY, "scrap", 1, at=T0)
        )
    )
    await plant.send(box.batch(box.count(ASSEMBLY, "scrap", 2, at=T0 + later(1))))
    assert await plant.order("WO-2") == (7, 3)
    assert (await plant.on_hand("KETTLE", "OUT"), await plant.on_hand("KETTLE", "SCRAP")) == (7, 3)
    assert await plant.on_hand("CORD", "LS2") == 40
    assert await plant.faults() == []


async def test_weighed_components_are_booked_as_weighed_and_never_backflushed(
    plant: SmallPlant,
) -> None:
    await plant.start("WO-1", "BODY", PRESS, {"RESIN": ("0.45", True)})
    await plant.stock("RESIN", "R1", "10", "LS1")
    box = plant.outbox
    await plant.send(
        box.batch(
            box.count(PRESS, "good", 4, at=T0 + later(1)),
            box.weigh(PRESS, "resin", "1.873", at=T0 + later(1)),
        )
    )
    assert await plant.on_hand("RESIN", "LS1") == Decimal("8.127")
    assert await plant.value("select issued from operation_component") == Decimal("1.873")


async def test_lots_are_taken_mounted_first_then_by_expiry_then_by_age(plant: SmallPlant) -> None:
    await plant.start("WO-2", "KETTLE", ASSEMBLY, {"CORD": ("1", False)})
    await plant.stock("CORD", "OLD", "5", "LS2")
    await plant.stock("CORD", "SOON", "5", "LS2", expires="2026-04-01")
    await plant.stock("CORD", "MOUNTED", "5", "LS2", expires="2027-01-01")
    await plant.stock("CORD", "EXPIRED", "5", "LS2", expires="2026-03-01")
    await plant.stock("CORD", "HELD", "5", "LS2")
    await plant.execute("update lot set status = 'held' where code = 'HELD'")
    await plant.execute(
        "insert into mounted_lot (equipment_id, item_id, lot_id, location_id, quantity_at_mount, mounted_at) "
        "select e.id, t.item_id, t.id, e.line_side_id, 5, %s from equipment e, lot t "
        "where e.path = %s and t.code = 'MOUNTED'",
        T0, ASSEMBLY,
    )  # fmt: skip
    box = plant.outbox
    await plant.send(box.batch(box.count(ASSEMBLY, "produced", 12, at=T0)))
    taken = await plant.rows(
        "select t.code, m.quantity from movement m join lot t on t.id = m.lot_id where m.kind = 'backflush' order by m.id"
    )
    assert dict(taken) == {"MOUNTED": 5, "SOON": 5, "OLD": 2}


async def test_a_shortage_waits_and_books_itself_when_upstream_output_arrives(
    plant: SmallPlant,
) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    await plant.start("WO-2", "KETTLE", ASSEMBLY, {"BODY": ("1", False)})
    box = plant.outbox
    await plant.send(box.batch(box.count(ASSEMBLY, "produced", 4, at=T0)))
    await plant.send(box.batch(box.count(ASSEMBLY, "produced", 2, at=T0 + later(1))))
    assert await plant.rows("select quantity, remaining from shortage") == [(6, 6)]
    await plant.send(box.batch(box.count(PRESS, "good", 5, at=T0 + later(2))))
    assert await plant.rows("select remaining from shortage where settled_at is null") == [(1,)]
    await plant.send(box.batch(box.count(PRESS, "good", 5, at=T0 + later(3))))
    assert await plant.rows("select remaining from shortage where settled_at is null") == []
    assert await plant.on_hand("BODY", "LS2") == 4
    assert await plant.faults() == []


async def test_projected_stock_at_the_reorder_point_raises_one_signal(plant: SmallPlant) -> None:
    await plant.start("WO-2", "KETTLE", ASSEMBLY, {"CORD": ("1", False)})
    await plant.stock("CORD", "C1", "20", "LS2")
    await plant.execute(
        "insert into replenishment_loop (item_id, location_id, source_id, reorder_point, order_quantity) "
        "select i.id, l.id, s.id, 10, 40 from item i, location l, location s "
        "where i.code = 'CORD' and l.code = 'LS2' and s.code = 'STORE'"
    )
    box = plant.outbox
    await plant.send(box.batch(box.count(ASSEMBLY, "produced", 9, at=T0)))
    assert await plant.rows("select 1 from replenishment_signal") == []
    for second in range(5):
        await plant.send(box.batch(box.count(ASSEMBLY, "produced", 1, at=T0 + later(second))))
    assert await plant.rows("select quantity, projected, state from replenishment_signal") == [
        (40, 10, "raised")
    ]


async def test_what_the_gateway_found_implausible_is_kept_and_not_booked(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    box = plant.outbox
    await plant.send(
        box.batch(
            box.count(PRESS, "good", 1, at=T0),
            box.count(PRESS, "good", 9000, at=T0 + later(1)),
            box.count(PRESS, "good", 1, at=T0 + later(2)),
            verdicts={1: "faster than the \0machine can"},
        )
    )
    assert await plant.order("WO-1") == (2, 0)
    assert await plant.rows("select quantity, reason from quarantined_fact") == [
        (9000, "faster than the machine can")
    ]
    assert await plant.value("select count(*) from event") == 3


async def test_an_unknown_signal_is_quarantined_not_lost(plant: SmallPlant) -> None:
    box = plant.outbox
    await plant.send(box.batch(box.count("works/a/l9/ghost", "good", 1, at=T0)))
    assert await plant.value("select count(*) from event where quality = 'q'") == 1
    assert "no such signal" in await plant.value("select reason from quarantined_fact")


async def test_what_the_edge_held_back_is_quarantined_with_its_claim(plant: SmallPlant) -> None:
    box = plant.outbox
    fact = box.count(PRESS, "good", 0, at=T0, quality=Quality.QUARANTINED)
    await plant.send(
        box.batch(
            type(fact)(**{**{f: getattr(fact, f) for f in fact.__struct_fields__}, "claimed": 40})
        )
    )
    assert await plant.value("select quantity from quarantined_fact") == 40


async def test_states_follow_machine_time_even_when_they_come_late(plant: SmallPlant) -> None:
    box = plant.outbox
    await plant.send(box.batch(box.state(PRESS, EquipmentState.DOWN, at=T0 + later(60))))
    await plant.send(box.batch(box.state(PRESS, EquipmentState.RUNNING, at=T0)))
    assert await plant.rows("select state, state_since from equipment_live") == [
        ("down", T0 + later(60))
    ]
    assert await plant.rows("select state from state_change order by at") == [
        ("running",),
        ("down",),
    ]


async def test_two_agents_in_one_batch_keep_their_own_marks(plant: SmallPlant) -> None:
    one, two = Outbox(agent="one"), Outbox(agent="two")
    two.next_seq = 4
    reply = await plant.send(
        one.batch(one.count(PRESS, "good", 1, at=T0)),
        two.batch(two.count(ASSEMBLY, "produced", 1, at=T0)),
    )
    assert {(mark.agent, mark.through, mark.rewind) for mark in reply.marks} == {
        ("one", 1, False),
        ("two", 0, True),
    }
