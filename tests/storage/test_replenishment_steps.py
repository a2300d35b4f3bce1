"""A call for material: accepted, picked, delivered; and twenty clients at once."""

import asyncio
import random
from decimal import Decimal

from tests.storage.kettle_works import LEADER, OPERATOR, QUALITY, WAREHOUSE, KettleWorks


async def open_call(works: KettleWorks) -> int:
    """The number of the one open call, for 50 kg resin at the moulder's line side."""
    [signal] = await works.get("replenishments", state="raised")
    assert (signal["item"], signal["location"]) == ("PP-RESIN", "M1-LS")
    return int(signal["number"])


async def reserved(works: KettleWorks) -> dict[str, Decimal]:
    lines = await works.get("stock", item="PP-RESIN", location="WH")
    return {line["lot"]: Decimal(line["reserved"]) for line in lines}


async def test_a_pick_reserves_and_a_delivery_moves(works: KettleWorks) -> None:
    number = await open_call(works)
    await works.receive("PP-RESIN", "LATE", "100", "WH", expires="2026-09-30")
    await works.receive("PP-RESIN", "SOON", "30", "WH", expires="2026-04-30")
    card = await works.do(f"replenishments/{number}/accept", by=WAREHOUSE)
    assert (card["state"], card["accepted_by"]) == ("accepted", "Warehouse One")
    card = await works.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    assert {pick["lot"]: Decimal(pick["quantity"]) for pick in card["picks"]} == {
        "SOON": 30,
        "LATE": 20,
    }
    assert await reserved(works) == {"SOON": 30, "LATE": 20}
    assert await works.on_hand("PP-RESIN", "M1-LS") == 0
    card = await works.do(f"replenishments/{number}/deliver", by=WAREHOUSE)
    assert (card["state"], Decimal(card["delivered_quantity"])) == ("delivered", 50)
    assert await reserved(works) == {"LATE": 0}
    assert await works.on_hand("PP-RESIN", "M1-LS") == 50
    assert await works.on_hand("PP-RESIN", "WH") == 80
    await works.check_ledger()


async def test_what_is_picked_cannot_be_taken_by_others(works: KettleWorks) -> None:
    number = await open_call(works)
    await works.receive("PP-RESIN", "R1", "60", "WH")
    await works.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    move = {"item": "PP-RESIN", "lot": "R1", "from_location": "WH", "to_location": "FG"}
    problem = await works.refused("transfers", move | {"quantity": "11"}, by=LEADER)
    assert problem["type"] == "stock-too-low"
    assert "50 of it reserved" in problem["title"]
    await works.do("transfers", move | {"quantity": "10"}, by=LEADER)


async def test_a_delivery_books_what_was_waiting(works: KettleWorks) -> None:
    number = await open_call(works)
    await works.run_order("WO-1")
    await works.count(40)
    [shortage] = await works.get("shortages")
    assert (shortage["item"], Decimal(shortage["remaining"])) == ("PP-RESIN", 10)
    await works.receive("PP-RESIN", "R1", "100", "WH")
    await works.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    await works.do(f"replenishments/{number}/deliver", by=WAREHOUSE)
    assert await works.get("shortages") == []
    assert await works.on_hand("PP-RESIN", "M1-LS") == 40
    await works.check_ledger()


async def test_cancelling_frees_what_was_picked(works: KettleWorks) -> None:
    number = await open_call(works)
    await works.receive("PP-RESIN", "R1", "60", "WH")
    await works.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    card = await works.do(f"replenishments/{number}/cancel", {"reason": "wrong"}, by=LEADER)
    assert card["state"] == "cancelled"
    assert await reserved(works) == {"R1": 0}


async def test_steps_out_of_order_are_refused(works: KettleWorks) -> None:
    number = await open_call(works)
    problem = await works.refused(f"replenishments/{number}/deliver", by=WAREHOUSE)
    assert problem["type"] == "wrong-step"
    assert problem["title"] == (
        f"Replenishment call {number} cannot be delivered: it is waiting to be accepted."
    )
    assert (await works.refused(f"replenishments/{number}/accept", by=OPERATOR))["status"] == 403


async def test_an_empty_warehouse_has_nothing_to_pick(works: KettleWorks) -> None:
    number = await open_call(works)
    problem = await works.refused(f"replenishments/{number}/pick", by=WAREHOUSE)
    assert problem["type"] == "nothing-to-pick"


async def test_more_of_a_lot_than_is_free_is_not_picked(works: KettleWorks) -> None:
    number = await open_call(works)
    await works.receive("PP-RESIN", "R1", "30", "WH")
    problem = await works.refused(
        f"replenishments/{number}/pick", {"lots": {"R1": "31"}}, by=WAREHOUSE
    )
    assert problem["type"] == "not-enough-free"
    card = await works.do(f"replenishments/{number}/pick", {"lots": {"R1": "12.5"}}, by=WAREHOUSE)
    assert [Decimal(pick["quantity"]) for pick in card["picks"]] == [Decimal("12.5")]


async def test_a_lot_held_after_the_pick_is_not_delivered(works: KettleWorks) -> None:
    number = await open_call(works)
    await works.receive("PP-RESIN", "R1", "60", "WH")
    await works.do(f"replenishments/{number}/pick", by=WAREHOUSE)
    await works.do("lots/PP-RESIN/R1/hold", {"reason": "black specks"}, by=QUALITY)
    problem = await works.refused(f"replenishments/{number}/deliver", by=WAREHOUSE)
    assert problem["type"] == "lot-on-hold"


async def test_twenty_clients_never_take_a_place_below_zero_nor_over_its_reservations(
    works: KettleWorks,
) -> None:
    """Transfers to and fro over two lots, with a pick, a delivery and a cancellation in between."""
    number = await open_call(works)
    await works.receive("PP-RESIN", "R1", "40", "WH")
    await works.receive("PP-RESIN", "R2", "40", "WH")
    dice = random.Random(7)

    async def client(nr: int) -> list[int]:
        statuses: list[int] = []
        for _ in range(6):
            ends = ["WH", "FG"] if dice.random() < 0.7 else ["FG", "WH"]
            body = {
                "item": "PP-RESIN",
                "lot": dice.choice(["R1", "R2"]),
                "quantity": str(dice.randint(1, 9)),
                "from_location": ends[0],
                "to_location": ends[1],
            }
            statuses.append((await works.post("transfers", body, by=WAREHOUSE)).status_code)
        if nr % 7 == 0:
            steps = ("pick", "cancel") if nr else ("pick", "deliver")
            for step in steps:
                answer = await works.post(f"replenishments/{number}/{step}", by=WAREHOUSE)
                statuses.append(answer.status_code)
        return statuses

    statuses = [one for many in await asyncio.gather(*map(client, range(20))) for one in many]
    assert set(statuses) <= {200, 201, 409}
    assert {201, 409} <= set(statuses)
    total = [await works.on_hand("PP-RESIN", place) for place in ("WH", "FG", "M1-LS")]
    assert sum(total) == 80
    await works.check_ledger()


async def test_twenty_clients_who_want_ten_pieces_get_ten(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "10", "WH")
    body = {"item": "CORD", "lot": "C1", "quantity": "1"}
    body |= {"from_location": "WH", "to_location": "A1-LS"}
    answers = await asyncio.gather(
        *(works.post("transfers", body, by=WAREHOUSE) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 10
    assert await works.on_hand("CORD", "A1-LS") == 10
