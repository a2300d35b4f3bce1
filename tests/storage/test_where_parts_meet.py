"""Where orders, materials and replenishment meet: each figure is kept by one part and used by another."""

import asyncio
from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import (
    ASSEMBLY,
    LEADER,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    QUALITY,
    WAREHOUSE,
    KettleWorks,
    named,
)
from tests.storage.routed_orders import put_master_data

LATER = NOON.replace(day=9).isoformat()
SWITCH = {"component": "PP-RESIN", "substitute": "PP-RECYCLED", "reason": "silo empty"}
BACK = {"component": "PP-RECYCLED", "substitute": "PP-RESIN", "reason": "silo full"}


async def moulding(works: KettleWorks) -> None:
    """Resin and its substitute at the line, an order of 100 bodies runs."""
    item = {"code": "PP-RECYCLED", "name": named("Recycled"), "unit": "kg", "procurement": "buy"}
    part = {
        "item": "PP-RESIN",
        "quantity": "0.25",
        "substitutes": [{"item": "PP-RECYCLED", "ratio": "1.2"}],
    }
    await put_master_data(works, items=[item], bills=[{"item": "BODY", "components": [part]}])
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.receive("PP-RECYCLED", "P1", "100", "M1-LS")
    await works.run_order("WO-1")


async def wanted(works: KettleWorks) -> dict[str, Decimal]:
    """Item -> what running orders still want at the moulder, as run-outs say it."""
    return {row["item"]: Decimal(row["need"]) for row in await works.get("run-outs")}


async def test_of_a_substitute_only_what_is_still_to_be_made_is_wanted(works: KettleWorks) -> None:
    await moulding(works)
    await works.count(40)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    assert await wanted(works) == {"PP-RECYCLED": 18}
    await works.count(10)
    assert await wanted(works) == {"PP-RECYCLED": 15}


async def test_pieces_made_anew_for_scrapped_ones_want_material_too(works: KettleWorks) -> None:
    await moulding(works)
    await works.count(40)
    await works.count(20, signal="scrap")
    assert await wanted(works) == {"PP-RESIN": 15}


async def test_planning_wants_of_a_substitute_what_is_still_to_be_made(works: KettleWorks) -> None:
    await moulding(works)
    await works.count(40)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    await works.do("receipts", lot("PP-RECYCLED", "P2", "1", "WH"), by=WAREHOUSE)
    body = lot("PP-RECYCLED", "P1", "-95", "M1-LS") | {"reason": "spilt"}
    await works.do("adjustments", body, by=WAREHOUSE)  # 6 kg are left, 18 are wanted
    ask = {"location": "WH", "horizon_days": 30}
    await works.do("mrp-runs", ask, by=PLANNER)
    rows = await works.get("proposals", state="proposed")
    assert {row["item"]: Decimal(row["quantity"]) for row in rows}["PP-RECYCLED"] == 12


def lot(item: str, code: str, quantity: str, place: str) -> dict[str, Any]:
    return {"item": item, "lot": code, "quantity": quantity, "location": place}


async def test_what_came_back_of_a_component_out_of_use_is_not_issued_when_it_is_used_again(
    works: KettleWorks,
) -> None:
    await moulding(works)
    await works.count(40)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    body = lot("PP-RESIN", "R1", "4", "M1-LS") | {"reason": "was in the hopper"}
    await works.do("work-orders/WO-1/returns", body, by=OPERATOR)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 94
    await works.do("work-orders/WO-1/substitute", BACK, by=LEADER)
    await works.count(10)
    used = {row["item"]: row for row in await works.get("work-orders/WO-1/components")}
    assert Decimal(used["PP-RESIN"]["standard"]) == Decimal("12.5")
    assert Decimal(used["PP-RESIN"]["issued"]) == Decimal("12.5")
    assert await works.on_hand("PP-RESIN", "M1-LS") == Decimal("87.5")
    found = await works.get("reports/consumption-variance", order="WO-1")
    assert {row["item"]: Decimal(row["variance"]) for row in found["rows"]}["PP-RESIN"] == 0
    await works.check_ledger()


