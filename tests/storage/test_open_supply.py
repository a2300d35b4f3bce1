"""What comes to a place counts in its projected stock, whatever brings it."""

from datetime import timedelta
from decimal import Decimal

from tests.storage.kettle_works import MOULDER, NOON, PLANNER, WAREHOUSE, KettleWorks


async def projected(works: KettleWorks, item: str, location: str) -> Decimal:
    [loop] = await works.get("replenishment-loops", item=item, location=location)
    return Decimal(loop["projected"])


async def body_loop(works: KettleWorks, **setting: str) -> None:
    body = {
        "item": "BODY",
        "location": "A1-LS",
        "kind": "make",
        "reorder_point": "50",
        "order_quantity": "200",
    }
    response = await works.put("replenishment-loops", body | setting, by=PLANNER)
    assert response.is_success, response.text


async def test_an_order_that_makes_an_item_for_a_place_is_open_supply_there(
    works: KettleWorks,
) -> None:
    await works.new_order("WO-1", item="BODY", unit=MOULDER, quantity="80")
    await body_loop(works)
    assert await projected(works, "BODY", "A1-LS") == 80
    assert await works.get("proposals", state="proposed") == []
    [supply] = await works.get("supply", item="BODY")
    assert (supply["kind"], supply["ref"], supply["due_at"]) == (
        "make",
        "WO-1",
        (NOON + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
    )


async def test_what_was_sent_to_a_place_is_supply_until_it_arrives(works: KettleWorks) -> None:
    async with works.pool.connection() as connection:
        await connection.execute(
            "insert into location (code, name, kind) values ('TRUCK', '{}', 'in_transit')"
        )
    await works.receive("CORD", "C1", "100", "WH")
    sent = await works.do(
        "shipments",
        {
            "item": "CORD",
            "lot": "C1",
            "quantity": "60",
            "from_location": "WH",
            "to_location": "A1-LS",
            "transit_location": "TRUCK",
        },
        by=WAREHOUSE,
    )
    body = {"item": "CORD", "location": "A1-LS", "source": "WH"}
    body |= {"reorder_point": "50", "order_quantity": "40"}
    response = await works.put("replenishment-loops", body, by=PLANNER)
    assert response.is_success, response.text
    assert await projected(works, "CORD", "A1-LS") == 60
    calls = await works.get("replenishments", state="raised")
    assert "CORD" not in {call["item"] for call in calls}
    [supply] = await works.get("supply", item="CORD")
    assert (supply["kind"], supply["ref"]) == ("transfer", f"shipment {sent['id']}")
    await works.do(f"shipments/{sent['id']}/receive", {"quantity": "60"}, by=WAREHOUSE)
    assert await projected(works, "CORD", "A1-LS") == 60
    assert await works.get("supply", item="CORD") == []


async def test_made_pieces_are_stock_and_no_longer_supply(works: KettleWorks) -> None:
    await body_loop(works, reorder_point="0")
    await works.run_order("WO-1", item="BODY", unit=MOULDER, quantity="80")
    await works.count(30)
    [loop] = await works.get("replenishment-loops", item="BODY", location="A1-LS")
    assert (Decimal(loop["on_hand"]), Decimal(loop["made"])) == (30, 50)
    assert Decimal(loop["projected"]) == 80


async def test_the_card_of_a_place_says_when_the_next_supply_comes(works: KettleWorks) -> None:
    await body_loop(works, reorder_point="0")
    await works.new_order("WO-1", item="BODY", unit=MOULDER, quantity="80")
    snapshot = await works.get("plant")
    [card] = [card for card in snapshot["stock"] if card["item"] == "BODY"]
    assert (card["method"], card["supply_kind"], Decimal(card["made"])) == (
        "reorder_point",
        "make",
        80,
    )
    assert card["next_supply_at"].startswith("2026-03-03T12:00:00")
