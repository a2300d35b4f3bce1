"""Weighings outside any order: a team leader gives them to one, and it has consumed the lots that they took."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import LEADER, MOULDER, OPERATOR, PLANNER, WAREHOUSE, KettleWorks
from tests.storage.routed_orders import put_master_data

MEASURED: dict[str, Any] = {
    "item": "BODY",
    "components": [{"item": "PP-RESIN", "quantity": "0.25", "measured": True}],
}


async def weigh(works: KettleWorks, kilograms: str) -> None:
    """The scale of the moulder takes so much resin, now."""
    works.pass_time(seconds=10)
    fact = works.moulding.weigh(MOULDER, "resin", kilograms, at=works.clock.at)
    await works.send(works.moulding, fact)


def window(works: KettleWorks, **back: float) -> dict[str, str]:
    return {
        "since": (works.clock.at - timedelta(**back)).isoformat(),
        "until": (works.clock.at + timedelta(seconds=1)).isoformat(),
        "reason": "started too late",
    }


async def consumed(works: KettleWorks) -> dict[str, Decimal]:
    """Lot -> what the order consumed of it, as genealogy tells it."""
    async with works.pool.connection() as connection:
        rows = await (
            await connection.execute(
                "select t.code, x.consumed from operation_lot x join lot t on t.id = x.lot_id "
                "join work_order_operation o on o.id = x.operation_id "
                "join work_order w on w.id = o.work_order_id where w.number = 'WO-1' and x.consumed <> 0"
            )
        ).fetchall()
    return dict(rows)


async def issued(works: KettleWorks) -> Decimal:
    async with works.pool.connection() as connection:
        row = await (await connection.execute("select issued from operation_component")).fetchone()
    assert row is not None
    return row[0]


async def ready(works: KettleWorks) -> None:
    await put_master_data(works, bills=[MEASURED])
    await works.receive("PP-RESIN", "R1", "10", "M1-LS")
    await works.receive("PP-RESIN", "R2", "100", "M1-LS")


async def test_an_order_has_consumed_the_lots_of_the_weighings_it_is_given(
    works: KettleWorks,
) -> None:
    await ready(works)
    await weigh(works, "4")  # before the time that is given away
    works.pass_time(minutes=5)
    await weigh(works, "8")  # 6 of R1, 2 of R2
    await works.count(20)
    works.pass_time(minutes=1)
    await works.run_order("WO-1")
    await weigh(works, "1")
    listed = await works.get("no-order-weighings", equipment=MOULDER, item="PP-RESIN")
    quantities = [Decimal(row["quantity"]) for row in listed]
    assert (sorted(quantities[:2]), quantities[2]) == ([2, 6], 4)  # newest first
    assert {row["lot"] for row in listed[:2]} == {"R1", "R2"}
    first = await works.get("no-order-weighings", limit=1)
    assert await works.get("no-order-weighings", after=first[0]["id"]) == listed[1:]
    assert await works.get("no-order-weighings", item="CORD") == []
    before = await works.on_hand("PP-RESIN", "M1-LS")
    card = await works.do("work-orders/WO-1/attribute", window(works, minutes=3), by=LEADER)
    assert Decimal(card["good"]) == 20
    assert await consumed(works) == {"R1": 6, "R2": 3}
    assert await issued(works) == 9
    assert await works.on_hand("PP-RESIN", "M1-LS") == before  # it had left already
    assert [Decimal(row["quantity"]) for row in await works.get("no-order-weighings")] == [4]
    await works.check_ledger()
    # as of any time it lay where it lay
    async with works.pool.connection() as connection:
        [(there,)] = await (
            await connection.execute(
                "select sum(case when l.code = 'M1-LS' then quantity else 0 end) from ("
                "select to_id as place, quantity, at from movement "
                "union all select from_id, -quantity, at from movement) m "
                "join location l on l.id = m.place join lot on true and lot.code = 'R1' "
                "where m.at < %s",
                (works.clock.at - timedelta(minutes=4),),
            )
        ).fetchall()
    assert there == 106
    why = await works.get("why/consumption/WO-1", item="PP-RESIN")
    assert Decimal(why["value"]) == 4  # 9 were weighed, 5 are standard
    told = [step for step in why["steps"] if step["postings"]]
    assert {row["reason"] for step in told for row in step["postings"]} >= {"given to order WO-1"}
    readings = [row for step in why["steps"] for row in step["readings"]]
    assert {Decimal(row["step"]) for row in readings if row["signal"] == "resin"} == {8, 1}
    commands = [row for step in why["steps"] for row in step["commands"]]
    assert "started too late" in str([row["given"] for row in commands])


async def test_given_weighings_are_reversed_like_other_consumption(works: KettleWorks) -> None:
    await ready(works)
    await weigh(works, "5")
    works.pass_time(minutes=1)
    await works.run_order("WO-1")
    body = window(works, minutes=30)
    await works.do("work-orders/WO-1/attribute", body, by=LEADER)
    again = await works.refused("work-orders/WO-1/attribute", body, by=LEADER)
    assert again["type"] == "nothing-to-attribute"
    [mine] = [
        row
        for row in await works.get("movements", order="WO-1")
        if row["kind"] == "weigh" and row["order"] == "WO-1"
    ]
    await works.do(f"movements/{mine['id']}/reverse", {"reason": "it was WO-2"}, by=LEADER)
    assert await issued(works) == 0
    assert await consumed(works) == {}
    assert await works.on_hand("PP-RESIN", "M1-LS") == 110
    await works.check_ledger()


async def test_what_was_weighed_without_stock_waits_for_the_order_from_then_on(
    works: KettleWorks,
) -> None:
    await put_master_data(works, bills=[MEASURED])
    await works.receive("PP-RESIN", "R1", "2", "M1-LS")
    await weigh(works, "5")  # 3 of it find nothing
    works.pass_time(minutes=5)
    await weigh(works, "4")
    works.pass_time(minutes=1)
    await works.run_order("WO-1")
    await works.do("work-orders/WO-1/attribute", window(works, minutes=3), by=LEADER)
    waiting = {row["order"]: Decimal(row["remaining"]) for row in await works.get("shortages")}
    assert waiting == {None: 3, "WO-1": 4}
    assert await issued(works) == 4
    await works.receive("PP-RESIN", "R2", "50", "WH")
    move = {"item": "PP-RESIN", "lot": "R2", "quantity": "50"}
    await works.do(
        "transfers", move | {"from_location": "WH", "to_location": "M1-LS"}, by=WAREHOUSE
    )
    assert await consumed(works) == {"R2": 4}
    # what waited without an order was posted by the delivery, and follows its weighing
    await works.do("work-orders/WO-1/attribute", window(works, minutes=30), by=LEADER)
    assert await consumed(works) == {"R1": 2, "R2": 7}
    assert await issued(works) == 9
    assert await works.get("no-order-weighings") == []
    await works.check_ledger()


async def test_a_start_that_lies_before_weighings_takes_them_and_backflush_finds_them(
    works: KettleWorks,
) -> None:
    """The component is not measured by its bill, but somebody weighed it: actual replaces standard."""
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.new_order("WO-1")
    await works.do("work-orders/WO-1/release", by=PLANNER)
    works.pass_time(minutes=1)
    began = works.clock.at
    await weigh(works, "3")
    await works.count(20)  # 5 kg by standard
    works.pass_time(minutes=1)
    card = await works.do("work-orders/WO-1/start", {"at": began.isoformat()}, by=OPERATOR)
    assert Decimal(card["good"]) == 20
    assert await consumed(works) == {"R1": 5}
    assert await works.on_hand("PP-RESIN", "M1-LS") == 95
    await works.check_ledger()


async def test_what_the_order_claimed_serves_its_weighing_once_beside_the_counts(
    works: KettleWorks,
) -> None:
    """The scale took what was the order's claim, before the order was started: it waited for nothing but its order."""
    await put_master_data(works, bills=[MEASURED])
    await works.receive("PP-RESIN", "R1", "10", "M1-LS")
    await works.new_order("WO-1")
    await works.do("work-orders/WO-1/release", by=PLANNER)
    claim = {"item": "PP-RESIN", "quantity": "10", "location": "M1-LS"}
    await works.do("work-orders/WO-1/reservations", claim, by=WAREHOUSE)
    works.pass_time(minutes=1)
    await weigh(works, "4")
    await works.count(20)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/start", by=OPERATOR)
    await works.do("work-orders/WO-1/attribute", window(works, minutes=30), by=LEADER)
    assert await consumed(works) == {"R1": 4}
    assert await issued(works) == 4
    assert await works.on_hand("PP-RESIN", "M1-LS") == 6
    assert await works.on_hand("BODY", "A1-LS") == 20
    assert await works.get("shortages") == []
    await works.check_ledger()
