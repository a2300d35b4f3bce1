"""Buying: proposals become purchase orders, goods come against their lines; planning proposes what orders need."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import (
    ASSEMBLY,
    LEADER,
    NOON,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)

DUE = (NOON + timedelta(days=3)).isoformat()


async def put(works: KettleWorks, path: str, body: dict[str, Any]) -> None:
    response = await works.put(path, body, by=PLANNER)
    assert response.is_success, response.text


async def supplier(works: KettleWorks, code: str = "S1") -> None:
    await put(works, "suppliers", {"code": code, "name": {"en": code, "zh": code}})


async def purchase_loop(works: KettleWorks, **setting: Any) -> None:
    base = {
        "item": "CORD",
        "location": "WH",
        "kind": "purchase",
        "supplier": "S1",
        "reorder_point": "30",
        "order_quantity": "200",
        "lead_time_s": 2 * 86_400,
    }
    await put(works, "replenishment-loops", base | setting)


async def ordered(works: KettleWorks, **line: Any) -> dict[str, Any]:
    base = {"item": "CORD", "location": "WH", "quantity": "100", "due_at": DUE}
    return await works.do(
        "purchase-orders",
        {"number": "PO-1", "supplier": "S1", "lines": [base | line]},
        by=PLANNER,
    )


async def projected(works: KettleWorks) -> Decimal:
    [loop] = await works.get("replenishment-loops", item="CORD", location="WH")
    return Decimal(loop["projected"])


async def receive(works: KettleWorks, quantity: str, **how: Any) -> dict[str, Any]:
    body = {"lot": "C1", "quantity": quantity} | how
    return await works.do("purchase-orders/PO-1/lines/1/receive", body, by=WAREHOUSE)


async def test_a_proposal_made_firm_is_a_purchase_order_and_open_supply(works: KettleWorks) -> None:
    await supplier(works)
    await purchase_loop(works)
    [proposal] = await works.get("proposals", state="proposed")
    firm = await works.do(
        f"proposals/{proposal['id']}/firm", {"number": "PO-1", "price": "1.5"}, by=PLANNER
    )
    assert (firm["state"], firm["order"]) == ("firm", "PO-1")
    order = await works.get("purchase-orders/PO-1")
    assert (order["state"], order["lines"][0]["outstanding"]) == ("open", "200")
    assert await projected(works) == 200
    [supply] = await works.get("supply", item="CORD")
    assert (supply["kind"], supply["ref"], supply["due_at"]) == (
        "purchase",
        "PO-1/1",
        proposal["due_at"],
    )
    again = await works.refused(f"proposals/{proposal['id']}/firm", {"number": "PO-2"}, by=PLANNER)
    assert again["type"] == "proposal-decided"
    assert await works.get("proposals", state="proposed") == []


async def test_people_change_and_reject_proposals(works: KettleWorks) -> None:
    await supplier(works)
    await purchase_loop(works)
    [proposal] = await works.get("proposals", state="proposed")
    path = f"proposals/{proposal['id']}"
    changed = await works.do(f"{path}/change", {"quantity": "150", "reason": "budget"}, by=PLANNER)
    assert (changed["quantity"], changed["proposed_quantity"]) == ("150.000000", "200.000000")
    assert (await works.refused(f"{path}/firm", {"number": "X"}, by=WAREHOUSE))["status"] == 403
    rejected = await works.do(f"{path}/reject", {"reason": "enough"}, by=PLANNER)
    assert (rejected["state"], rejected["decision"]) == ("rejected", "enough")


async def test_a_make_proposal_becomes_a_work_order(works: KettleWorks) -> None:
    await put(
        works,
        "replenishment-loops",
        {
            "item": "KETTLE",
            "location": "FG",
            "kind": "make",
            "reorder_point": "5",
            "order_quantity": "60",
        },
    )
    [proposal] = await works.get("proposals", kind="make")
    await works.do(
        f"proposals/{proposal['id']}/firm", {"number": "WO-9", "equipment": ASSEMBLY}, by=PLANNER
    )
    card = await works.order("WO-9")
    assert (Decimal(card["target"]), card["state"]) == (60, "not_allowed_to_start")


async def test_goods_come_in_parts_up_to_the_tolerance(works: KettleWorks) -> None:
    await supplier(works)
    await purchase_loop(works, reorder_point="0")
    await ordered(works, over_percent="10", price="0.8")
    first = await receive(works, "60", supplier_lot="SL-7", rejected="5", reason="dented")
    assert (first["open"], first["posting"]["kind"]) == (True, "receive")
    assert await projected(works) == 100
    line = (await works.get("purchase-orders/PO-1"))["lines"][0]
    assert (line["received"], line["rejected"], line["outstanding"]) == ("60", "5", "40")
    assert line["receipts"][0]["supplier_lot"] == "SL-7"
    assert line["receipts"][0]["price"] == "0.8"
    async with works.pool.connection() as connection:
        rows = await connection.execute("select movement_id, amount from movement_price")
        assert await rows.fetchall() == [(first["posting"]["id"], 48)]
    much = await works.refused(
        "purchase-orders/PO-1/lines/1/receive", {"lot": "C1", "quantity": "50.1"}, by=WAREHOUSE
    )
    assert much["type"] == "too-much-delivered"
    last = await receive(works, "50")
    assert last["open"] is False
    assert (await works.get("purchase-orders/PO-1"))["state"] == "closed"
    assert await works.on_hand("CORD", "WH") == 110
    await works.check_ledger()


async def test_what_a_closed_line_no_longer_brings_is_called_for_again(works: KettleWorks) -> None:
    await supplier(works)
    await ordered(works)
    await purchase_loop(works)
    assert await works.get("proposals", state="proposed") == []
    await works.do(
        "purchase-orders/PO-1/confirm",
        {"reference": "AB-3", "changes": [{"line": 1, "due_at": DUE, "quantity": "90"}]},
        by=PLANNER,
    )
    assert (await works.get("purchase-orders/PO-1"))["lines"][0]["outstanding"] == "90"
    await works.do("purchase-orders/PO-1/cancel", {"reason": "too dear"}, by=LEADER)
    assert (await works.get("purchase-orders/PO-1"))["state"] == "cancelled"
    [proposal] = await works.get("proposals", state="proposed")
    assert Decimal(proposal["projected"]) == 0


async def test_planning_proposes_what_orders_and_demands_need_and_says_for_which(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "10", "WH")
    await works.receive("CORD", "C1", "300", "WH")
    await works.new_order("WO-1", item="KETTLE", unit=ASSEMBLY, quantity="100")
    ask = {
        "location": "WH",
        "demands": [
            {
                "ref": "SO-1",
                "item": "KETTLE",
                "quantity": "150",
                "at": (NOON + timedelta(days=9)).isoformat(),
            }
        ],
    }
    run = await works.do("mrp-runs", ask, by=PLANNER)
    rows = await works.get("proposals", run=run["id"])
    found = [(row["kind"], row["item"], Decimal(row["quantity"])) for row in reversed(rows)]
    assert found == [
        ("make", "KETTLE", Decimal(50)),  # 150, of which WO-1 makes 100
        ("make", "BODY", Decimal(100)),
        ("make", "BODY", Decimal(50)),
        ("purchase", "PP-RESIN", Decimal(15)),  # 25 kg, of which 10 are there
        ("purchase", "PP-RESIN", Decimal("12.5")),
    ]
    assert [row["pegs"][0]["orders"] for row in reversed(rows)] == [
        ["SO-1"],
        ["WO-1"],
        ["SO-1"],
        ["WO-1"],
        ["SO-1"],
    ]
    assert rows[-1]["why"]["requirement"] == "SO-1"
    again = await works.do("mrp-runs", ask, by=PLANNER)
    assert [
        (row["item"], row["quantity"], row["due_at"])
        for row in await works.get("proposals", run=again["id"])
    ] == [(row["item"], row["quantity"], row["due_at"]) for row in rows]
    assert {row["state"] for row in await works.get("proposals", run=run["id"])} == {"superseded"}
    assert (await works.refused("mrp-runs", ask, by=OPERATOR))["status"] == 403


async def test_what_waits_for_one_lot_is_neither_bought_nor_made_for(works: KettleWorks) -> None:
    """Only that lot can serve it: other stock stands for other requirements, and buying brings other lots."""
    await works.receive("CORD", "C1", "5", "WH")
    async with works.pool.connection() as connection:
        for lot, quantity in (("(select id from lot where code = 'C1')", 40), ("null", 8)):
            await connection.execute(
                "insert into shortage (kind, equipment_id, item_id, location_id, to_id, lot_id, quantity, remaining, since) "  # pyright: ignore
                "select 'backflush', e.id, i.id, l.id, c.id, "
                + lot
                + f", {quantity}, {quantity}, now() "
                "from equipment e, item i, location l, location c "
                "where e.level = 'unit' and e.path like '%%ASM1' and i.code = 'CORD' and l.code = 'A1-LS' "
                "and c.code = 'CONSUMPTION'"
            )
    run = await works.do("mrp-runs", {"location": "WH"}, by=PLANNER)
    [proposal] = await works.get("proposals", run=run["id"])
    assert (proposal["item"], Decimal(proposal["quantity"])) == ("CORD", 3)
    assert [(note["kind"], note["ref"]) for note in run["notes"]] == [("waits_for_lot", "C1")]
