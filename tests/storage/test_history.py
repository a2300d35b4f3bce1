"""History over HTTP and below it: series, gaps, production by shift, and what retention leaves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.contract.fact import Cause, MeasurementFact, Quality
from gateway.contract.state import EquipmentState
from mes_server.operations.keep_history import drop_old_facts, roll_up_history
from mes_server.storage import history
from mes_server.storage.partitions import ensure_event_partitions
from tests.storage.kettle_works import MOULDER, NOON, KettleWorks


async def roll_up(works: KettleWorks) -> None:
    assert await roll_up_history(works.pool, now=works.clock.at) == 0


async def series(
    works: KettleWorks, signal: str, since: datetime, until: datetime, **how: Any
) -> Any:
    return await works.get(
        "history/series",
        unit=MOULDER,
        signal=signal,
        **{"from": since.isoformat(), "until": until.isoformat()},
        **how,
    )


async def count(works: KettleWorks, pieces: int, *, at: datetime, signal: str = "good") -> None:
    await works.send(works.moulding, works.moulding.count(MOULDER, signal, pieces, at=at))


async def process_value(works: KettleWorks) -> str:
    async with works.pool.connection() as connection:
        row = await (
            await connection.execute(
                "select s.name from signal s join equipment e on e.id = s.equipment_id "
                "where e.path = %s and s.role = 'process_value' order by s.id limit 1",
                (MOULDER,),
            )
        ).fetchone()
    assert row is not None
    return row[0]


def measured(
    signal: str, value: float, *, at: datetime, quality: Quality = Quality.GOOD
) -> MeasurementFact:
    return MeasurementFact(
        equipment=MOULDER, signal=signal, at=at, arrived=at, value=value, unit="°C", quality=quality
    )


async def test_a_series_is_the_same_before_and_after_it_is_rolled_up(works: KettleWorks) -> None:
    for minute in (0, 1, 1, 4):
        await count(works, 5, at=NOON + timedelta(minutes=minute))
    works.pass_time(minutes=10)
    window = (NOON, NOON + timedelta(minutes=10))
    before = await series(works, "good", *window, resolution="minute")
    await roll_up(works)
    after = await series(works, "good", *window, resolution="minute")
    assert before == after
    assert [(p["at"][11:16], p["readings"], Decimal(p["step"])) for p in after["points"]] == [
        ("12:00", 1, 5),
        ("12:01", 2, 10),
        ("12:04", 1, 5),
    ]
    assert [(g["since"][11:16], g["until"][11:16]) for g in after["gaps"]] == [
        ("12:02", "12:04"),
        ("12:05", "12:10"),
    ]


async def test_a_late_fact_is_added_to_the_minute_it_belongs_to(works: KettleWorks) -> None:
    await count(works, 5, at=NOON)
    await roll_up(works)
    works.pass_time(hours=3)
    await count(works, 7, at=NOON + timedelta(seconds=30))
    await roll_up(works)
    found = await series(works, "good", NOON, NOON + timedelta(hours=1), resolution="hour")
    assert [Decimal(point["step"]) for point in found["points"]] == [12]
    async with works.pool.connection() as connection:
        assert await history.differences(connection, limit=10) == []


async def test_measurements_have_average_and_extremes_without_what_is_quarantined(
    works: KettleWorks,
) -> None:
    name = await process_value(works)
    facts = [
        measured(name, 20.0, at=NOON),
        measured(name, 30.0, at=NOON + timedelta(seconds=10), quality=Quality.UNCERTAIN),
        measured(name, 900.0, at=NOON + timedelta(seconds=20), quality=Quality.QUARANTINED),
    ]
    await works.send(works.moulding, *facts)
    works.pass_time(hours=1)
    await roll_up(works)
    [point] = (await series(works, name, NOON, NOON + timedelta(hours=1), resolution="hour"))[
        "points"
    ]
    assert (point["average"], point["minimum"], point["maximum"]) == (25.0, 20.0, 30.0)
    assert (point["readings"], point["uncertain"], point["quarantined"]) == (3, 1, 1)
    single = await series(works, name, NOON, NOON + timedelta(hours=1))
    assert single["resolution"] == "raw"
    assert [one["average"] for one in single["points"]] == [20.0, 30.0, None]


async def test_an_answer_is_bounded_and_says_where_to_go_on(works: KettleWorks) -> None:
    for minute in range(5):
        await count(works, 1, at=NOON + timedelta(minutes=minute))
    works.pass_time(minutes=10)
    first = await series(
        works, "good", NOON, NOON + timedelta(minutes=5), resolution="minute", points=3
    )
    assert len(first["points"]) == 3
    rest = await series(
        works,
        "good",
        datetime.fromisoformat(first["more_from"]),
        NOON + timedelta(minutes=5),
        resolution="minute",
        points=3,
    )
    assert [len(rest["points"]), rest["more_from"], first["gaps"], rest["gaps"]] == [
        2,
        None,
        [],
        [],
    ]
    coarser = await series(works, "good", NOON, NOON + timedelta(minutes=5), points=3)
    assert (coarser["resolution"], len(coarser["points"])) == ("hour", 1)


async def test_an_unknown_signal_is_refused_in_words(works: KettleWorks) -> None:
    answer = await works.http.get(
        "/api/v1/history/series",
        params={
            "unit": MOULDER,
            "signal": "nothing",
            "from": NOON.isoformat(),
            "until": NOON.isoformat(),
        },
        headers={"Authorization": "Bearer for-screens"},
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "no-stretch-of-time")
    answer = await works.http.get(
        "/api/v1/history/series",
        params={
            "unit": MOULDER,
            "signal": "nothing",
            "from": NOON.isoformat(),
            "until": (NOON + timedelta(hours=1)).isoformat(),
        },
        headers={"Authorization": "Bearer for-screens", "Accept-Language": "zh"},
    )
    assert answer.status_code == 404
    assert "设备信号" in answer.json()["title"]


async def production(works: KettleWorks, since: datetime, until: datetime, **how: Any) -> Any:
    answer = await works.get(
        "history/production",
        unit=MOULDER,
        **{"from": since.isoformat(), "until": until.isoformat()},
        **how,
    )
    return answer["rows"]


async def test_a_shift_has_its_pieces_and_its_states_to_the_second(works: KettleWorks) -> None:
    box = works.moulding
    await works.send(
        box,
        box.state(MOULDER, EquipmentState.RUNNING, at=NOON + timedelta(minutes=30)),
        box.count(MOULDER, "good", 40, at=NOON + timedelta(hours=1)),
        box.state(MOULDER, EquipmentState.DOWN, at=NOON + timedelta(hours=2, minutes=10)),
    )
    works.pass_time(hours=3, minutes=20)
    await roll_up(works)
    rows = await production(works, NOON - timedelta(days=1), NOON, window="day")
    in_hours = await production(works, NOON, NOON + timedelta(hours=4), window="hour")
    seconds = {s["state"]: Decimal(s["seconds"]) for row in rows for s in row["states"]}
    assert seconds == {"running": 6_000, "down": 4_200}
    assert (
        sum(Decimal(row["good"]) for row in rows)
        == sum(Decimal(row["good"]) for row in in_hours)
        == 40
    )
    by_hour = [sum(Decimal(s["seconds"]) for s in row["states"]) for row in in_hours]
    assert by_hour == [1_800, 3_600, 3_600, 1_200]
    assert [Decimal(row["unheard_s"]) for row in in_hours] == [1_800, 0, 0, 0]


async def test_a_late_state_restates_the_hours_it_touches(works: KettleWorks) -> None:
    box = works.moulding
    await works.send(box, box.state(MOULDER, EquipmentState.RUNNING, at=NOON))
    works.pass_time(hours=4)
    await roll_up(works)
    await works.send(box, box.state(MOULDER, EquipmentState.DOWN, at=NOON + timedelta(minutes=90)))
    await roll_up(works)
    rows = await production(works, NOON, NOON + timedelta(hours=3), window="hour")
    assert [{s["state"]: Decimal(s["seconds"]) for s in row["states"]} for row in rows] == [
        {"running": 3_600},
        {"running": 1_800, "down": 1_800},
        {"down": 3_600},
    ]


async def test_retention_drops_months_and_keeps_their_roll_ups(works: KettleWorks) -> None:
    await count(works, 5, at=NOON)
    works.clock.at = datetime(2026, 9, 10, 12, tzinfo=UTC)
    async with works.pool.connection() as connection:
        await ensure_event_partitions(connection, now=works.clock.at)
    await count(works, 6, at=works.clock.at)
    assert await drop_old_facts(works.pool, keep_days=0, now=works.clock.at) is None
    waiting = await drop_old_facts(works.pool, keep_days=90, now=works.clock.at)
    assert waiting is not None
    assert waiting.names == ()  # not rolled up yet
    await roll_up(works)
    done = await drop_old_facts(works.pool, keep_days=90, now=works.clock.at)
    assert done is not None
    assert done.held_back_by is None
    assert done.names == ("event_2026_03", "event_2026_04", "event_2026_05")
    found = await series(works, "good", NOON, NOON + timedelta(hours=1), resolution="minute")
    assert [Decimal(point["step"]) for point in found["points"]] == [5]
    kept = await works.get("history/kept")
    assert kept["oldest_reading"].startswith("2026-09-10")
    assert kept["keep_days"] == 1_096


@pytest.mark.parametrize("state", ["running", "completed"])
async def test_facts_of_an_open_order_are_kept_longer_and_it_is_said(
    works: KettleWorks, state: str
) -> None:
    await works.run_order("WO-1")
    await works.count(5)
    if state == "completed":
        await works.do("work-orders/WO-1/complete", by="OP-1")
    works.clock.at = datetime(2026, 9, 10, 12, tzinfo=UTC)
    await roll_up(works)
    done = await drop_old_facts(works.pool, keep_days=90, now=works.clock.at)
    assert done is not None
    assert (done.held_back_by, done.names) == ("WO-1", ())
    assert (await works.get("history/kept"))["needed_by"] == "WO-1"


async def test_a_baseline_is_a_reading_that_adds_nothing(works: KettleWorks) -> None:
    fact = works.moulding.count(MOULDER, "good", 0, at=NOON)
    assert fact.cause is Cause.STEP
    await works.send(works.moulding, fact)
    works.pass_time(minutes=1)
    found = await series(works, "good", NOON, NOON + timedelta(minutes=1), resolution="minute")
    assert [(p["readings"], Decimal(p["step"])) for p in found["points"]] == [(1, 0)]
