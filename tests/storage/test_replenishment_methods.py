"""Loops of every method, over HTTP: what is due calls, once, for the right quantity."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import LEADER, OPERATOR, PLANNER, WAREHOUSE, KettleWorks
from tests.storage.routed_orders import put_master_data


async def put(works: KettleWorks, path: str, body: dict[str, Any], *, by: str = PLANNER) -> Any:
    """A PUT that succeeds."""
    response = await works.put(path, body, by=by)
    assert response.is_success, response.text
    return response.json()


async def loop(works: KettleWorks, **setting: Any) -> None:
    """A loop for cords at the assembly line side."""
    base = {"item": "CORD", "location": "A1-LS", "source": "WH", "order_quantity": "40"}
    await put(works, "replenishment-loops", base | setting)


async def calls(works: KettleWorks, item: str = "CORD") -> list[tuple[int, str, Decimal]]:
    """Open calls: number, place, quantity."""
    found = await works.get("replenishments", state="raised")
    return [
        (call["number"], call["location"], Decimal(call["quantity"]))
        for call in reversed(found)
        if call["item"] == item
    ]


async def test_min_max_calls_for_what_is_missing_to_the_maximum(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "30", "A1-LS")
    await loop(works, method="min_max", reorder_point="20", max_quantity="100", order_multiple="25")
    assert await calls(works) == []
    move = {"item": "CORD", "lot": "C1", "from_location": "A1-LS", "to_location": "WH"}
    await works.do("transfers", move | {"quantity": "12"}, by=WAREHOUSE)
    [(_, place, quantity)] = await calls(works)
    assert (place, quantity) == ("A1-LS", 100)  # 82, in lots of 25


async def test_orders_are_rounded_to_packs_by_the_items_own_unit(works: KettleWorks) -> None:
    async with works.pool.connection() as connection:
        await connection.execute(
            "insert into item_unit (item_id, unit, numerator) select id, 'box', 24 from item where code = 'CORD'"
        )
    await loop(works, reorder_point="10", pack_unit="box")
    [(_, _, quantity)] = await calls(works)
    assert quantity == 48
    wrong = await works.put(
        "replenishment-loops",
        {
            "item": "CORD",
            "location": "P1-LS",
            "source": "WH",
            "order_quantity": "1",
            "pack_unit": "sack",
        },
        by=PLANNER,
    )
    assert wrong.json()["type"] == "unit-unknown"


async def test_an_empty_card_calls_and_a_second_one_joins_until_the_call_is_accepted(
    works: KettleWorks,
) -> None:
    await loop(works, method="kanban", order_quantity="10")
    given = await put(
        works, "kanban-cards", {"item": "CORD", "location": "A1-LS", "count": 3}, by=WAREHOUSE
    )
    first, second, third = given["cards"]
    assert await calls(works) == []
    assert (await works.do(f"kanban-cards/{first}/scan", by=OPERATOR))["state"] == "in_use"
    assert (await works.do(f"kanban-cards/{first}/scan", by=OPERATOR))["state"] == "empty"
    [(number, _, quantity)] = await calls(works)
    assert quantity == 10
    scanned = await works.do(f"kanban-cards/{second}/scan", {"state": "empty"}, by=OPERATOR)
    assert scanned["call"] == number
    assert await calls(works) == [(number, "A1-LS", Decimal(20))]
    [change] = await works.get(f"replenishments/{number}/changes")
    assert (change["verdict"], Decimal(change["quantity_after"])) == ("grow", 20)
    await works.do(f"replenishments/{number}/accept", by=WAREHOUSE)
    await works.do(f"kanban-cards/{third}/scan", {"state": "empty"}, by=OPERATOR)
    await works.receive("CORD", "C1", "100", "WH")
    card = await works.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    assert card["cards"] == [first, second]
    assert await states(works) == {first: "in_transit", second: "in_transit", third: "empty"}
    refused = await works.refused(f"kanban-cards/{first}/scan", by=OPERATOR)
    assert refused["type"] == "wrong-card-step"
    await works.do(f"replenishments/{number}/deliver", by=WAREHOUSE)
    assert await states(works) == {first: "full", second: "full", third: "ordered"}
    [(_, _, quantity)] = await calls(works)
    assert quantity == 10


async def test_cards_emptied_at_once_go_with_one_call(works: KettleWorks) -> None:
    await loop(works, method="kanban", order_quantity="10")
    body = {"item": "CORD", "location": "A1-LS", "count": 12}
    codes = (await put(works, "kanban-cards", body, by=WAREHOUSE))["cards"]
    answers = await asyncio.gather(
        *(
            works.post(f"kanban-cards/{code}/scan", {"state": "empty"}, by=OPERATOR)
            for code in codes
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    [(_, _, quantity)] = await calls(works)
    assert quantity == 120
    assert set((await states(works)).values()) == {"ordered"}


async def states(works: KettleWorks) -> dict[str, str]:
    return {card["code"]: card["state"] for card in await works.get("kanban-cards", item="CORD")}


async def test_cards_of_a_cancelled_call_are_empty_again(works: KettleWorks) -> None:
    await loop(works, method="two_bin", order_quantity="10")
    given = await put(works, "kanban-cards", {"item": "CORD", "location": "A1-LS", "count": 2})
    await works.do(f"kanban-cards/{given['cards'][0]}/scan", {"state": "empty"}, by=OPERATOR)
    [(number, _, quantity)] = await calls(works)
    assert quantity == 10
    await works.do(f"replenishments/{number}/cancel", {"reason": "later"}, by=LEADER)
    assert (await states(works))[given["cards"][0]] == "empty"


async def test_an_empty_bin_of_the_ledger_calls(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "41", "A1-LS")
    await loop(works, method="two_bin", scanned=False)
    assert await calls(works) == []
    move = {"item": "CORD", "lot": "C1", "from_location": "A1-LS", "to_location": "WH"}
    await works.do("transfers", move | {"quantity": "1"}, by=WAREHOUSE)
    [(_, _, quantity)] = await calls(works)
    assert quantity == 40


async def test_an_emergency_calls_for_exactly_the_deficiency(works: KettleWorks) -> None:
    await loop(works, method="kanban", order_min="500", safety_stock="3", order_quantity="50")
    ask = {"item": "CORD", "location": "A1-LS", "reason": "line stands"}
    called = await works.do("replenishment-loops/emergency", ask, by=OPERATOR)
    assert Decimal(called["quantity"]) == 3
    again = await works.refused("replenishment-loops/emergency", ask, by=OPERATOR)
    assert again["type"] == "call-open"
    await works.receive("CORD", "C1", "100", "WH")
    for step in ("pick", "deliver"):
        await works.do(f"replenishments/{called['number']}/{step}", by=WAREHOUSE)
    enough = await works.refused("replenishment-loops/emergency", ask, by=OPERATOR)
    assert enough["type"] == "nothing-missing"


async def test_a_call_of_the_line_side_makes_the_store_call_and_that_one_proposes_a_purchase(
    works: KettleWorks,
) -> None:
    await works.receive("CORD", "C1", "60", "WH")
    await put(works, "suppliers", {"code": "S1", "name": {"en": "Cords", "zh": "线"}})
    await put(
        works,
        "replenishment-loops",
        {
            "item": "CORD",
            "location": "WH",
            "kind": "purchase",
            "supplier": "S1",
            "reorder_point": "30",
            "order_quantity": "200",
            "lead_time_s": 2 * 86_400,
        },
    )
    assert await works.get("proposals", state="proposed") == []
    await loop(works, reorder_point="10")  # asks 40 of the store's 60
    [proposal] = await works.get("proposals", state="proposed")
    assert (proposal["item"], proposal["location"], Decimal(proposal["quantity"])) == (
        "CORD",
        "WH",
        200,
    )
    assert Decimal(proposal["projected"]) == 20
    assert proposal["due_at"].startswith((works.clock.at + timedelta(days=2)).date().isoformat())


async def test_a_suggested_reorder_point_shows_what_it_was_made_of(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "1000", "WH")
    await put(
        works,
        "replenishment-loops",
        {
            "item": "CORD",
            "location": "WH",
            "kind": "purchase",
            "order_quantity": "50",
            "lead_time_s": 4 * 86_400,
        },
    )
    move = {"item": "CORD", "lot": "C1", "from_location": "WH", "to_location": "A1-LS"}
    for quantity in ("8", "12", "8", "12"):
        await works.do("transfers", move | {"quantity": quantity}, by=WAREHOUSE)
        works.pass_time(days=1)
    found = await works.get("replenishment-loops/suggestion", item="CORD", location="WH")
    assert (found["days"], found["deliveries"], found["mean_demand"], found["lead_time"]) == (
        4,
        0,
        10,
        4,
    )
    assert Decimal("47.5") < Decimal(found["reorder_point"]) < Decimal("47.7")
    assert found["cards"] == 1
    nothing = await works.get("replenishment-loops/suggestion", item="PP-RESIN", location="M1-LS")
    assert nothing["reorder_point"] is None


async def test_an_order_rule_without_its_figures_is_refused(works: KettleWorks) -> None:
    body = {"item": "CORD", "location": "A1-LS", "source": "WH", "order_quantity": "1"}
    for wrong in ({"method": "min_max"}, {"kind": "purchase"}, {"method": "mrp"}, {"source": None}):
        response = await works.put("replenishment-loops", body | wrong, by=PLANNER)
        assert response.json()["type"] == "loop-incomplete"


async def test_a_master_data_document_sets_all_of_a_loop_and_leaves_what_it_does_not_name(
    works: KettleWorks,
) -> None:
    await put(works, "suppliers", {"code": "S1", "name": {"en": "S1", "zh": "S1"}})
    whole = {
        "item": "CORD", "location": "WH", "kind": "purchase", "method": "min_max", "supplier": "S1",
        "reorder_point": "5", "order_quantity": "10", "max_quantity": "90", "safety_stock": "3",
        "lead_time_s": 3600, "order_min": "20", "order_multiple": "4", "order_max": "80", "pack_unit": None,
        "scanned": False, "lot_sizing": "period", "period_days": 3, "active": True,
    }  # fmt: skip
    assert (await put_master_data(works, loops=[whole]))["loops"] == 1
    assert (await put_master_data(works, loops=[whole]))["loops"] == 0
    [proposal] = await works.get("proposals", state="proposed")  # at once: it is due
    assert Decimal(proposal["quantity"]) == 80
    named = {"item": "CORD", "location": "WH", "order_quantity": "12", "safety_stock": "7"}
    assert (await put_master_data(works, loops=[named]))["loops"] == 1
    [found] = await works.get("replenishment-loops", item="CORD", location="WH")
    for name, value in (whole | named | {"source": "SUPPLIER"}).items():
        told = found[name]
        assert (Decimal(told) if isinstance(value, str) and value[0].isdigit() else told) == (
            Decimal(value) if isinstance(value, str) and value[0].isdigit() else value
        ), name
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"loops": [named | {"method": "min_max", "max_quantity": "5"}]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.json()["type"] == "loop-incomplete"


async def test_a_loop_keeps_its_source_while_something_is_picked_there(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "100", "WH")
    await loop(works, reorder_point="10")
    [(number, _, _)] = await calls(works)
    await works.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    body = {"item": "CORD", "location": "A1-LS", "source": "FG", "order_quantity": "40"}
    refused = await works.put("replenishment-loops", body, by=PLANNER)
    assert refused.json()["type"] == "call-open"
    await works.do(f"replenishments/{number}/deliver", by=WAREHOUSE)
    await put(works, "replenishment-loops", body)
    await works.check_ledger()