async def test_what_a_person_issues_of_a_component_out_of_use_counts_when_it_is_used_again(
    works: KettleWorks,
) -> None:
    await moulding(works)
    await works.count(40)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    body = {"item": "PP-RESIN", "quantity": "3", "override_reason": "mixed in"}
    answer = await works.do("work-orders/WO-1/issues", body, by=OPERATOR)
    await works.do("work-orders/WO-1/substitute", BACK, by=LEADER)
    await works.count(4)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 87
    await works.count(12)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 86
    [posting] = answer["postings"]
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    await works.do(f"movements/{posting['id']}/reverse", {"reason": "was not"}, by=LEADER)
    await works.do("work-orders/WO-1/substitute", BACK, by=LEADER)
    await works.count(1)
    assert await works.on_hand("PP-RESIN", "M1-LS") == Decimal("85.75")
    await works.check_ledger()


async def rework(works: KettleWorks) -> None:
    """Five pieces of WO-1 wait for rework; WO-1-R is to rework three of them, and is released."""
    await works.run_order("WO-1")
    await works.count(20)
    scrap = {"quantity": "5", "reason": "flash", "disposition": "rework"}
    await works.do("work-orders/WO-1/scrap", scrap, by=OPERATOR)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/complete", by=OPERATOR)
    body = {"number": "WO-1-R", "quantity": "3", "equipment": MOULDER, "due_at": LATER}
    await works.do("work-orders/WO-1/rework-order", body | {"reason": "trim"}, by=QUALITY)
    await works.do("work-orders/WO-1-R/release", by=PLANNER)


async def test_a_rework_order_takes_the_pieces_that_it_has_reserved(works: KettleWorks) -> None:
    await rework(works)
    body = {"item": "BODY", "quantity": "3"}
    await works.do("work-orders/WO-1-R/reservations", body, by=PLANNER)
    await works.do("work-orders/WO-1-R/start", by=LEADER)
    await works.count(2)
    [line] = await works.get("stock", item="BODY", location="REWORK")
    assert (Decimal(line["quantity"]), Decimal(line["reserved"])) == (3, 1)
    await works.count(2)
    [line] = await works.get("stock", item="BODY", location="REWORK")
    assert (Decimal(line["quantity"]), Decimal(line["reserved"])) == (1, 0)
    await works.check_ledger()


async def test_planning_makes_no_new_pieces_for_a_rework_order(works: KettleWorks) -> None:
    """15 are there and 3 and 1 come out of rework: 19 of a customer's 20 are covered, released or not."""
    await rework(works)
    body = {"number": "WO-1-S", "quantity": "1", "equipment": MOULDER, "due_at": LATER}
    await works.do("work-orders/WO-1/rework-order", body | {"reason": "trim"}, by=QUALITY)
    demand = {"ref": "SO-1", "item": "BODY", "quantity": "20"}
    ask = {"location": "WH", "demands": [demand | {"at": NOON.replace(day=12).isoformat()}]}
    run = await works.do("mrp-runs", ask, by=PLANNER)
    rows = await works.get("proposals", run=run["id"])
    assert [(one["item"], Decimal(one["quantity"])) for one in rows if one["kind"] == "make"] == [
        ("BODY", 1)
    ]


async def test_pieces_reserved_for_their_rework_order_are_not_missed_twice(
    works: KettleWorks,
) -> None:
    await rework(works)
    body = {"item": "BODY", "quantity": "3"}
    await works.do("work-orders/WO-1-R/reservations", body, by=PLANNER)
    body = {"number": "WO-1-S", "quantity": "2", "equipment": MOULDER, "due_at": LATER}
    await works.do("work-orders/WO-1/rework-order", body | {"reason": "trim"}, by=QUALITY)


