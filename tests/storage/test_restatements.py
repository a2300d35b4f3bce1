"""Late facts restate hours and orders that were reported already, and every change leaves what was before."""

from datetime import timedelta
from decimal import Decimal

from tests.storage.kettle_works import LEADER, MOULDER, OPERATOR, KettleWorks


async def test_a_fact_that_comes_after_its_hour_closed_restates_the_hour(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-1")
    await works.count(10)
    then = works.clock.at
    works.pass_time(hours=2)
    late = works.moulding.count(MOULDER, "good", 4, at=then + timedelta(minutes=1))
    await works.send(works.moulding, late)
    [row] = await works.get("restatements", order="WO-1")
    assert (row["figure"], row["equipment"]) == ("hour", MOULDER)
    assert [Decimal(row[part]) for part in ("good_before", "good_after")] == [10, 14]
    assert row["hour"] == then.replace(minute=0, second=0).isoformat().replace("+00:00", "Z")
    assert row["at"] == works.clock.at.isoformat().replace("+00:00", "Z")
    assert row["ingest_id"] is not None
    why = await works.get("why/progress/WO-1")
    assert why["value"] == why["explained"]
    [step] = [step for step in why["steps"] if step["key"] == "restated_hours"]
    assert next((one["key"], one["value"]) for one in step["inputs"]) == ("restated_good", "4")
    assert len(await works.get("restatements", equipment="kettle-works/moulding")) == 1
    assert await works.get("restatements", equipment="kettle-works/assembly") == []


async def test_a_fact_on_time_restates_nothing(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(10)
    works.pass_time(minutes=63)
    late = works.moulding.count(MOULDER, "good", 4, at=works.clock.at - timedelta(minutes=5))
    await works.send(works.moulding, late)
    assert await works.get("restatements") == []


async def test_a_fact_after_the_completion_restates_the_orders_figures(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(10)
    works.pass_time(minutes=1)
    during = works.clock.at
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/complete", by=OPERATOR)
    late = works.moulding.count(MOULDER, "good", 3, at=during)
    await works.send(works.moulding, late)
    assert Decimal((await works.order("WO-1"))["good"]) == 13
    [row] = await works.get("restatements", figure="order")
    assert (row["order"], row["operation"], row["hour"]) == ("WO-1", 10, None)
    assert [Decimal(row[part]) for part in ("good_before", "good_after")] == [10, 13]
    why = await works.get("why/progress/WO-1")
    assert "restated" in {step["key"] for step in why["steps"]}


async def test_a_leader_who_attributes_pieces_of_a_closed_hour_restates_both_sides(
    works: KettleWorks,
) -> None:
    await works.count(6)
    then = works.clock.at
    works.pass_time(hours=3)
    await works.run_order("WO-1")
    body = {
        "since": (then - timedelta(minutes=5)).isoformat(),
        "until": (then + timedelta(minutes=5)).isoformat(),
        "reason": "started too late",
    }
    await works.do("work-orders/WO-1/attribute", body, by=LEADER)
    rows = {row["order"]: row for row in await works.get("restatements")}
    assert {row["person"] for row in rows.values()} == {"Leader One"}
    assert [Decimal(rows[None][part]) for part in ("good_before", "good_after")] == [6, 0]
    assert [Decimal(rows["WO-1"][part]) for part in ("good_before", "good_after")] == [0, 6]


async def test_an_out_of_order_fact_within_the_open_hour_counts_and_restates_nothing(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-1")
    works.pass_time(minutes=10)
    now = works.clock.at
    first = works.moulding.count(MOULDER, "good", 5, at=now - timedelta(minutes=2))
    second = works.moulding.count(MOULDER, "good", 5, at=now - timedelta(minutes=8))
    await works.send(works.moulding, first, second)
    assert Decimal((await works.order("WO-1"))["good"]) == 10
    assert await works.get("restatements") == []
