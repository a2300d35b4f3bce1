"""Containers hold lots at a place and take them along; what is used comes out of them."""

from decimal import Decimal
from typing import Any

import pytest

from tests.storage.kettle_works import QUALITY, WAREHOUSE, KettleWorks


def resin(quantity: str, lot: str = "R1") -> dict[str, str]:
    return {"item": "PP-RESIN", "lot": lot, "quantity": quantity}


async def inside(works: KettleWorks, code: str) -> dict[str, Decimal]:
    """Lot -> quantity in a container."""
    box = await works.get(f"containers/{code}")
    return {line["lot"]: Decimal(line["quantity"]) for line in box["contents"]}


@pytest.fixture
async def boxes(works: KettleWorks) -> KettleWorks:
    """Two bins with 40 kg each in the warehouse, and 20 kg loose."""
    await works.receive("PP-RESIN", "R1", "100", "WH")
    for code in ("BOX-1", "BOX-2"):
        entry = {"code": code, "kind": "bin", "location": "WH", "tare": "2.5", "tare_unit": "kg"}
        assert (await works.do("containers", entry, by=WAREHOUSE))["status"] == "empty"
        box = await works.do(f"containers/{code}/pack", resin("40"), by=WAREHOUSE)
        assert box["status"] == "in_use"
    return works


async def test_only_loose_stock_goes_in(boxes: KettleWorks) -> None:
    problem = await boxes.refused("containers/BOX-1/pack", resin("20.5"), by=WAREHOUSE)
    assert problem["type"] == "not-loose"
    await boxes.do("containers/BOX-1/unpack", resin("5"), by=WAREHOUSE)
    await boxes.do("containers/BOX-2/pack", resin("25"), by=WAREHOUSE)
    assert await inside(boxes, "BOX-1") == {"R1": 35}
    assert await inside(boxes, "BOX-2") == {"R1": 65}
    problem = await boxes.refused("containers/BOX-1/unpack", resin("36"), by=WAREHOUSE)
    assert problem["type"] == "not-inside"


async def test_a_container_takes_its_content_along(boxes: KettleWorks) -> None:
    await boxes.receive("CORD", "C1", "7", "WH")
    cords = {"item": "CORD", "lot": "C1", "quantity": "7"}
    await boxes.do("containers/BOX-1/pack", cords, by=WAREHOUSE)
    moved = await boxes.do("containers/BOX-1/move", {"to_location": "M1-LS"}, by=WAREHOUSE)
    assert moved["location"] == "M1-LS"
    assert await inside(boxes, "BOX-1") == {"R1": 40, "C1": 7}
    assert await boxes.on_hand("PP-RESIN", "M1-LS") == 40
    assert await boxes.on_hand("CORD", "M1-LS") == 7
    assert await boxes.on_hand("PP-RESIN", "WH") == 60
    assert await inside(boxes, "BOX-2") == {"R1": 40}
    await boxes.check_ledger()


async def test_a_held_lot_does_not_reach_a_line_side_in_a_container(boxes: KettleWorks) -> None:
    await boxes.do("lots/PP-RESIN/R1/hold", {"reason": "specks"}, by=QUALITY)
    path = "containers/BOX-1/move"
    problem = await boxes.refused(path, {"to_location": "M1-LS"}, by=WAREHOUSE)
    assert problem["type"] == "lot-on-hold"
    await boxes.do(path, {"to_location": "REWORK"}, by=WAREHOUSE)
    assert await boxes.on_hand("PP-RESIN", "M1-LS") == 0


async def test_a_full_container_is_opened_first(boxes: KettleWorks) -> None:
    assert (await boxes.do("containers/BOX-1/seal", by=WAREHOUSE))["status"] == "full"
    problem = await boxes.refused("containers/BOX-1/unpack", resin("1"), by=WAREHOUSE)
    assert problem["type"] == "container-sealed"
    assert (await boxes.do("containers/BOX-1/open", by=WAREHOUSE))["status"] == "in_use"
    await boxes.do("containers/BOX-1/unpack", resin("1"), by=WAREHOUSE)


async def test_what_a_machine_uses_is_loose_first_then_out_of_the_oldest_container(
    boxes: KettleWorks,
) -> None:
    for code in ("BOX-1", "BOX-2"):
        await boxes.do(f"containers/{code}/move", {"to_location": "M1-LS"}, by=WAREHOUSE)
    loose: dict[str, Any] = resin("20") | {"from_location": "WH", "to_location": "M1-LS"}
    await boxes.do("transfers", loose, by=WAREHOUSE)
    await boxes.run_order("WO-1")
    await boxes.count(60)  # 15 kg
    assert await inside(boxes, "BOX-1") == {"R1": 40}
    await boxes.count(100)  # 25 kg more: 5 loose, 20 out of BOX-1
    assert await inside(boxes, "BOX-1") == {"R1": 20}
    assert await inside(boxes, "BOX-2") == {"R1": 40}
    await boxes.receive("PP-RESIN", "R1", "100", "M1-LS")  # does not fill the boxes again
    assert await inside(boxes, "BOX-1") == {"R1": 20}
    await boxes.do("containers/BOX-1/move", {"to_location": "WH"}, by=WAREHOUSE)
    assert await boxes.on_hand("PP-RESIN", "WH") == 20
    await boxes.check_ledger()


async def test_containers_are_listed_by_place_and_item(boxes: KettleWorks) -> None:
    await boxes.do("containers/BOX-2/move", {"to_location": "M1-LS"}, by=WAREHOUSE)
    assert [b["code"] for b in await boxes.get("containers", location="WH")] == ["BOX-1"]
    assert [b["code"] for b in await boxes.get("containers", item="PP-RESIN")] == [
        "BOX-1",
        "BOX-2",
    ]
    again = {"code": "BOX-1", "location": "WH"}
    assert (await boxes.refused("containers", again, by=WAREHOUSE))["type"] == "already-exists"


async def test_other_lots_and_containers_are_not_looked_at_when_stock_moves(
    boxes: KettleWorks,
) -> None:
    """What is told of one lot is told from its own containers, by index."""
    async with boxes.pool.connection() as connection:
        await connection.execute("set enable_seqscan = off")
        cursor = await connection.execute(
            "explain select * from container_stock where item_id = any (%s) and lot_id = any (%s)",
            ([1], [1]),
        )
        plan = "\n".join(line for (line,) in await cursor.fetchall())
        await connection.execute("reset enable_seqscan")
    assert "container_content_item_id_lot_id_idx" in plan
