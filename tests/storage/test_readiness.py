"""Material readiness over the API: before release, live, over all orders, and as a condition of release."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import ASSEMBLY, MOULDER, PLANNER, KettleWorks
from tests.storage.routed_orders import ROUTING, new_routed_order, put_master_data


async def component(works: KettleWorks, number: str, item: str) -> dict[str, Any]:
    found = await works.get(f"work-orders/{number}/readiness")
    return next(one for one in found["components"] if one["item"] == item)


async def test_before_release_each_operation_says_what_is_here_elsewhere_and_missing(
    works: KettleWorks,
) -> None:
    await put_master_data(works, routings=[ROUTING])
    await works.receive("BODY", "B1", "60", "M1-LS")
    await works.receive("BODY", "B2", "30", "WH")
    await works.receive("CORD", "C1", "100", "A1-LS")
    await new_routed_order(works)
    found = await works.get("work-orders/WO-1/readiness")
    assert found["ready"] == "missing"
    body = await component(works, "WO-1", "BODY")
    assert (body["operation"], body["location"], body["ready"]) == (10, "M1-LS", "missing")
    assert [Decimal(body[part]) for part in ("required", "here", "to_bring", "missing")] == [
        100,
        60,
        40,
        10,
    ]
    assert [(one["location"], Decimal(one["quantity"])) for one in body["elsewhere"]] == [
        ("WH", 30)
    ]
    cord = await component(works, "WO-1", "CORD")
    assert (cord["operation"], cord["ready"]) == (20, "ready")


async def test_live_it_falls_with_what_was_made(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "25", "M1-LS")
    await works.run_order("WO-1", quantity="100")
    await works.count(40)
    resin = await component(works, "WO-1", "PP-RESIN")
    assert [Decimal(resin[part]) for part in ("required", "issued", "needed", "here")] == [
        25,
        10,
        15,
        15,
    ]
    assert resin["ready"] == "ready"


async def test_an_open_call_says_when_the_line_side_will_have_enough(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "30", "M1-LS")
    await works.receive("PP-RESIN", "R2", "500", "WH")
    await works.run_order("WO-1", quantity="200")
    await works.count(60)
    resin = await component(works, "WO-1", "PP-RESIN")
    [call] = resin["incoming"]
    assert (call["kind"], call["external"], Decimal(call["quantity"])) == ("call", False, 50)
    assert (resin["ready"], resin["comes_at"]) == ("to_bring", call["at"])


async def test_an_order_for_a_component_says_when_it_comes(works: KettleWorks) -> None:
    await works.new_order("WO-B", item="BODY", quantity="500")
    await works.receive("CORD", "C1", "100", "A1-LS")
    await works.new_order("WO-K", item="KETTLE", unit=ASSEMBLY)
    body = await component(works, "WO-K", "BODY")
    assert (body["ready"], body["incoming"][0]["reference"]) == ("coming", "WO-B")
    assert (await works.get("work-orders/WO-K/readiness"))["ready"] == "coming"


async def test_a_purchase_order_says_when_what_the_plant_has_not_comes(works: KettleWorks) -> None:
    supplier = {"code": "S1", "name": {"en": "S1", "zh": "S1"}}
    answer = await works.http.put(
        "/api/v1/suppliers",
        json=supplier,
        headers={
            "Authorization": "Bearer for-administrators",
            "Idempotency-Key": "7d9c3f8e-62c5-4a55-93f4-7c6a4f0f7a01",
        },
    )
    assert answer.is_success, answer.text
    due = "2026-03-04T08:00:00Z"
    line = {"item": "PP-RESIN", "location": "WH", "quantity": "40", "price": "1", "due_at": due}
    order = {"number": "PO-1", "supplier": "S1", "lines": [line]}
    await works.do("purchase-orders", order, by=PLANNER)
    await works.new_order("WO-1")
    resin = await component(works, "WO-1", "PP-RESIN")
    assert (resin["ready"], resin["comes_at"]) == ("coming", due)
    assert [one["reference"] for one in resin["incoming"] if one["external"]] == ["PO-1/1"]


async def test_what_others_have_reserved_is_not_there_and_ones_own_is(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "25", "M1-LS")
    for number in ("WO-1", "WO-2"):
        await works.new_order(number)
        await works.do(f"work-orders/{number}/release", by=PLANNER)
    body = {"item": "PP-RESIN", "location": "M1-LS", "quantity": "25"}
    await works.do("work-orders/WO-1/reservations", body, by=PLANNER)
    own, other = [await component(works, number, "PP-RESIN") for number in ("WO-1", "WO-2")]
    assert (own["ready"], Decimal(own["reserved"])) == ("ready", 25)
    assert (other["ready"], Decimal(other["here"])) == ("missing", 0)


async def test_a_release_may_insist_on_its_material(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "20", "WH")
    await works.new_order("WO-1")
    body = {"insist_on_material": True}
    problem = await works.refused("work-orders/WO-1/release", body, by=PLANNER)
    assert problem["type"] == "material-missing"
    assert problem["title"] == (
        "Work order WO-1 is not released, because material is missing: PP-RESIN 5 kg."
    )
    assert (await works.order("WO-1"))["state"] == "not_allowed_to_start"
    await works.receive("PP-RESIN", "R2", "5", "WH")
    await works.do("work-orders/WO-1/release", body, by=PLANNER)


async def test_the_list_pages_over_orders_as_they_are_due(works: KettleWorks) -> None:
    for number in ("WO-1", "WO-2", "WO-3"):
        await works.new_order(number)
    later = {"due_at": "2026-05-01T00:00:00Z", "reason": "plan"}
    await works.do("work-orders/WO-1/change", later, by=PLANNER)
    first = await works.get("readiness", limit=2, equipment=MOULDER)
    assert [one["number"] for one in first] == ["WO-2", "WO-3"]
    assert {one["ready"] for one in first} == {"missing"}
    assert await works.get("readiness", state="running") == []