async def test_a_rework_order_claims_and_takes_by_hand_its_own_pieces_only(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-0")
    await works.count(5)
    scrap = {"quantity": "4", "reason": "flash", "disposition": "rework"}
    await works.do("work-orders/WO-0/scrap", scrap, by=OPERATOR)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-0/complete", by=OPERATOR)
    await rework(works)
    body = {"item": "BODY", "quantity": "2"}
    answer = await works.do("work-orders/WO-1-R/reservations", body, by=PLANNER)
    assert [(one["lot"], one["hard"]) for one in answer["reservations"]] == [("WO-1", True)]
    answer = await works.do("work-orders/WO-1-R/issues", body | {"quantity": "3"}, by=OPERATOR)
    assert [(one["lot"], Decimal(one["quantity"])) for one in answer["postings"]] == [("WO-1", 3)]
    left = await works.get("stock", item="BODY", location="REWORK")
    assert {line["lot"]: Decimal(line["quantity"]) for line in left} == {"WO-0": 4, "WO-1": 2}
    await works.check_ledger()


async def test_a_rework_order_keeps_its_pieces_place_on_whatever_unit(works: KettleWorks) -> None:
    await rework(works)
    body = {"unit": MOULDER, "reason": "stays here"}
    await works.do("work-orders/WO-1-R/unit", body, by=LEADER)
    await works.do("work-orders/WO-1-R/start", by=LEADER)
    await works.count(3)
    assert await works.on_hand("BODY", "REWORK") == 2


async def test_a_purchase_receipt_that_is_reversed_is_expected_again(works: KettleWorks) -> None:
    supplier = {"code": "S1", "name": {"en": "S1", "zh": "S1"}}
    assert (await works.put("suppliers", supplier, by=PLANNER)).is_success
    line = {"item": "CORD", "location": "WH", "quantity": "100", "due_at": LATER}
    order = {"number": "PO-1", "supplier": "S1", "lines": [line]}
    await works.do("purchase-orders", order, by=PLANNER)
    path = "purchase-orders/PO-1/lines/1/receive"
    wrong = await works.do(path, {"lot": "C1", "quantity": "100"}, by=WAREHOUSE)
    assert (await purchase(works))["state"] == "closed"
    reverse = f"movements/{wrong['posting']['id']}/reverse"
    await works.do(reverse, {"reason": "it was 90"}, by=LEADER)
    assert await works.on_hand("CORD", "WH") == 0
    again = await purchase(works)
    assert (again["state"], again["lines"][0]["open"]) == ("open", True)
    [coming] = await works.get("supply", item="CORD", location="WH")
    assert Decimal(coming["quantity"]) == 100
    await works.do(path, {"lot": "C1", "quantity": "90"}, by=WAREHOUSE)
    assert Decimal((await purchase(works))["lines"][0]["outstanding"]) == 10
    await works.check_ledger()


async def purchase(works: KettleWorks) -> dict[str, Any]:
    [order] = [one for one in await works.get("purchase-orders") if one["number"] == "PO-1"]
    return order


async def test_a_lot_that_is_released_serves_what_came_to_wait_meanwhile(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    held = {"reason": "looks odd"}
    await works.do("lots/PP-RESIN/R1/hold", held, by=QUALITY)
    async with works.pool.connection() as other, other.transaction():
        await other.execute(  # somebody decides about resin at the line side
            "select pg_advisory_xact_lock(1, (item.id * 31 + location.id) %% 256) from item, location"
            " where item.code = %s and location.code = %s",
            ("PP-RESIN", "M1-LS"),
        )
        release = asyncio.create_task(works.do("lots/PP-RESIN/R1/release", held, by=QUALITY))
        await wait_until_it_waits(works, release)
    await release


async def wait_until_it_waits(works: KettleWorks, task: asyncio.Task[Any]) -> None:
    """Until the server waits for somebody's say; fails when the command does not."""
    async with works.pool.connection() as watching, asyncio.timeout(20):
        waits = "select exists (select 1 from pg_locks where locktype = 'advisory' and not granted)"
        while (await (await watching.execute(waits)).fetchone()) != (True,):
            assert not task.done()
            await asyncio.sleep(0.01)


async def test_what_is_left_of_a_lot_taken_off_a_unit_serves_what_waits(works: KettleWorks) -> None:
    """Two units share a line side; a lot that is mounted at one of them is not for the other."""
    async with works.pool.connection() as connection:
        await connection.execute(
            "update equipment set line_side_id = (select id from location where code = 'A1-LS') where path = %s",
            (MOULDER,),
        )
    await works.receive("BODY", "B1", "10", "A1-LS")
    await works.receive("CORD", "C1", "10", "A1-LS")
    await works.run_order("WO-1", item="KETTLE")
    await works.run_order("WO-2", item="KETTLE", unit=ASSEMBLY)
    await works.do(f"units/{MOULDER}/mount", {"barcode": "B1"}, by=OPERATOR)
    await works.count(4, signal="produced", unit=ASSEMBLY)
    assert [row["item"] for row in await works.get("shortages")] == ["BODY"]
    await works.do(f"units/{MOULDER}/unmount", {"item": "BODY", "lot": "B1"}, by=OPERATOR)
    assert await works.get("shortages") == []
    assert await works.on_hand("BODY", "A1-LS") == 6
    await works.check_ledger()
