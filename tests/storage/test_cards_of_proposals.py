"""Cards and bins that a supplier or an order of our own refills: ordered with a proposal, full on the receipt."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import ASSEMBLY, LEADER, OPERATOR, PLANNER, WAREHOUSE, KettleWorks
from tests.storage.test_purchasing import put, receive, supplier


async def cards(works: KettleWorks, item: str, place: str, count: int, **loop: Any) -> list[str]:
    """A loop with so many cards of ten pieces; their codes."""
    base = {"item": item, "location": place, "method": "kanban", "order_quantity": "10"}
    await put(works, "replenishment-loops", base | loop)
    body = {"item": item, "location": place, "count": count}
    response = await works.put("kanban-cards", body, by=WAREHOUSE)
    assert response.is_success, response.text
    return response.json()["cards"]


async def empty(works: KettleWorks, *codes: str) -> dict[str, Any]:
    """Scan containers empty; what the last one answered."""
    answer: dict[str, Any] = {}
    for code in codes:
        answer = await works.do(f"kanban-cards/{code}/scan", {"state": "empty"}, by=OPERATOR)
    return answer


async def states(works: KettleWorks) -> list[str]:
    return [card["state"] for card in await works.get("kanban-cards")]


async def proposed(works: KettleWorks) -> list[dict[str, Any]]:
    return await works.get("proposals", state="proposed")


async def firm(works: KettleWorks, number: str, **how: Any) -> None:
    [proposal] = await proposed(works)
    body = {"number": number} | how
    await works.do(f"proposals/{proposal['id']}/firm", body, by=PLANNER)


async def test_empty_cards_are_bought_and_full_when_the_goods_arrive(works: KettleWorks) -> None:
    await supplier(works)
    codes = await cards(works, "CORD", "WH", 4, kind="purchase", supplier="S1")
    await empty(works, codes[0])
    [proposal] = await proposed(works)
    joined = await empty(works, codes[1], codes[2])
    assert (joined["call"], joined["proposal"]) == (None, proposal["id"])
    [proposal] = await proposed(works)
    assert (Decimal(proposal["quantity"]), proposal["cards"]) == (30, codes[:3])
    assert await states(works) == ["ordered", "ordered", "ordered", "full"]
    await firm(works, "PO-1")
    assert await proposed(works) == []  # it is not proposed again while it is on order
    await empty(works, codes[3])
    [second] = await proposed(works)  # ordered cards wait; one more is a proposal of its own
    assert (Decimal(second["quantity"]), second["cards"]) == (10, [codes[3]])
    await receive(works, "12")
    assert await states(works) == ["full", "ordered", "ordered", "ordered"]
    await empty(works, codes[0])  # used up again before the rest came: it joins the next proposal
    assert (await proposed(works))[0]["cards"] == [codes[0], codes[3]]
    await receive(works, "18")
    assert await states(works) == ["ordered", "full", "full", "ordered"]
    assert (await proposed(works))[0]["cards"] == [codes[0], codes[3]]


async def test_cards_that_were_delivered_short_or_not_at_all_are_proposed_again(
    works: KettleWorks,
) -> None:
    await supplier(works)
    codes = await cards(works, "CORD", "WH", 3, kind="purchase", supplier="S1", method="two_bin")
    await empty(works, *codes)
    await firm(works, "PO-1")
    await receive(works, "14", last=True)
    assert await states(works) == ["full", "ordered", "ordered"]
    [again] = await proposed(works)
    assert (Decimal(again["quantity"]), again["cards"]) == (20, codes[1:])
    await firm(works, "PO-2")
    await works.do("purchase-orders/PO-2/cancel", {"reason": "bankrupt"}, by=PLANNER)
    [again] = await proposed(works)
    assert again["cards"] == codes[1:]
    await works.do(f"proposals/{again['id']}/reject", {"reason": "enough for now"}, by=PLANNER)
    assert await states(works) == ["full", "empty", "empty"]
    assert await proposed(works) == []  # until somebody scans, or stock changes there
    await empty(works, codes[0])
    assert (await proposed(works))[0]["cards"] == codes


async def test_empty_cards_are_made_and_full_as_the_pieces_come(works: KettleWorks) -> None:
    codes = await cards(works, "KETTLE", "P1-LS", 3, kind="make")
    await empty(works, *codes)
    await firm(works, "WO-9", equipment=ASSEMBLY)
    assert (await works.order("WO-9"))["target"] == "30"
    await works.do("work-orders/WO-9/release", by=PLANNER)
    await works.do("work-orders/WO-9/start", by=LEADER)
    works.pass_time(seconds=1)
    await works.count(9, signal="produced", unit=ASSEMBLY)
    assert await states(works) == ["ordered"] * 3
    await works.count(14, signal="produced", unit=ASSEMBLY)
    assert await states(works) == ["full", "full", "ordered"]
    body = {"reason": "no more cords"}
    await works.do("work-orders/WO-9/complete", body, by=LEADER)
    assert await states(works) == ["full", "full", "ordered"]
    [again] = await proposed(works)  # at once: what was to be made comes no more
    assert (again["kind"], again["cards"]) == ("make", [codes[2]])


async def test_an_emergency_of_a_card_loop_buys_exactly_what_is_missing(works: KettleWorks) -> None:
    await supplier(works)
    loop = {"kind": "purchase", "supplier": "S1", "safety_stock": "25"}
    codes = await cards(works, "CORD", "WH", 2, **loop)
    ask = {"item": "CORD", "location": "WH", "reason": "strike announced"}
    called = await works.do("replenishment-loops/emergency", ask, by=OPERATOR)
    assert (called["kind"], Decimal(called["quantity"])) == ("purchase", 25)
    scanned = await empty(works, codes[0])
    assert scanned["proposal"] is None  # an emergency is no more than what is missing
    assert await states(works) == ["empty", "full"]
    await firm(works, "PO-1")
    [own] = await proposed(works)
    assert (Decimal(own["quantity"]), own["cards"]) == (10, [codes[0]])


async def test_an_emergency_of_a_loop_that_makes_is_a_proposal_to_make(works: KettleWorks) -> None:
    await cards(works, "KETTLE", "P1-LS", 2, kind="make", safety_stock="7")
    ask = {"item": "KETTLE", "location": "P1-LS", "reason": "customer waits"}
    called = await works.do("replenishment-loops/emergency", ask, by=OPERATOR)
    assert (called["kind"], Decimal(called["quantity"])) == ("make", 7)
    await firm(works, "WO-8", equipment=ASSEMBLY)
    assert (await works.order("WO-8"))["target"] == "7"
