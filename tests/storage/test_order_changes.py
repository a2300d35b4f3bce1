"""Orders are changed, split, cancelled and reworked through the API, with a history and under their version."""

import asyncio
from decimal import Decimal

from tests.storage.kettle_works import (
    LEADER,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    QUALITY,
    KettleWorks,
)
from tests.storage.routed_orders import cards, release_routed_order, start

LATER = NOON.replace(day=9).isoformat()


async def test_a_planner_changes_quantity_date_and_priority_and_the_history_says_what_was(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-1")
    body = {"quantity": "150", "due_at": LATER, "priority": 5, "reason": "customer wants more"}
    card = await works.do("work-orders/WO-1/change", body, by=PLANNER)
    assert (Decimal(card["target"]), card["priority"]) == (150, 5)
    history = await works.get("work-orders/WO-1/changes")
    assert {(row["what"], row["before"], row["after"]) for row in history} >= {
        ("quantity", "100", "150"),
        ("priority", "100", "5"),
    }
    assert {row["person"] for row in history} == {"Planner One"}
    refused = await works.refused("work-orders/WO-1/change", body, by=OPERATOR)
    assert refused["type"] == "role-missing"


async def test_the_bill_scales_with_the_quantity(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1", quantity="100")
    body = {"quantity": "200", "reason": "more"}
    await works.do("work-orders/WO-1/change", body, by=PLANNER)
    [entry] = await works.get(f"units/{MOULDER}/queue")
    assert Decimal(entry["materials"][0]["required"]) == 50


async def test_the_quantity_does_not_go_below_what_was_made(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(30)
    body = {"quantity": "29", "reason": "less"}
    problem = await works.refused("work-orders/WO-1/change", body, by=PLANNER)
    assert problem["title"] == (
        "Work order WO-1 has made 30 good already; its quantity cannot become 29."
    )
    await works.do("work-orders/WO-1/change", body | {"quantity": "30"}, by=PLANNER)


async def test_a_tolerance_becomes_unlimited_and_limited_again(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    body = {"over_percent": "unlimited", "under_percent": "5", "reason": "agreed"}
    card = await works.do("work-orders/WO-1/change", body, by=PLANNER)
    assert (card["over_unlimited"], Decimal(card["under_percent"])) == (True, 5)
    body = {"over_percent": "2", "under_percent": "unlimited", "reason": "agreed"}
    card = await works.do("work-orders/WO-1/change", body, by=PLANNER)
    assert (card["over_unlimited"], Decimal(card["over_percent"])) == (False, 2)
    assert card["under_percent"] is None


async def test_of_two_planners_who_saw_the_same_card_one_changes_it(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    seen = (await works.order("WO-1"))["order_version"]
    answers = await asyncio.gather(
        *(
            works.post(
                "work-orders/WO-1/change",
                {"quantity": quantity, "reason": "plan"},
                by=PLANNER,
                headers={"If-Match": str(seen)},
            )
            for quantity in ("120", "130")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_a_part_of_an_order_becomes_an_order_of_its_own(works: KettleWorks) -> None:
    await works.receive("BODY", "B1", "200", "M1-LS")
    await release_routed_order(works)
    await start(works, 10)
    await works.count(30)
    body = {"number": "WO-1-2", "quantity": "40", "due_at": LATER, "reason": "second machine"}
    child = await works.do("work-orders/WO-1/split", body, by=PLANNER)
    assert (child["number"], Decimal(child["target"])) == ("WO-1-2", 40)
    assert child["state"] == "not_allowed_to_start"
    assert child["parents"] == [{"number": "WO-1", "kind": "split", "quantity": "40"}]
    parent = (await cards(works))[10]
    assert (Decimal(parent["target"]), Decimal(parent["good"])) == (60, 30)
    assert [one["number"] for one in parent["children"]] == ["WO-1-2"]
    assert sorted(await cards(works, "WO-1-2")) == [10, 20]
    await works.do("work-orders/WO-1-2/release", by=PLANNER)
    [row] = await works.get("work-orders/WO-1/changes")
    assert (row["what"], row["before"], row["after"]) == ("split", "100", "60 + 40 (WO-1-2)")


async def test_what_was_made_is_not_split_off(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(70)
    body = {"number": "WO-2", "quantity": "31", "reason": "too much"}
    problem = await works.refused("work-orders/WO-1/split", body, by=PLANNER)
    assert problem["type"] == "split-too-large"
    await works.do("work-orders/WO-1/split", body | {"quantity": "30"}, by=PLANNER)


async def test_a_cancelled_order_stops_on_all_its_units_and_keeps_what_it_made(
    works: KettleWorks,
) -> None:
    await works.receive("BODY", "B1", "200", "M1-LS")
    await release_routed_order(works)
    await start(works, 10)
    await works.count(8)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/cancel", {"reason": "customer gone"}, by=PLANNER)
    shown = await cards(works)
    assert {card["state"] for card in shown.values()} == {"aborted"}
    assert Decimal(shown[10]["good"]) == 8
    await works.run_order("WO-2")
    again = await works.refused("work-orders/WO-1/cancel", {"reason": "again"}, by=PLANNER)
    assert again["title"] == "Work order WO-1 cannot be cancelled: it is aborted."


async def test_a_rework_order_takes_its_own_pieces_and_leaves_those_of_others(
    works: KettleWorks,
) -> None:
    for number in ("WO-1", "WO-2"):
        await works.run_order(number)
        await works.count(5)
        scrap = {"quantity": "3", "reason": "flash", "disposition": "rework"}
        await works.do(f"work-orders/{number}/scrap", scrap, by=OPERATOR)
        works.pass_time(minutes=1)
        await works.do(f"work-orders/{number}/complete", by=OPERATOR)
    body = {"number": "WO-2-R", "quantity": "3", "equipment": MOULDER, "due_at": LATER}
    body["reason"] = "trim"
    await works.do("work-orders/WO-2/rework-order", body, by=QUALITY)
    await works.do("work-orders/WO-2-R/release", by=PLANNER)
    await works.do("work-orders/WO-2-R/start", by=LEADER)
    await works.count(3)
    left = await works.get("stock", item="BODY", location="REWORK")
    assert {line["lot"]: Decimal(line["quantity"]) for line in left} == {"WO-1": 3}
    await works.check_ledger()


async def test_a_rework_order_consumes_the_pieces_that_wait_for_rework(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(20)
    scrap = {"quantity": "5", "reason": "flash", "disposition": "rework"}
    await works.do("work-orders/WO-1/scrap", scrap, by=OPERATOR)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/complete", by=OPERATOR)
    body = {
        "number": "WO-1-R",
        "quantity": "4",
        "equipment": MOULDER,
        "due_at": LATER,
        "reason": "trim",
    }
    card = await works.do("work-orders/WO-1/rework-order", body, by=QUALITY)
    assert card["parents"] == [{"number": "WO-1", "kind": "rework", "quantity": "4"}]
    more = body | {"number": "WO-1-R2", "quantity": "2"}
    problem = await works.refused("work-orders/WO-1/rework-order", more, by=QUALITY)
    assert problem["title"] == (
        "Of work order WO-1, 1 pieces wait for rework that no order was given for; 2 were asked for."
    )
    await works.do("work-orders/WO-1-R/release", by=PLANNER)
    await works.do("work-orders/WO-1-R/start", by=LEADER)
    await works.count(3)
    assert await works.on_hand("BODY", "REWORK") == 2
    assert await works.on_hand("BODY", "A1-LS") == 18
    graph = await works.get("lots/BODY/WO-1-R/genealogy", direction="back")
    assert "WO-1" in {lot["lot"] for lot in graph["lots"]}
    await works.check_ledger()
