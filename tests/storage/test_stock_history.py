"""Stock as of any time is what a replay of the postings says; reports say their formula and follow it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mes_server.storage import stock_reports
from mes_server.storage.database import open_pool
from tests.storage.kettle_works import WAREHOUSE, KettleWorks
from tests.storage.small_plant import ASSEMBLY, PRESS, SETUP, T0, Outbox, SmallPlant
from tests.storage.test_hot_path_oracle import RESET


@pytest.fixture
async def plant(migrated_url: str) -> AsyncIterator[SmallPlant]:
    pool = await open_pool(migrated_url)
    try:
        async with pool.connection() as connection:
            await connection.execute(SETUP)
        yield SmallPlant(pool)
    finally:
        await pool.close()


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=6,
    ),
    cords=st.lists(st.integers(1, 15), max_size=3),
)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_stock_as_of_any_time_is_the_replay_of_the_postings(
    plant: SmallPlant, steps: list[tuple[int, int, int]], cords: list[int]
) -> None:
    """Facts come in any order of machine time: late ones count when they happened."""
    await plant.execute(
        f"set session_replication_role = replica; {RESET}; set session_replication_role = default"
    )
    plant.outbox = Outbox()
    for number, quantity in enumerate(cords):
        await plant.stock("CORD", f"C{number}", str(quantity), "LS2")
    await plant.start("P1", "BODY", PRESS, {})
    await plant.start("A1", "KETTLE", ASSEMBLY, {"BODY": ("1", False), "CORD": ("1", False)})
    for second, bodies, kettles in steps:
        at = T0 + timedelta(seconds=second)
        box = plant.outbox
        await plant.send(
            box.batch(
                box.count(PRESS, "good", bodies, at=at),
                box.count(ASSEMBLY, "produced", kettles, at=at),
            )
        )
    times = {row[0] for row in await plant.rows("select distinct at from movement")}
    for at in {T0 - timedelta(seconds=1), T0 + timedelta(seconds=30), *times}:
        assert await as_of(plant, at) == await replay(plant, at)


async def as_of(plant: SmallPlant, at: datetime) -> dict[tuple[str, str, str], Decimal]:
    async with plant.pool.connection() as connection:
        rows = await stock_reports.as_of(
            connection, at=at, item_id=None, location_id=None, limit=500
        )
    return {(row.item, row.location, row.lot): row.quantity for row in rows}


async def replay(plant: SmallPlant, at: datetime) -> dict[tuple[str, str, str], Decimal]:
    """Every posting of the ledger up to that time, one after the other, from an empty plant."""
    stock: dict[tuple[str, str, str], Decimal] = {}
    postings = await plant.rows(
        "select i.code, t.code, f.code, f.physical, l.code, l.physical, m.quantity from movement m "
        "join item i on i.id = m.item_id join lot t on t.id = m.lot_id join location f on f.id = m.from_id "
        "join location l on l.id = m.to_id where m.at <= %s order by m.id",
        at,
    )
    for item, lot, origin, from_real, target, to_real, quantity in postings:
        if from_real:
            stock[item, origin, lot] = stock.get((item, origin, lot), Decimal(0)) - quantity
        if to_real:
            stock[item, target, lot] = stock.get((item, target, lot), Decimal(0)) + quantity
    return {key: quantity for key, quantity in stock.items() if quantity}


@pytest.fixture
async def used(works: KettleWorks) -> KettleWorks:
    """100 kg of resin at the moulder, 25 used by an order within a day; a kilogram costs two."""
    await cost(works, "PP-RESIN", "2")
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(100)
    return works


async def cost(works: KettleWorks, item: str, money: str) -> None:
    async with works.pool.connection() as connection:
        await connection.execute(
            "update item set standard_cost = %s where code = %s", (Decimal(money), item)
        )


def amounts(row: dict[str, Any], *names: str) -> list[Decimal]:
    return [Decimal(row[name]) for name in names]


def only(rows: list[dict[str, Any]], item: str) -> dict[str, Any]:
    [row] = [row for row in rows if row["item"] == item]
    return row


async def test_stock_is_told_as_of_a_time_by_item_and_place(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "WH")
    before = works.clock.at
    works.pass_time(minutes=5)
    body = {"item": "PP-RESIN", "lot": "R1", "quantity": "30"}
    await works.do(
        "transfers", body | {"from_location": "WH", "to_location": "M1-LS"}, by=WAREHOUSE
    )
    then = await works.get("stock/as-of", at=before.isoformat(), item="PP-RESIN")
    assert {(line["location"], Decimal(line["quantity"])) for line in then} == {("WH", 100)}
    now = await works.get("stock/as-of", at=works.clock.at.isoformat(), location="M1-LS")
    assert [Decimal(line["quantity"]) for line in now] == [30]
    first = await works.get("stock/as-of", at=works.clock.at.isoformat(), limit=1)
    assert len(first) == 1


async def test_days_of_cover_divide_stock_by_the_pace(used: KettleWorks) -> None:
    used.pass_time(days=9)
    answer = await used.get("reports/days-of-cover", days=10)
    resin = only(answer["rows"], "PP-RESIN")
    assert amounts(resin, "on_hand", "consumed", "per_day", "days_of_cover") == [
        75,
        25,
        Decimal("2.5"),
        30,
    ]
    assert only(answer["rows"], "BODY")["days_of_cover"] is None
    assert "average consumption" in answer["formula"]
    postings = await used.http.get(resin["behind"], headers={"Authorization": "Bearer for-screens"})
    assert [posting["kind"] for posting in postings.json()] == ["receive", "backflush"]


async def test_turns_divide_throughput_by_the_mean_stock(works: KettleWorks) -> None:
    """100 kg lie for half of the window, 75 for the other: 87.5 on average, of which 25 went."""
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    works.pass_time(days=5, seconds=-1)
    await works.count(100)
    works.pass_time(days=5)
    resin = only((await works.get("reports/turns", days=10))["rows"], "PP-RESIN")
    assert amounts(resin, "throughput", "average", "turns") == [
        25,
        Decimal("87.5"),
        Decimal("0.2857"),
    ]


async def test_dead_stock_is_what_nobody_touched(used: KettleWorks) -> None:
    await used.receive("CORD", "C1", "5", "WH")
    used.pass_time(days=40)
    await used.receive("CORD", "C2", "5", "A1-LS")
    rows = (await used.get("reports/dead-stock", days=30))["rows"]
    assert [(row["item"], row["location"], Decimal(row["value"])) for row in rows] == [
        ("PP-RESIN", "M1-LS", 150),
        ("BODY", "A1-LS", 0),
        ("CORD", "WH", 0),
    ]


async def test_lots_that_expire_soon_are_listed_by_the_plants_date(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "LATE", "1", "WH", expires="2026-06-01")
    await works.receive("PP-RESIN", "SOON", "1", "WH", expires="2026-03-05")
    await works.receive("PP-RESIN", "PAST", "1", "WH", expires="2026-03-03")
    works.pass_time(days=2)  # 20:00 in Shanghai on the 4th
    rows = (await works.get("reports/expiry", days=7))["rows"]
    assert [(row["lot"], row["days_left"]) for row in rows] == [("PAST", -1), ("SOON", 1)]


async def test_classes_follow_the_value_of_what_is_used(used: KettleWorks) -> None:
    """Resin is worth 50; bodies 45 and cords 5 were taken for kettles."""
    async with used.pool.connection() as connection:
        await connection.execute(
            "insert into lot (item_id, code, received_at) select id, 'X', now() from item;"
            "update item set standard_cost = 5 where code in ('BODY', 'CORD');"
            "insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at) "
            "select 'weigh', i.id, t.id, f.id, l.id, case i.code when 'BODY' then 9 else 1 end, '2026-03-02', '2026-03-02' "
            "from item i join lot t on t.item_id = i.id and t.code = 'X', location f, location l "
            "where i.code in ('BODY', 'CORD') and f.code = 'A1-LS' and l.code = 'CONSUMPTION'"
        )
    rows = (await used.get("reports/abc"))["rows"]
    assert [(row["item"], row["abc_class"], Decimal(row["value"])) for row in rows] == [
        ("PP-RESIN", "A", 50),
        ("BODY", "A", 45),
        ("CORD", "C", 5),
        ("KETTLE", "C", 0),
    ]


async def test_an_emptied_line_side_that_waits_is_one_stock_out(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "1", "M1-LS")
    await works.run_order("WO-1")
    await works.count(4)  # takes the last of it
    await works.count(4)  # waits
    works.pass_time(minutes=10)
    await works.receive("PP-RESIN", "R2", "2", "M1-LS")
    works.pass_time(minutes=5)
    answer = await works.get("reports/stock-outs")
    [row] = answer["rows"]
    assert (row["month"], row["location"], Decimal(row["minutes"])) == ("2026-03", "M1-LS", 10)
    assert [(month["item"], month["times"]) for month in answer["months"]] == [("PP-RESIN", 1)]


async def test_variance_is_actual_less_standard_in_quantity_and_money(used: KettleWorks) -> None:
    async with used.pool.connection() as connection:
        await connection.execute(
            "update operation_component set quantity = 0.2, issued = 25"
        )  # the standard of 100 pieces is now 20
    answer = await used.get("reports/consumption-variance", order="WO-1")
    [row] = answer["rows"]
    figures = amounts(row, "standard", "actual", "variance", "variance_value")
    assert figures == [20, 25, 5, 10]
    assert row["behind"] == "/api/v1/movements?item=PP-RESIN&order=WO-1"


async def test_what_waits_for_stock_was_consumed_all_the_same(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "1", "M1-LS")
    await works.run_order("WO-1")
    await works.count(8)
    [row] = (await works.get("reports/consumption-variance", order="WO-1"))["rows"]
    assert amounts(row, "booked", "waiting", "actual", "variance") == [1, 1, 2, 0]


async def test_a_report_speaks_the_callers_language(used: KettleWorks) -> None:
    answer = await used.http.get(
        "/api/v1/reports/abc",
        headers={"Authorization": "Bearer for-screens", "Accept-Language": "zh-CN"},
    )
    assert answer.json()["formula"].startswith("消耗金额")
