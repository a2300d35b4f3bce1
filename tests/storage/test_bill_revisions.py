"""Bills with revisions and dates: the one in force at release is frozen, and freezing anew is deliberate."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import LEADER, OPERATOR, PLANNER, KettleWorks, named
from tests.storage.routed_orders import put_master_data

LATER = {"reason": "revision B is cheaper"}


def bill(revision: str, quantity: str, **dates: str) -> dict[str, Any]:
    return {
        "item": "BODY",
        "revision": revision,
        "components": [{"item": "PP-RESIN", "quantity": quantity}],
        **dates,
    }


async def components(works: KettleWorks, number: str = "WO-1") -> dict[str, dict[str, Any]]:
    return {row["item"]: row for row in await works.get(f"work-orders/{number}/components")}


async def test_the_revision_in_force_at_release_is_frozen_and_stated(works: KettleWorks) -> None:
    await put_master_data(
        works,
        bills=[
            bill("A", "0.25", valid_until="2026-03-02"),
            bill("B", "0.3", valid_from="2026-03-02"),
            bill("C", "0.4", valid_from="2026-04-01"),
        ],
    )
    kept = {one["revision"]: one for one in await works.get("bills", item="BODY")}
    assert {revision: one["in_force"] for revision, one in kept.items()} == {
        "A": False,
        "B": True,
        "C": False,
    }
    await works.new_order("WO-1")
    card = await works.do("work-orders/WO-1/release", by=PLANNER)
    assert card["bill_revision"] == "B"
    assert Decimal((await components(works))["PP-RESIN"]["quantity"]) == Decimal("0.3")


async def test_a_bill_whose_dates_are_the_wrong_way_round_is_refused(works: KettleWorks) -> None:
    wrong = bill("B", "1", valid_from="2026-04-01", valid_until="2026-03-01")
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"bills": [wrong]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.status_code == 422


async def test_a_refreeze_changes_only_what_is_consumed_from_now_on(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(40)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 90
    await put_master_data(works, bills=[bill("B", "0.3")])
    assert await works.get("work-orders/WO-1/refreeze") == [
        {
            "operation": 10,
            "item": "PP-RESIN",
            "kind": "changed",
            "before": "0.25 for 1",
            "after": "0.3 for 1",
        }
    ]
    answer = await works.do("work-orders/WO-1/refreeze", LATER, by=PLANNER)
    assert (answer["card"]["bill_revision"], len(answer["changes"])) == ("B", 1)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 90
    await works.count(10)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 87
    used = (await components(works))["PP-RESIN"]
    assert (Decimal(used["standard"]), Decimal(used["issued"])) == (13, 13)
    why = await works.get("why/consumption/WO-1", item="PP-RESIN")
    assert Decimal(why["value"]) == Decimal(why["explained"]) == 0
    [row] = await works.get("work-orders/WO-1/changes")
    assert (row["what"], row["after"], row["reason"]) == (
        "bill",
        "PP-RESIN: 0.3 for 1",
        LATER["reason"],
    )
    again = await works.refused("work-orders/WO-1/refreeze", LATER, by=PLANNER)
    assert again["type"] == "nothing-to-refreeze"
    await works.check_ledger()


async def test_a_component_that_the_bill_drops_stays_as_issued_and_one_it_adds_begins_now(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.receive("CORD", "C1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(40)
    other = {
        "item": "BODY",
        "revision": "B",
        "components": [{"item": "CORD", "quantity": "2"}],
    }
    await put_master_data(works, bills=[other])
    await works.do("work-orders/WO-1/refreeze", LATER, by=PLANNER)
    await works.count(5)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 90
    assert await works.on_hand("CORD", "M1-LS") == 90
    used = await components(works)
    assert Decimal(used["PP-RESIN"]["produced_until"]) == 40
    assert [Decimal(used["CORD"][part]) for part in ("produced_from", "standard", "issued")] == [
        40,
        10,
        10,
    ]
    found = await works.get("reports/consumption-variance", order="WO-1")
    report = {row["item"]: Decimal(row["variance"]) for row in found["rows"]}
    assert report == {"PP-RESIN": 0, "CORD": 0}


async def test_an_operator_does_not_freeze_the_bill_anew(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await put_master_data(works, bills=[bill("B", "0.3")])
    refused = await works.refused("work-orders/WO-1/refreeze", LATER, by=OPERATOR)
    assert refused["type"] == "role-missing"
    await works.do("work-orders/WO-1/refreeze", LATER, by=LEADER)


RECYCLED: dict[str, Any] = {
    "items": [
        {"code": "PP-RECYCLED", "name": named("Recycled"), "unit": "kg", "procurement": "buy"},
        {"code": "ABS", "name": named("ABS"), "unit": "kg", "procurement": "buy"},
    ],
    "bills": [
        {
            "item": "BODY",
            "components": [
                {
                    "item": "PP-RESIN",
                    "quantity": "0.25",
                    "substitutes": [{"item": "PP-RECYCLED", "ratio": "1.2", "priority": 10}],
                }
            ],
        }
    ],
}
SWITCH = {"component": "PP-RESIN", "substitute": "PP-RECYCLED", "reason": "silo empty"}


async def ready(works: KettleWorks) -> None:
    """Resin and its substitute at the line, 40 pieces made of resin."""
    await put_master_data(works, **RECYCLED)
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.receive("PP-RECYCLED", "P1", "100", "M1-LS")
    await works.receive("ABS", "A1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(40)


async def test_a_leader_switches_to_a_permitted_substitute_and_back(works: KettleWorks) -> None:
    await ready(works)
    assert (await components(works))["PP-RESIN"]["substitutes"] == ["PP-RECYCLED"]
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    await works.count(10)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 90
    assert await works.on_hand("PP-RECYCLED", "M1-LS") == 97
    used = await components(works)
    assert used["PP-RECYCLED"]["substitute_for"] == "PP-RESIN"
    back = {"component": "PP-RECYCLED", "substitute": "PP-RESIN", "reason": "silo full"}
    await works.do("work-orders/WO-1/substitute", back, by=LEADER)
    await works.count(20)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 85
    assert await works.on_hand("PP-RECYCLED", "M1-LS") == 97
    again = await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    assert again["state"] == "running"
    await works.count(10)
    assert await works.on_hand("PP-RECYCLED", "M1-LS") == 94
    await works.check_ledger()


async def test_a_substitute_outside_the_list_takes_quality_and_a_ratio(works: KettleWorks) -> None:
    await ready(works)
    body = SWITCH | {"substitute": "ABS"}
    problem = await works.refused("work-orders/WO-1/substitute", body, by=LEADER)
    assert problem["type"] == "substitute-not-permitted"
    assert problem["detail"].startswith("Permitted: PP-RECYCLED.")
    body |= {"ratio": "1.5"}
    assert (await works.refused("work-orders/WO-1/substitute", body, by=LEADER))["type"] == (
        "role-missing"
    )
    await works.do("work-orders/WO-1/substitute", body, by="QA-1")
    await works.count(8)
    assert await works.on_hand("ABS", "M1-LS") == 97


async def test_what_the_operation_does_not_use_is_not_replaced(works: KettleWorks) -> None:
    await ready(works)
    body = SWITCH | {"component": "CORD"}
    problem = await works.refused("work-orders/WO-1/substitute", body, by=LEADER)
    assert (problem["type"], problem["detail"]) == ("not-a-component", "It uses: PP-RESIN.")


async def test_co_and_by_products_come_out_with_the_good_pieces_into_lots_of_their_own(
    works: KettleWorks,
) -> None:
    extras = {
        "items": [
            {"code": "SPRUE", "name": named("Sprue"), "unit": "kg", "procurement": "make"},
            {"code": "LID", "name": named("Lid"), "unit": "pcs", "procurement": "make"},
        ],
        "bills": [
            {
                "item": "BODY",
                "base_quantity": "100",
                "components": [{"item": "PP-RESIN", "quantity": "25"}],
                "outputs": [
                    {"item": "SPRUE", "quantity": "1.5", "location": "WH"},
                    {"item": "LID", "quantity": "100", "kind": "co"},
                ],
            }
        ],
    }
    await put_master_data(works, **extras)
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(40)
    await works.count(7, signal="scrap")
    assert await works.on_hand("SPRUE", "WH") == Decimal("0.6")
    assert await works.on_hand("LID", "A1-LS") == 40
    rows = {row["item"]: row for row in await works.get("work-orders/WO-1/outputs")}
    assert (rows["LID"]["lot"], Decimal(rows["SPRUE"]["posted"])) == ("WO-1", Decimal("0.6"))
    graph = await works.get("lots/LID/WO-1/genealogy", direction="back")
    assert "R1" in {lot["lot"] for lot in graph["lots"]}
    await works.check_ledger()
