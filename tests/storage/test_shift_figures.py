"""Figures of shifts are what the facts add up to, whenever these came; what changed a closed shift is kept."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from gateway.contract.fact import AnyFact, CountFact, StateFact
from gateway.contract.state import EquipmentState
from mes_server.domain.shift_calendar import ShiftCalendar, read_begins
from mes_server.operations.close_shifts import close_shifts
from mes_server.operations.keep_history import roll_up_history
from mes_server.storage import figures, history, shift_figures
from mes_server.storage.database import open_pool
from mes_server.storage.shift_figures import ShiftFilter, ShiftRestatementRow
from tests.storage.kettle_works import MOULDER, NOON, KettleWorks
from tests.storage.small_plant import ASSEMBLY, PRESS, SETUP, T0, SmallPlant, somebody_waits

RUNNING, DOWN, IDLE = EquipmentState.RUNNING, EquipmentState.DOWN, EquipmentState.IDLE
BERLIN = ShiftCalendar(zone=ZoneInfo("Europe/Berlin"), begins=read_begins("06:00, 14:00, 22:00"))
KOLKATA = ShiftCalendar(zone=ZoneInfo("Asia/Kolkata"), begins=read_begins("06:00, 18:00"))
EARLY = datetime(2026, 3, 2, 5, tzinfo=UTC)
"""The early shift of Berlin, until 13:00 UTC."""

Told = dict[tuple[str, int], tuple[Decimal, Decimal, dict[str, Decimal]]]


@pytest.fixture
async def plant(migrated_url: str) -> AsyncIterator[SmallPlant]:
    async with await open_pool(migrated_url) as pool:
        plant = SmallPlant(pool)
        await plant.execute(SETUP)
        yield plant


async def told(plant: SmallPlant, edges: Sequence[datetime], *, now: datetime) -> Told:
    """What the plant says, by unit and number of the window; only where there is anything."""
    async with plant.pool.connection() as connection:
        units = {unit.id: unit.path for unit in await history.find_units(connection, None)}
        found = await figures.between(connection, units=list(units), edges=edges, now=now)
    return {
        (units[unit], nr): (one.good, one.scrap, one.states)
        for (unit, nr), one in found.items()
        if one.good or one.scrap or one.states
    }


def added_up(facts: Sequence[AnyFact], edges: Sequence[datetime], *, now: datetime) -> Told:
    """The same from every single fact, the plain way."""
    found: Told = {}
    for nr, (began, ended) in enumerate(pairwise(edges), start=1):
        for unit in (PRESS, ASSEMBLY):
            steps = {
                role: sum(
                    (
                        Decimal(fact.delta)
                        for fact in facts
                        if isinstance(fact, CountFact)
                        and (fact.equipment, fact.signal) == (unit, role)
                        and began <= fact.at < ended
                    ),
                    Decimal(0),
                )
                for role in ("good", "scrap", "produced")
            }
            good = steps["good"] + (steps["produced"] - steps["scrap"] if unit == ASSEMBLY else 0)
            states = stood(facts, unit, began, min(ended, now))
            if good or steps["scrap"] or states:
                found[unit, nr] = (good, steps["scrap"], states)
    return found


def stood(
    facts: Sequence[AnyFact], unit: str, began: datetime, ended: datetime
) -> dict[str, Decimal]:
    changes = sorted(
        {
            fact.at: fact
            for fact in facts
            if isinstance(fact, StateFact) and fact.equipment == unit
        }.items()
    )
    seconds: dict[str, Decimal] = {}
    for (at, fact), (following, _) in pairwise(
        [*changes, (datetime.max.replace(tzinfo=UTC), None)]
    ):
        lasted = min(following, ended) - max(at, began)
        if fact is not None and lasted > timedelta(0):
            state = fact.state.value
            seconds[state] = (
                seconds.get(state, Decimal(0))
                + Decimal(lasted // timedelta(microseconds=1)) / 1_000_000
            )
    return seconds


async def restated(plant: SmallPlant, **wanted: Any) -> list[ShiftRestatementRow]:
    async with plant.pool.connection() as connection:
        rows = await shift_figures.restatements(
            connection, ShiftFilter(**wanted), before=None, limit=1_000
        )
    return rows[::-1]


def change(row: ShiftRestatementRow) -> tuple[str, str | None, int, int]:
    return row.figure, row.state, int(row.before), int(row.after)


@pytest.mark.parametrize(
    ("calendar", "evening", "seconds"),
    [
        (BERLIN, datetime(2026, 3, 28, 21, tzinfo=UTC), 7 * 3_600),
        (BERLIN, datetime(2026, 10, 24, 20, tzinfo=UTC), 9 * 3_600),
        (KOLKATA, datetime(2026, 3, 28, 12, 30, tzinfo=UTC), 12 * 3_600),
    ],
    ids=["a short night", "a long night", "shifts that begin half past an hour"],
)
async def test_a_night_has_what_happened_in_it_before_and_after_it_is_closed(
    plant: SmallPlant, calendar: ShiftCalendar, evening: datetime, seconds: int
) -> None:
    box = plant.outbox
    minutes = range(-90, 14 * 60, 7)
    facts = [
        fact
        for minute in minutes
        for at in (evening + timedelta(minutes=minute, seconds=20.5),)
        for fact in (
            box.count(PRESS, "good", 3, at=at),
            box.count(ASSEMBLY, "produced", 5, at=at),
            box.count(ASSEMBLY, "scrap", 2, at=at),
            box.state(PRESS, (RUNNING, DOWN, IDLE)[minute % 3], at=at),
        )
    ]
    now = evening + timedelta(hours=14, minutes=10)
    await plant.send(box.batch(*facts), now=now)
    edges = calendar.edges(since=evening, until=evening + timedelta(hours=13), most=9)
    expected = added_up(facts, edges, now=now)
    assert sum(expected[PRESS, 1][2].values()) == seconds
    assert await told(plant, edges, now=now) == expected
    await roll_up_history(plant.pool, now=now)
    assert await told(plant, edges, now=now) == expected
    assert await close_shifts(plant.pool, calendar, now=now) >= 2
    assert await close_shifts(plant.pool, calendar, now=now) == 0
    assert await told(plant, edges, now=now) == expected
    assert await restated(plant) == []


@pytest.mark.parametrize("seed", [3, 11])
async def test_facts_in_any_order_and_however_late_come_to_the_same_figures(
    plant: SmallPlant, seed: int
) -> None:
    dice, box = random.Random(seed), plant.outbox
    left = sorted(EARLY + timedelta(seconds=dice.uniform(0, 3 * 86_400)) for _ in range(240))
    edges = BERLIN.edges(since=EARLY, until=EARLY + timedelta(days=14), most=50)
    facts: list[AnyFact] = []
    now = EARLY
    while left:
        size = dice.randint(1, 30)
        moments = dice.sample(left[: 2 * size], min(size, len(left)))
        left = [at for at in left if at not in moments]
        batch: list[AnyFact] = []
        for at in moments:
            unit, counter = dice.choice([(PRESS, "good"), (PRESS, "scrap"), (ASSEMBLY, "produced")])
            if dice.random() < 0.5:
                batch.append(box.count(unit, counter, dice.randint(0, 9), at=at))
            else:
                batch.append(box.state(unit, dice.choice([RUNNING, DOWN, IDLE]), at=at))
        facts += batch
        now = max(now, *moments) + timedelta(seconds=dice.uniform(1, 40_000))
        await plant.send(box.batch(*batch), now=now)
        await close_shifts(plant.pool, BERLIN, now=now)
        assert await told(plant, edges, now=now) == added_up(facts, edges, now=now)
    chains: dict[tuple[object, ...], Decimal] = {}
    for row in await restated(plant):
        key = (row.equipment, row.since, row.figure, row.state)
        assert chains.get(key, row.before) == row.before
        chains[key] = row.after
    final = added_up(facts, edges, now=now)
    for (unit, since, figure, state), after in chains.items():
        good, scrap, states = final[str(unit), edges.index(since) + 1]  # pyright: ignore[reportArgumentType]
        assert (
            after == {"good": good, "scrap": scrap, "state": states.get(str(state), 0)}[str(figure)]
        )
    assert len(chains) > 10


async def closed_early_shift(plant: SmallPlant) -> datetime:
    """A closed early shift in which the press ran from eight UTC on and made ten pieces."""
    box = plant.outbox
    await plant.send(
        box.batch(box.state(PRESS, RUNNING, at=T0), box.count(PRESS, "good", 10, at=T0))
    )
    now = EARLY + timedelta(hours=9)
    assert await close_shifts(plant.pool, BERLIN, now=now) == 1
    return now


async def test_late_facts_of_one_batch_are_one_change_of_each_figure_they_touch(
    plant: SmallPlant,
) -> None:
    now = await closed_early_shift(plant)
    box = plant.outbox
    hour = timedelta(hours=1)
    batch = box.batch(
        box.count(PRESS, "good", 4, at=T0 + hour),
        box.count(PRESS, "good", 3, at=T0 + 2 * hour),
        box.count(PRESS, "scrap", 2, at=T0 + 3 * hour),
        box.state(PRESS, DOWN, at=T0 + 3 * hour),
        box.state(PRESS, IDLE, at=T0 + 4 * hour),
        box.count(PRESS, "good", 50, at=now),
    )
    await plant.send(batch, now=now)
    rows = await restated(plant)
    assert [change(row) for row in rows] == [
        ("good", None, 10, 17),
        ("scrap", None, 0, 2),
        ("state", "down", 0, 3_600),
        ("state", "idle", 0, 3_600),
        ("state", "running", 18_000, 10_800),
    ]
    assert {(row.since, row.until) for row in rows} == {(EARLY, EARLY + 8 * hour)}
    assert [row.fact_at - T0 for row in rows[1:3]] == [3 * hour, 4 * hour]
    assert {(row.equipment, row.at) for row in rows} == {(PRESS, now)}
    assert {row.ingest_id for row in rows} == {await plant.value("select max(id) from ingest")}
    await plant.send(batch, now=now + hour)  # sent again
    assert await restated(plant) == rows
    assert await restated(plant, figure="scrap") == rows[1:2]
    assert await restated(plant, equipment="works/a/l1") == rows
    assert await restated(plant, equipment="works/a/l2") == []
    assert await restated(plant, since=EARLY + hour) == []


async def test_a_state_that_comes_late_restates_every_shift_it_lasted_in(plant: SmallPlant) -> None:
    await closed_early_shift(plant)
    box, day = plant.outbox, timedelta(days=1)
    await close_shifts(plant.pool, BERLIN, now=EARLY + day)
    await plant.send(
        box.batch(box.state(PRESS, DOWN, at=EARLY + timedelta(hours=7))), now=EARLY + day
    )
    assert [(row.since - EARLY, *change(row)) for row in await restated(plant)] == [
        (timedelta(0), "state", "down", 0, 3_600),
        (timedelta(0), "state", "running", 18_000, 14_400),
        (timedelta(hours=8), "state", "down", 0, 28_800),
        (timedelta(hours=8), "state", "running", 28_800, 0),
    ]
    same = box.state(PRESS, DOWN, at=EARLY + timedelta(hours=9))
    await plant.send(box.batch(same), now=EARLY + day)
    assert len(await restated(plant)) == 4  # no figure is another one


async def test_facts_of_a_shift_that_is_not_closed_restate_nothing(plant: SmallPlant) -> None:
    now = await closed_early_shift(plant)
    box = plant.outbox
    for minutes in (50, 30, 55):
        at = now - timedelta(minutes=minutes)
        await plant.send(
            box.batch(box.count(PRESS, "good", 1, at=at), box.state(PRESS, DOWN, at=at)), now=now
        )
    assert await restated(plant) == []


async def test_a_restatement_is_never_changed(plant: SmallPlant) -> None:
    now = await closed_early_shift(plant)
    late = plant.outbox.count(PRESS, "good", 4, at=T0)
    await plant.send(plant.outbox.batch(late), now=now)
    for statement in ("update shift_restatement set after = 1", "delete from shift_restatement"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await plant.execute(statement)


async def test_who_closes_a_shift_waits_for_the_facts_that_are_being_booked(
    plant: SmallPlant,
) -> None:
    await plant.send(plant.outbox.batch(plant.outbox.count(PRESS, "good", 10, at=T0)))
    now = EARLY + timedelta(hours=9)
    async with plant.pool.connection() as connection:
        async with connection.transaction():
            await connection.execute("select 1 from equipment_live for update")
            closing = asyncio.create_task(close_shifts(plant.pool, BERLIN, now=now))
            await somebody_waits(plant.pool)
            await connection.execute(
                "update production_minute set good = good + 5 where minute = %s", (T0,)
            )
        assert await closing == 1
    edges = [EARLY, EARLY + timedelta(hours=8)]
    assert (await told(plant, edges, now=now))[PRESS, 1][0] == 15


async def test_two_servers_close_each_shift_once(plant: SmallPlant) -> None:
    await plant.send(plant.outbox.batch(plant.outbox.count(PRESS, "good", 10, at=T0)))
    now = EARLY + timedelta(days=4)
    closed = await asyncio.gather(*(close_shifts(plant.pool, BERLIN, now=now) for _ in range(2)))
    assert sum(closed) == await plant.value("select count(*) from shift_pieces") == 11


async def test_the_api_tells_shifts_and_what_changed_them(works: KettleWorks) -> None:
    await works.count(10)
    works.pass_time(hours=3)
    calendar = ShiftCalendar(zone=ZoneInfo("Asia/Shanghai"), begins=BERLIN.begins)
    await close_shifts(works.pool, calendar, now=works.clock.at)
    late = works.moulding.count(MOULDER, "good", 4, at=NOON + timedelta(minutes=5))
    await works.send(works.moulding, late)
    [row] = await works.get("shift-restatements", equipment=MOULDER, figure="good")
    assert (row["equipment"], row["since"], row["until"]) == (
        MOULDER, "2026-03-02T06:00:00Z", "2026-03-02T14:00:00Z",
    )  # fmt: skip
    assert [Decimal(row[part]) for part in ("before", "after")] == [10, 14]
    asked = {"from": row["since"], "until": "2026-03-02T15:00:00Z", "unit": MOULDER}
    shifts = (await works.get("history/production", **asked))["rows"]
    assert [(Decimal(one["good"]), one["restated_at"]) for one in shifts] == [
        (14, row["at"]),
        (0, None),
    ]
    others = await works.get("history/production", **asked, shift_hours=6, first_shift=2)
    assert [Decimal(one["good"]) for one in others["rows"]] == [0, 14]
    assert await works.get("shift-restatements", after=row["id"]) == []
