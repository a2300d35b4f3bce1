"""Claims follow what an order uses and where, and a rework order takes the pieces that it was given."""

import asyncio
from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import (
    LEADER,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    QUALITY,
    WAREHOUSE,
    KettleWorks,
)
from tests.storage.routed_orders import PACKING, put_master_data, release_routed_order
from tests.storage.test_bill_revisions import RECYCLED, SWITCH

BACK = {"component": "PP-RECYCLED", "substitute": "PP-RESIN", "reason": "silo full"}


async def reserve(works: KettleWorks, number: str = "WO-1", **body: Any) -> None:
    await works.do(f"work-orders/{number}/reservations", body, by=WAREHOUSE)


async def claims(works: KettleWorks, number: str = "WO-1") -> dict[tuple[str, str], Decimal]:
    """(item, place) -> what the order has claimed."""
    found: dict[tuple[str, str], Decimal] = {}
    for row in await works.get("reservations", order=number):
        where = row["item"], row["location"]
        found[where] = found.get(where, Decimal(0)) + Decimal(row["remaining"])
    return found


async def with_substitutes(works: KettleWorks) -> None:
    await put_master_data(works, **RECYCLED)
    for item, place in (("PP-RESIN", "M1-LS"), ("PP-RESIN", "WH"), ("PP-RECYCLED", "M1-LS")):
        await works.receive(item, f"{item[3]}-{place}", "10", place)
    await works.run_order("WO-1")


async def test_claims_on_a_replaced_component_are_released_and_the_substitute_is_claimed(
    works: KettleWorks,
) -> None:
    await with_substitutes(works)
    await reserve(works, item="PP-RESIN", quantity="5")
    await reserve(works, item="PP-RESIN", quantity="4", location="WH")
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    # 1.2 of recycled for one of resin; there is none in the warehouse
    assert await claims(works) == {("PP-RECYCLED", "M1-LS"): 6}
    await works.count(10)
    assert await claims(works) == {("PP-RECYCLED", "M1-LS"): 3}
    await works.do("work-orders/WO-1/substitute", BACK, by=LEADER)
    assert await claims(works) == {("PP-RESIN", "M1-LS"): Decimal("2.5")}
    await works.check_ledger()


async def test_no_more_is_claimed_of_a_substitute_than_is_free(works: KettleWorks) -> None:
    await with_substitutes(works)
    await reserve(works, item="PP-RESIN", quantity="10")
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    assert await claims(works) == {("PP-RECYCLED", "M1-LS"): 10}
    await works.check_ledger()


async def test_what_a_released_claim_sets_free_serves_what_waits(works: KettleWorks) -> None:
    await with_substitutes(works)
    await works.do("work-orders/WO-1/pause", by=OPERATOR)
    works.pass_time(minutes=1)
    await reserve(works, item="PP-RESIN", quantity="10")
    await works.run_order("WO-2")
    await works.count(8)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 10  # it is WO-1's
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 8
    assert await works.get("shortages") == []
    await works.check_ledger()


