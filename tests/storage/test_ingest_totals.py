"""What running totals prove when senders repeat themselves, forget, or speak for somebody else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from gateway.contract.fact import CountFact
from gateway.contract.state import EquipmentState
from mes_server.storage.database import open_pool
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.small_plant import PRESS, SETUP, T0, Outbox, SmallPlant


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


def good(box: Outbox, total: int, delta: int, *, epoch: int = 1) -> CountFact:
    """A count of the press with a total of its own."""
    fact = box.count(PRESS, "good", delta, at=T0 + timedelta(seconds=total))
    return msgspec.structs.replace(fact, total=total, epoch=epoch)


@pytest.mark.parametrize("together", [True, False])
async def test_totals_that_were_committed_before_are_not_counted_again(
    plant: SmallPlant, together: bool
) -> None:
    """An edge restored from an older copy of its disk counts the same pieces again, in a new outbox."""
    await plant.start("WO-1", "BODY", PRESS, {})
    box, again = plant.outbox, Outbox(epoch=2)
    await plant.send(box.batch(good(box, 100, 100)))
    facts = [good(again, 50, 1), good(again, 51, 1), good(again, 101, 50), good(again, 103, 2)]
    batches = [again.batch(*facts)] if together else [again.batch(fact) for fact in facts]
    for batch in batches:
        await plant.send(batch)
    assert await plant.order("WO-1") == (103, 0)
    assert await plant.on_hand("BODY", "LS2") == 103
    assert await plant.faults() == []


async def test_a_totalizer_epoch_that_began_unseen_is_booked_from_its_beginning(
    plant: SmallPlant,
) -> None:
    """The server's backup is older than the edge's new disk: everything the new totalizer counted is missing."""
    await plant.start("WO-1", "BODY", PRESS, {})
    box, fresh = plant.outbox, Outbox(epoch=2, next_seq=400)
    await plant.send(box.batch(good(box, 100, 100)))
    late = msgspec.structs.replace(fresh.batch(good(fresh, 30, 1, epoch=2)), oldest_seq=400)
    await plant.send(late)
    assert await plant.order("WO-1") == (130, 0)
    assert await plant.rows("select told, booked from total_gap") == [(1, 30)]


async def test_facts_of_an_older_epoch_that_come_late_count_their_step(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    box, fresh = plant.outbox, Outbox(epoch=2)
    await plant.send(fresh.batch(good(fresh, 0, 0, epoch=2), good(fresh, 4, 4, epoch=2)))
    await plant.send(box.batch(good(box, 70, 3)))
    await plant.send(fresh.batch(good(fresh, 5, 1, epoch=2)))
    assert await plant.order("WO-1") == (8, 0)


async def test_another_agent_neither_counts_nor_moves_the_total(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    await plant.execute("update signal set agent = 'edge-1'")
    box, stranger = plant.outbox, Outbox(agent="edge-2")
    await plant.send(box.batch(good(box, 10, 10)))
    await plant.send(stranger.batch(good(stranger, 90, 5, epoch=9)))
    await plant.send(box.batch(good(box, 12, 2)))
    assert await plant.order("WO-1") == (12, 0)
    assert await plant.rows("select total, epoch from signal_total") == [(12, 1)]
    assert await plant.rows("select signal, quantity from quarantined_fact") == [("good", 5)]


async def test_an_oldest_sequence_beyond_the_batch_cannot_swallow_it(plant: SmallPlant) -> None:
    await plant.start("WO-1", "BODY", PRESS, {})
    box = Outbox(next_seq=5)
    batch = msgspec.structs.replace(box.batch(good(box, 3, 3)), oldest_seq=10**9)
    reply = await plant.send(batch)
    assert (reply.stored, reply.marks[0].through) == (1, 5)
    assert await plant.order("WO-1") == (3, 0)
    assert await plant.rows("select first_missing, last_missing from source_gap") == [(1, 4)]


async def test_what_a_scale_weighs_of_an_unknown_item_stays_visible(plant: SmallPlant) -> None:
    await plant.execute("update signal set item_id = null where name = 'resin'")
    box = plant.outbox
    await plant.send(box.batch(box.weigh(PRESS, "resin", "0.450", at=T0)))
    assert await plant.rows("select signal, quantity from quarantined_fact") == [
        ("resin", Decimal("0.45"))
    ]


async def test_a_state_that_is_not_plausible_is_shown_with_its_reason_and_not_lived_by(
    plant: SmallPlant,
) -> None:
    """A machine whose clock is a year ahead would keep its unit in that state for a year."""
    box = plant.outbox
    await plant.send(box.batch(box.state(PRESS, EquipmentState.RUNNING, at=T0)))
    ahead = box.batch(
        box.state(PRESS, EquipmentState.DOWN, at=T0 + timedelta(days=365)),
        verdicts={0: "the clock is ahead"},
    )
    await plant.send(ahead)
    await plant.send(box.batch(box.state(PRESS, EquipmentState.IDLE, at=T0 + timedelta(seconds=9))))
    assert await plant.rows("select state, last_fact_at from equipment_live") == [
        ("idle", T0 + timedelta(seconds=9))
    ]
    assert await plant.rows("select reason from quarantined_fact") == [("the clock is ahead",)]
