"""What a plant means by quantities of an order, on the real database: each test is one of its rules."""

from datetime import timedelta
from decimal import Decimal

from tests.storage.kettle_works import (
    ASSEMBLY,
    LEADER,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    KettleWorks,
)


async def figures(works: KettleWorks, number: str = "WO-1") -> list[Decimal]:
    card = await works.order(number)
    return [Decimal(card[part]) for part in ("good", "scrap", "rework")]


async def no_order(works: KettleWorks) -> Decimal:
    rows = await works.get("no-order-counts")
    return sum((Decimal(row["good"]) for row in rows), start=Decimal(0))


async def test_what_was_produced_is_consumed_for_and_only_good_counts_against_the_target(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1", quantity="100")
    await works.count(30)
    await works.count(10, signal="scrap")
    assert await works.on_hand("PP-RESIN", "M1-LS") == 90
    [entry] = await works.get(f"units/{MOULDER}/queue")
    assert Decimal(entry["materials"][0]["required"]) == Decimal("17.5")


async def test_a_scrap_entry_reclassifies_and_never_produces_or_consumes_and_can_be_reversed(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(20)
    body = {"quantity": "5", "reason": "flash"}
    report = await works.do("work-orders/WO-1/scrap", body, by=OPERATOR)
    assert await figures(works) == [15, 5, 0]
    assert await works.on_hand("PP-RESIN", "M1-LS") == 95
    await works.do(f"scrap-reports/{report['id']}/reverse", by=OPERATOR)
    assert await figures(works) == [20, 0, 0]
    assert await works.on_hand("PP-RESIN", "M1-LS") == 95
    await works.check_ledger()


async def test_a_completed_order_takes_late_facts_and_a_closed_one_leaves_them_for_review(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-1")
    await works.count(10)
    works.pass_time(minutes=1)
    during = works.clock.at
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/complete", by=OPERATOR)
    await works.send(works.moulding, works.moulding.count(MOULDER, "good", 2, at=during))
    assert await figures(works) == [12, 0, 0]
    await works.do("work-orders/WO-1/close", by=LEADER)
    await works.send(works.moulding, works.moulding.count(MOULDER, "good", 3, at=during))
    assert await figures(works) == [12, 0, 0]
    assert await no_order(works) == 3


async def test_start_and_finish_take_a_snapshot_of_the_machines_running_total(
    works: KettleWorks,
) -> None:
    await works.count(7)
    works.pass_time(seconds=1)
    await works.run_order("WO-1")
    await works.count(5)
    works.pass_time(seconds=1)
    await works.do("work-orders/WO-1/complete", by=OPERATOR)
    async with works.pool.connection() as connection:
        cursor = await connection.execute(
            "select totals_at_start, totals_at_end from operation_run"
        )
        [(start, end)] = await cursor.fetchall()
    assert (start["good"], end["good"]) == (7, 12)
    assert await no_order(works) == 7


async def test_over_run_is_kept_and_people_complete_the_order(works: KettleWorks) -> None:
    await works.run_order("WO-1", quantity="10")
    await works.count(50)
    card = await works.order("WO-1")
    assert (card["state"], Decimal(card["good"]), Decimal(card["over_delivery"])) == (
        "running",
        50,
        39,
    )
    card = await works.do("work-orders/WO-1/complete", by=OPERATOR)
    assert (card["state"], Decimal(card["good"])) == ("completed", 50)


async def test_two_of_eight_kilograms_are_used_for_two_hundred_of_eight_hundred(
    works: KettleWorks,
) -> None:
    bill = {
        "item": "BODY",
        "base_quantity": "800",
        "components": [{"item": "PP-RESIN", "quantity": "8"}],
    }
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"bills": [bill]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.is_success, answer.text
    await works.receive("PP-RESIN", "R1", "8", "M1-LS")
    await works.run_order("WO-1", quantity="800")
    await works.count(200)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 6


async def test_machine_time_decides_the_order_however_late_a_fact_comes(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    works.pass_time(minutes=10)
    during = works.clock.at - timedelta(minutes=5)
    await works.do("work-orders/WO-1/pause", by=OPERATOR)
    works.pass_time(seconds=1)
    await works.run_order("WO-2")
    works.pass_time(minutes=5)
    await works.send(works.moulding, works.moulding.count(MOULDER, "good", 9, at=during))
    assert await figures(works, "WO-1") == [9, 0, 0]
    assert await figures(works, "WO-2") == [0, 0, 0]


async def test_held_and_suspended_are_apart(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    works.pass_time(seconds=1)
    assert (await works.do("work-orders/WO-1/pause", by=OPERATOR))["state"] == "suspended"
    assert (await works.do("work-orders/WO-1/hold", by="QA-1"))["state"] == "held"


async def test_a_planner_of_one_line_plans_only_what_its_units_can_do(works: KettleWorks) -> None:
    routing = {"item": "KETTLE", "operations": [{"number": 10, "units": [ASSEMBLY]}]}
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"routings": [routing]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.is_success, answer.text
    async with works.pool.connection() as connection:
        await connection.execute(
            """update person set role_lines = '{"planner": ["kettle-works/assembly"]}' where badge = %s""",
            (PLANNER,),
        )
    body = {"number": "WO-1", "item": "KETTLE", "quantity": "5"}
    body["due_at"] = (NOON + timedelta(days=1)).isoformat()
    await works.do("work-orders", body, by=PLANNER)
    async with works.pool.connection() as connection:
        await connection.execute(
            """update person set role_lines = '{"planner": ["kettle-works/moulding"]}' where badge = %s""",
            (PLANNER,),
        )
    problem = await works.refused("work-orders", body | {"number": "WO-2"}, by=PLANNER)
    assert problem["type"] == "line-missing"
