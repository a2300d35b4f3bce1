"""Material taken, brought back, put away, adjusted and reversed by people."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from tests.storage.kettle_works import (
    LEADER,
    MASTER_DATA,
    OPERATOR,
    QUALITY,
    WAREHOUSE,
    KettleWorks,
    named,
)
from tests.storage.test_people_and_rights import register

ISSUE, RETURN = "work-orders/WO-1/issues", "work-orders/WO-1/returns"


@pytest.fixture
async def moulding(works: KettleWorks) -> KettleWorks:
    """WO-1 runs at the moulder: a quarter of a kilogram of resin a body."""
    await works.run_order("WO-1")
    return works


def resin(quantity: str, **more: str) -> dict[str, str]:
    return {"item": "PP-RESIN", "quantity": quantity, **more}


async def consumed(works: KettleWorks) -> Decimal:
    """What WO-1 has consumed of resin, waiting consumption included, by the variance report."""
    report = await works.get("reports/consumption-variance", order="WO-1")
    return sum((Decimal(row["actual"]) for row in report["rows"]), start=Decimal(0))


async def test_actual_replaces_standard(moulding: KettleWorks) -> None:
    """Backflush books max(0, standard - issued)."""
    await moulding.receive("PP-RESIN", "R1", "100", "M1-LS")
    await moulding.do(ISSUE, resin("3"), by=OPERATOR)
    await moulding.count(10)  # standard 2.5
    assert await consumed(moulding) == 3
    await moulding.count(10)  # standard 5
    assert await consumed(moulding) == 5
    await moulding.check_ledger()


async def test_an_issue_stands_for_backflush_that_waited_for_stock(moulding: KettleWorks) -> None:
    await moulding.count(20)  # standard 5, nothing there
    [waiting] = await moulding.get("shortages")
    assert Decimal(waiting["remaining"]) == 5
    await moulding.receive("PP-RESIN", "R1", "100", "WH")
    await moulding.do(ISSUE, resin("4", location="WH"), by=OPERATOR)
    [waiting] = await moulding.get("shortages")
    assert Decimal(waiting["remaining"]) == 1
    assert await consumed(moulding) == 5
    await moulding.do(ISSUE, resin("2", location="WH"), by=OPERATOR)
    assert await moulding.get("shortages") == []
    assert await consumed(moulding) == 6


async def test_what_was_taken_comes_back_and_no_more(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    await moulding.do(ISSUE, resin("6"), by=OPERATOR)
    posting = await moulding.do(RETURN, resin("2", lot="R1"), by=OPERATOR)
    assert (posting["kind"], posting["order"]) == ("return", "WO-1")
    assert await moulding.on_hand("PP-RESIN", "M1-LS") == 6
    problem = await moulding.refused(RETURN, resin("4.5", lot="R1"), by=OPERATOR)
    assert problem["type"] == "more-than-issued"
    assert await consumed(moulding) == 4
    await moulding.check_ledger()


async def test_people_do_not_take_held_lots_nor_go_negative(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    problem = await moulding.refused(ISSUE, resin("10.1"), by=OPERATOR)
    assert problem["type"] == "nothing-free"
    await moulding.do("lots/PP-RESIN/R1/hold", {"reason": "specks"}, by=QUALITY)
    assert (await moulding.refused(ISSUE, resin("1", lot="R1"), by=OPERATOR))["type"] == (
        "lot-on-hold"
    )
    assert (await moulding.refused(ISSUE, resin("1"), by=OPERATOR))["type"] == "nothing-free"


async def test_the_choice_of_a_later_lot_is_kept_with_reason_and_name(
    moulding: KettleWorks,
) -> None:
    await moulding.receive("PP-RESIN", "SOON", "10", "M1-LS", expires="2026-04-01")
    await moulding.receive("PP-RESIN", "LATE", "10", "M1-LS", expires="2026-12-01")
    problem = await moulding.refused(ISSUE, resin("1", lot="LATE"), by=OPERATOR)
    assert (problem["type"], problem["overridable"]) == ("earlier-lot-first", True)
    entry = resin("1", lot="LATE", override_reason="SOON is torn")
    [posting] = (await moulding.do(ISSUE, entry, by=OPERATOR))["postings"]
    assert (posting["reason"], posting["person"]) == ("SOON is torn", "Operator One")


async def test_an_item_beside_the_bill_is_issued_with_a_reason(moulding: KettleWorks) -> None:
    await moulding.receive("CORD", "C1", "10", "M1-LS")
    entry = {"item": "CORD", "quantity": "1"}
    assert (await moulding.refused(ISSUE, entry, by=OPERATOR))["type"] == "item-not-needed"
    await moulding.do(ISSUE, entry | {"override_reason": "to tie it up"}, by=OPERATOR)


async def test_a_small_difference_is_booked_and_a_large_one_waits_for_another_person(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "100", "WH")
    async with works.pool.connection() as connection:
        await connection.execute("update item set standard_cost = 20 where code = 'PP-RESIN'")
    entry = resin("-10", lot="R1", location="WH", reason="spilt")
    booked = await works.do("adjustments", entry, by=LEADER)
    assert booked["state"] == "booked"
    assert await works.on_hand("PP-RESIN", "WH") == 90
    waiting = await works.do("adjustments", entry | {"quantity": "-30"}, by=LEADER)
    assert (waiting["state"], waiting["movement"]) == ("waiting", None)
    assert Decimal(waiting["value"]) == -600
    assert await works.on_hand("PP-RESIN", "WH") == 90
    path = f"adjustments/{waiting['id']}/approve"
    assert (await works.refused(path, {"reason": "seen"}, by=LEADER))["type"] == "own-adjustment"
    assert (await works.refused(path, {"reason": "seen"}, by=WAREHOUSE))["type"] == "role-missing"
    boss = {"badge": "MG-1", "name": "Manager One", "roles": ["manager"]}
    await bring(works, {"people": [boss]})
    decided = await works.do(path, {"reason": "seen"}, by="MG-1")
    assert (decided["state"], decided["decided_by"]) == ("booked", "Manager One")
    assert await works.on_hand("PP-RESIN", "WH") == 60
    assert (await works.refused(path, {"reason": "seen"}, by="MG-1"))["type"] == "already-decided"
    await works.check_ledger()


async def test_a_manager_says_what_an_adjustment_may_be_worth(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "WH")
    await register(works, "MG-1", "manager")
    async with works.pool.connection() as connection:
        await connection.execute("update item set standard_cost = 20 where code = 'PP-RESIN'")
    headers = {
        "Authorization": "Bearer for-screens",
        "Idempotency-Key": str(uuid.uuid4()),
        "Lineside-Badge": "MG-1",
    }
    answer = await works.http.put(
        "/api/v1/adjustments/limit", json={"limit": "100"}, headers=headers
    )
    assert answer.is_success, answer.text
    assert Decimal((await works.get("adjustments/limit"))["limit"]) == 100
    entry = resin("-6", lot="R1", location="WH", reason="spilt")
    assert (await works.do("adjustments", entry, by=WAREHOUSE))["state"] == "waiting"
    assert [one["state"] for one in await works.get("adjustments")] == ["waiting"]


async def test_a_refused_adjustment_changes_nothing(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "WH")
    async with works.pool.connection() as connection:
        await connection.execute("update item set standard_cost = 20 where code = 'PP-RESIN'")
    entry = resin("-30", lot="R1", location="WH", reason="spilt")
    waiting = await works.do("adjustments", entry, by=WAREHOUSE)
    path = f"adjustments/{waiting['id']}/refuse"
    assert (await works.do(path, {"reason": "count it"}, by=LEADER))["state"] == "refused"
    assert await works.on_hand("PP-RESIN", "WH") == 100


async def test_a_movement_is_reversed_once_by_a_mirrored_posting(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    [posting] = (await moulding.do(ISSUE, resin("6"), by=OPERATOR))["postings"]
    path = f"movements/{posting['id']}/reverse"
    mirror = await moulding.do(path, {"reason": "wrong order"}, by=WAREHOUSE)
    assert (mirror["kind"], mirror["reverses"]) == ("reverse", posting["id"])
    assert (mirror["reason"], mirror["person"]) == ("wrong order", "Warehouse One")
    assert await moulding.on_hand("PP-RESIN", "M1-LS") == 10
    assert await consumed(moulding) == 0
    problem = await moulding.refused(path, {"reason": "again"}, by=WAREHOUSE)
    assert problem["type"] == "already-reversed"
    again = await moulding.refused(f"movements/{mirror['id']}/reverse", {"reason": "x"})
    assert again["type"] == "not-reversible"
    await moulding.count(4)
    assert await consumed(moulding) == 1  # backflush books anew what is issued no more
    await moulding.check_ledger()


async def test_a_receipt_that_was_used_is_not_reversed(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    [receipt] = await moulding.get("movements", lot="R1")
    await moulding.do(ISSUE, resin("6"), by=OPERATOR)
    path = f"movements/{receipt['id']}/reverse"
    assert (await moulding.refused(path, {"reason": "not ours"}))["type"] == "stock-too-low"


async def test_a_unit_of_the_item_serves_for_every_quantity(moulding: KettleWorks) -> None:
    async with moulding.pool.connection() as connection:
        await connection.execute(
            "insert into item_unit select id, 'bag', 25, 1 from item where code = 'PP-RESIN'"
        )
    receipt = resin("4", unit="bag", lot="R1", location="WH")
    posting = await moulding.do("receipts", receipt, by=WAREHOUSE)
    assert (Decimal(posting["quantity"]), posting["unit"]) == (100, "kg")
    move = resin("2", unit="bag", lot="R1", from_location="WH", to_location="M1-LS")
    await moulding.do("transfers", move, by=WAREHOUSE)
    await moulding.do(ISSUE, resin("0.5", unit="bag"), by=OPERATOR)
    assert await moulding.on_hand("PP-RESIN", "M1-LS") == Decimal("37.5")
    problem = await moulding.refused(ISSUE, resin("1", unit="sack"), by=OPERATOR)
    assert problem["type"] == "unit-unknown"
    assert problem["detail"] == "Use one of: bag, kg."


async def test_scrap_is_entered_in_a_unit_of_what_is_made(moulding: KettleWorks) -> None:
    async with moulding.pool.connection() as connection:
        await connection.execute(
            "insert into item_unit select id, 'tray', 12, 1 from item where code = 'BODY'"
        )
    await moulding.count(40)
    entry = {"quantity": "2", "unit": "tray", "reason": "sink marks"}
    report = await moulding.do("work-orders/WO-1/scrap", entry, by=OPERATOR)
    assert Decimal(report["quantity"]) == 24
    assert Decimal((await moulding.order("WO-1"))["good"]) == 16


async def test_what_arrives_is_put_where_its_kind_lies(works: KettleWorks) -> None:
    bins = [
        {"code": code, "name": named(code), "kind": "bin", "parent": "WH"}
        for code in ("B-1", "B-2", "B-3")
    ]
    await bring(works, {"locations": [*MASTER_DATA["locations"], *bins]})
    await works.receive("CORD", "C1", "5", "B-1")
    await works.receive("PP-RESIN", "R0", "5", "B-2")
    await works.receive("PP-RESIN", "R1", "100", "WH")
    move = resin("60", lot="R1", from_location="WH")
    assert (await works.do("put-aways", move, by=WAREHOUSE))["to_location"] == "B-2"
    suggestion = await works.get("put-aways/suggestion", item="CORD", lot="C1", **{"from": "WH"})
    assert suggestion["location"] == "B-1"
    elsewhere = move | {"quantity": "40", "to_location": "B-3"}
    assert (await works.do("put-aways", elsewhere, by=WAREHOUSE))["to_location"] == "B-3"
    assert await works.on_hand("PP-RESIN", "WH") == 0


async def bring(works: KettleWorks, document: dict[str, Any]) -> None:
    """More master data."""
    response = await works.http.put(
        "/api/v1/master-data",
        json=document,
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert response.is_success, response.text


async def test_who_is_responsible_for_a_line_takes_material_there_in_any_unit(
    moulding: KettleWorks,
) -> None:
    """A unit of quantity is no unit of the plant."""
    async with moulding.pool.connection() as connection:
        await connection.execute(
            "insert into item_unit select id, 'bag', 25, 1 from item where code = 'PP-RESIN'"
        )
    await register(moulding, "OP-L", "operator", lines={"operator": ["kettle-works/moulding"]})
    await register(moulding, "OP-A", "operator", lines={"operator": ["kettle-works/assembly"]})
    await moulding.receive("PP-RESIN", "R1", "100", "M1-LS")
    entry = resin("1", unit="bag", lot="R1")
    await moulding.do(ISSUE, entry, by="OP-L")
    assert (await moulding.refused(ISSUE, entry, by="OP-A"))["type"] == "line-missing"
    await moulding.do("containers", {"code": "BOX", "location": "M1-LS"}, by="OP-L")
    await moulding.do("containers/BOX/pack", entry, by="OP-L")
    problem = await moulding.refused("containers/BOX/unpack", entry, by="OP-A")
    assert problem["type"] == "line-missing"
