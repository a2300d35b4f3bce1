"""An operation done outside: pieces and material go out, good and scrap come back, and that is its progress."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import MOULDER, OPERATOR, PLANNER, WAREHOUSE, KettleWorks
from tests.storage.routed_orders import PACKING, cards, new_routed_order, put_master_data, start

ROUTING: dict[str, Any] = {
    "item": "KETTLE",
    "operations": [
        {"number": 10, "units": [MOULDER], "components": ["BODY"]},
        {"number": 20, "units": [PACKING], "components": ["CORD"], "outsourced": True},
    ],
}
SEND, BACK = "work-orders/WO-1/send-out", "work-orders/WO-1/receive-back"


async def thirty_made(works: KettleWorks) -> None:
    """Thirty pieces wait to be sent out."""
    await works.receive("BODY", "B1", "200", "M1-LS")
    await works.receive("CORD", "C1", "50", "WH")
    await put_master_data(works, routings=[ROUTING])
    await new_routed_order(works)
    await works.do("work-orders/WO-1/release", by=PLANNER)
    await start(works, 10)
    await works.count(30)


async def test_pieces_go_out_with_their_material_and_come_back_as_progress(
    works: KettleWorks,
) -> None:
    await thirty_made(works)
    body = {"operation": 20, "quantity": "20", "from_location": "WH", "note": "DN 1"}
    card = await works.do(SEND, body, by=WAREHOUSE)
    assert (card["state"], Decimal(card["outside"])) == ("running", 20)
    assert await works.on_hand("CORD", "WH") == 30
    assert await works.on_hand("CORD", "P1-LS") == 20
    card = await works.do(BACK, {"operation": 20, "good": "15", "scrap": "2"}, by=WAREHOUSE)
    assert [Decimal(card[part]) for part in ("good", "scrap", "outside")] == [15, 2, 3]
    assert await works.on_hand("KETTLE", "FG") == 15
    assert await works.on_hand("CORD", "P1-LS") == 3
    back, out = await works.get("work-orders/WO-1/shipments")
    assert (Decimal(out["sent"]), out["note"]) == (20, "DN 1")
    assert (Decimal(back["good"]), back["person"]) == (15, "Warehouse One")
    await works.check_ledger()


async def test_no_more_goes_out_than_was_made_and_no_more_comes_back_than_went_out(
    works: KettleWorks,
) -> None:
    await thirty_made(works)
    problem = await works.refused(SEND, {"operation": 20, "quantity": "31"}, by=WAREHOUSE)
    assert (problem["type"], problem["detail"]) == ("not-so-many-to-send", "Send at most 30 now.")
    await works.do(SEND, {"operation": 20, "quantity": "10"}, by=WAREHOUSE)
    problem = await works.refused(BACK, {"operation": 20, "good": "11"}, by=WAREHOUSE)
    assert problem["title"] == (
        "Of work order WO-1, 10 pieces are outside; 11 cannot have come back."
    )
    scrap = {"operation": 10, "quantity": "21", "reason": "flash"}
    problem = await works.refused("work-orders/WO-1/scrap", scrap, by=OPERATOR)
    assert problem["type"] == "passed-on"


async def test_material_that_is_not_there_does_not_go_out(works: KettleWorks) -> None:
    await thirty_made(works)
    body = {"operation": 20, "quantity": "10", "from_location": "A1-LS"}
    problem = await works.refused(SEND, body, by=WAREHOUSE)
    assert problem["type"] == "not-enough-to-provide"
    assert (await cards(works))[20]["state"] == "allowed_to_start"


async def test_material_that_is_reserved_for_the_operation_goes_out_with_its_pieces(
    works: KettleWorks,
) -> None:
    await thirty_made(works)
    body = {"operation": 20, "item": "CORD", "quantity": "45", "location": "WH"}
    await works.do("work-orders/WO-1/reservations", body, by=PLANNER)
    body = {"operation": 20, "quantity": "20", "from_location": "WH"}
    await works.do(SEND, body, by=WAREHOUSE)
    [line] = await works.get("stock", item="CORD", location="WH")
    assert (Decimal(line["quantity"]), Decimal(line["reserved"])) == (30, 25)
    await works.check_ledger()


async def test_nobody_starts_it_on_a_unit_and_it_is_not_completed_while_pieces_are_outside(
    works: KettleWorks,
) -> None:
    await thirty_made(works)
    problem = await works.refused("work-orders/WO-1/start", {"operation": 20}, by=OPERATOR)
    assert problem["type"] == "done-outside"
    await works.do(SEND, {"operation": 20, "quantity": "10"}, by=WAREHOUSE)
    complete: dict[str, Any] = {"operation": 20}
    problem = await works.refused("work-orders/WO-1/complete", complete, by=OPERATOR)
    assert (problem["type"], problem["overridable"]) == ("still-outside", True)
    complete["reason"] = "lost at the supplier"
    await works.do("work-orders/WO-1/complete", complete, by=OPERATOR)


async def test_a_supplier_works_on_several_orders_at_a_time(works: KettleWorks) -> None:
    await thirty_made(works)
    await works.do(SEND, {"operation": 20, "quantity": "10"}, by=WAREHOUSE)
    await works.do("work-orders/WO-1/pause", {"operation": 10}, by=OPERATOR)
    works.pass_time(seconds=1)
    await new_routed_order(works, "WO-2")
    await works.do("work-orders/WO-2/release", by=PLANNER)
    await start(works, 10, "WO-2")
    await works.count(5)
    body = {"operation": 20, "quantity": "5"}
    card = await works.do("work-orders/WO-2/send-out", body, by=WAREHOUSE)
    assert card["state"] == "running"
    here = await works.refused(SEND, {"operation": 10, "quantity": "1"}, by=WAREHOUSE)
    assert here["type"] == "done-here"