async def test_a_refreeze_releases_claims_on_what_the_bill_drops_and_claims_what_it_adds(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.receive("CORD", "C1", "500", "M1-LS")
    await works.run_order("WO-1")
    await works.count(40)
    await reserve(works, item="PP-RESIN", quantity="15")
    parts = [{"item": "CORD", "quantity": "2"}]
    await put_master_data(works, bills=[{"item": "BODY", "revision": "B", "components": parts}])
    await works.do("work-orders/WO-1/refreeze", {"reason": "B"}, by=PLANNER)
    assert await claims(works) == {("CORD", "M1-LS"): 120}  # for the 60 that are still to be made
    await works.check_ledger()


async def test_claims_go_along_when_an_operation_moves_to_another_unit(works: KettleWorks) -> None:
    await works.receive("BODY", "B1", "100", "M1-LS")
    await works.receive("BODY", "B2", "30", "P1-LS")
    await works.receive("BODY", "B3", "100", "WH")
    await release_routed_order(works)
    await reserve(works, item="BODY", quantity="40", operation=10)
    await reserve(works, item="BODY", quantity="20", operation=10, location="WH")
    body = {"operation": 10, "unit": PACKING, "reason": "moulder down"}
    await works.do("work-orders/WO-1/unit", body, by=PLANNER)
    assert await claims(works) == {("BODY", "P1-LS"): 30, ("BODY", "WH"): 20}
    await works.check_ledger()


async def rework(works: KettleWorks) -> None:
    """WO-1 and WO-2 have three pieces each that wait for rework; WO-1-R reworks those of WO-1."""
    for number in ("WO-1", "WO-2"):
        await works.run_order(number)
        await works.count(5)
        scrap = {"quantity": "3", "reason": "flash", "disposition": "rework"}
        await works.do(f"work-orders/{number}/scrap", scrap, by=OPERATOR)
        works.pass_time(minutes=1)
        await works.do(f"work-orders/{number}/complete", by=OPERATOR)
    body = {"number": "WO-1-R", "quantity": "3", "equipment": MOULDER, "reason": "trim"}
    body["due_at"] = NOON.replace(day=9).isoformat()
    await works.do("work-orders/WO-1/rework-order", body, by=QUALITY)


async def test_a_rework_order_refuses_a_lot_of_another_order(works: KettleWorks) -> None:
    await rework(works)
    foreign = {"item": "BODY", "quantity": "1", "lot": "WO-2", "location": "REWORK"}
    path = "work-orders/WO-1-R"
    early = await works.refused(f"{path}/reservations", foreign, by=WAREHOUSE)
    await works.do(f"{path}/release", by=PLANNER)
    await works.do(f"{path}/start", by=LEADER)
    claimed = await works.refused(f"{path}/reservations", foreign, by=WAREHOUSE)
    issue = foreign | {"override_reason": "it is nearer"}
    issued = await works.refused(f"{path}/issues", issue, by=OPERATOR)
    assert {one["type"] for one in (early, claimed, issued)} == {"not-the-reworked-lot"}
    assert (
        issued["title"]
        == "Work order WO-1-R reworks lot WO-1 of BODY; lot WO-2 is none of its pieces."
    )
    chinese = await works.refused(f"{path}/issues", issue, by=OPERATOR, language="zh")
    assert chinese["title"] == "工单WO-1-R返工的是BODY批次WO-1，批次WO-2不属于该工单的返工品。"
    await works.do(f"{path}/issues", issue | {"lot": "WO-1"}, by=OPERATOR)
    left = await works.get("stock", item="BODY", location="REWORK")
    assert {row["lot"]: Decimal(row["quantity"]) for row in left} == {"WO-1": 2, "WO-2": 3}


async def test_a_rework_order_that_comes_back_from_a_substitute_takes_its_own_pieces_again(
    works: KettleWorks,
) -> None:
    await rework(works)
    await works.do("work-orders/WO-1-R/release", by=PLANNER)
    await works.do("work-orders/WO-1-R/start", by=LEADER)
    body = {"component": "BODY", "substitute": "CORD", "reason": "spare part", "ratio": "1"}
    await works.do("work-orders/WO-1-R/substitute", body, by=QUALITY)
    back = {"component": "CORD", "substitute": "BODY", "reason": "repaired after all"}
    await works.do("work-orders/WO-1-R/substitute", back, by=QUALITY)
    await works.count(5)  # there are three of them: the lot of WO-2 is left alone
    left = await works.get("stock", item="BODY", location="REWORK")
    assert {row["lot"]: Decimal(row["quantity"]) for row in left} == {"WO-2": 3}
    await works.check_ledger()


async def test_claims_follow_while_machines_count_and_others_reserve(works: KettleWorks) -> None:
    await with_substitutes(works)
    for item in ("PP-RESIN", "PP-RECYCLED"):
        await works.receive(item, f"more {item}", "200", "M1-LS")
    await reserve(works, item="PP-RESIN", quantity="30")
    await works.new_order("WO-2")
    await works.do("work-orders/WO-2/release", by=PLANNER)
    for turn in range(5):
        switch = BACK if turn % 2 else SWITCH
        wanted = [{"item": item, "quantity": "3"} for item in ("PP-RESIN", "PP-RECYCLED")]
        answers = await asyncio.gather(
            works.post("work-orders/WO-1/substitute", switch, by=LEADER),
            *(works.post("work-orders/WO-2/reservations", one, by=WAREHOUSE) for one in wanted),
            works.count(4),
        )
        assert [one.status_code for one in answers if one is not None and one.is_error] == []
    assert set(await claims(works)) == {("PP-RECYCLED", "M1-LS")}
    everything = sum((await claims(works)).values()) + sum((await claims(works, "WO-2")).values())
    reserved = [
        Decimal(row["reserved"])
        for item in ("PP-RESIN", "PP-RECYCLED")
        for row in await works.get("stock", item=item)
    ]
    assert sum(reserved) == everything
    await works.check_ledger()
