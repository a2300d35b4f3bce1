"""Lots are received, moved, held and mounted; people never take a place below zero."""

from decimal import Decimal

import pytest

from tests.storage.kettle_works import (
    ASSEMBLY,
    MOULDER,
    OPERATOR,
    PLANNER,
    QUALITY,
    WAREHOUSE,
    KettleWorks,
)

MOUNT = f"units/{MOULDER}/mount"


@pytest.fixture
async def moulding(works: KettleWorks) -> KettleWorks:
    """WO-1, which needs resin, runs at the moulder."""
    await works.run_order("WO-1")
    return works


def move(quantity: str, *, to: str = "M1-LS") -> dict[str, str]:
    return {
        "item": "PP-RESIN",
        "lot": "R1",
        "quantity": quantity,
        "from_location": "WH",
        "to_location": to,
    }


async def test_a_receipt_and_a_transfer_are_in_the_ledger(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "WH")
    posting = await works.do("transfers", move("30"), by=WAREHOUSE)
    assert (posting["kind"], posting["person"]) == ("transfer", "Warehouse One")
    assert await works.on_hand("PP-RESIN", "WH") == 70
    assert await works.on_hand("PP-RESIN", "M1-LS") == 30
    await works.check_ledger()


async def test_people_do_not_take_more_than_is_there(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "10", "WH")
    problem = await works.refused("transfers", move("10.5"), by=WAREHOUSE)
    assert problem["type"] == "stock-too-low"
    assert problem["title"] == (
        "Warehouse has 10 of lot R1 of PP-RESIN, 0 of it reserved; 10.5 cannot be taken."
    )
    assert await works.on_hand("PP-RESIN", "WH") == 10


async def test_stock_does_not_move_to_an_account_of_the_ledger(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "10", "WH")
    problem = await works.refused("transfers", move("1", to="CONSUMPTION"), by=WAREHOUSE)
    assert problem["type"] == "not-a-real-place"


async def test_a_lot_of_another_date_is_another_lot(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "10", "WH", expires="2026-06-01")
    body = {"item": "PP-RESIN", "lot": "R1", "quantity": "10", "location": "WH"}
    problem = await works.refused("receipts", body | {"expires_on": "2026-07-01"}, by=WAREHOUSE)
    assert problem["type"] == "lot-differs"
    assert "2026-06-01" in problem["title"]


async def test_a_scanned_lot_is_mounted_and_used_first(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "OLD", "100", "M1-LS")
    moulding.pass_time(minutes=1)
    await moulding.receive("PP-RESIN", "NEW", "100", "M1-LS")
    mounted = await moulding.do(MOUNT, {"barcode": "NEW"}, by=OPERATOR)
    assert (mounted["item"], mounted["lot"], Decimal(mounted["quantity"])) == (
        "PP-RESIN",
        "NEW",
        100,
    )
    await moulding.count(4)
    lots = {
        line["lot"]: Decimal(line["quantity"])
        for line in await moulding.get("stock", location="M1-LS")
    }
    assert lots == {"OLD": 100, "NEW": 99}


async def test_a_gs1_label_names_the_lot(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R7", "100", "M1-LS", expires="2026-12-31")
    label = "(01)04012345678901(17)261231(10)R7"
    assert (await moulding.do(MOUNT, {"barcode": label}, by=OPERATOR))["lot"] == "R7"


async def test_the_wrong_material_is_refused_with_what_is_right(moulding: KettleWorks) -> None:
    await moulding.receive("CORD", "C1", "100", "M1-LS")
    problem = await moulding.refused(MOUNT, {"barcode": "C1"}, by=OPERATOR)
    assert problem["type"] == "wrong-item"
    assert problem["detail"] == "Scan a lot of: PP-RESIN."


async def test_an_expired_lot_is_refused_by_the_plants_own_date(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "100", "M1-LS", expires="2026-03-02")
    moulding.pass_time(hours=3, minutes=59)
    await moulding.do(MOUNT, {"barcode": "R1"}, by=OPERATOR)
    await moulding.do(f"units/{MOULDER}/unmount", {"item": "PP-RESIN", "lot": "R1"}, by=OPERATOR)
    moulding.pass_time(minutes=1)  # midnight in Shanghai
    problem = await moulding.refused(
        MOUNT, {"barcode": "R1", "override_reason": "nothing else here"}, by=OPERATOR
    )
    assert problem["type"] == "lot-expired"


async def test_a_held_lot_is_refused_until_quality_releases_it(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "100", "M1-LS")
    await moulding.do("lots/PP-RESIN/R1/hold", {"reason": "black specks"}, by=QUALITY)
    problem = await moulding.refused(MOUNT, {"barcode": "R1"}, by=OPERATOR)
    assert problem["type"] == "lot-on-hold"
    assert not problem["overridable"]
    await moulding.do("lots/PP-RESIN/R1/release", {"reason": "checked"}, by=QUALITY)
    await moulding.do(MOUNT, {"barcode": "R1"}, by=OPERATOR)


async def test_a_held_lot_does_not_come_to_a_line_side(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "WH")
    await works.do("lots/PP-RESIN/R1/hold", {"reason": "black specks"}, by=QUALITY)
    assert (await works.refused("transfers", move("1"), by=WAREHOUSE))["type"] == "lot-on-hold"
    await works.do("transfers", move("1", to="REWORK"), by=WAREHOUSE)


async def test_first_expired_is_first_out_and_a_reason_overrides_it(
    moulding: KettleWorks,
) -> None:
    await moulding.receive("PP-RESIN", "LATE", "100", "M1-LS", expires="2026-09-30")
    await moulding.receive("PP-RESIN", "SOON", "100", "M1-LS", expires="2026-04-30")
    problem = await moulding.refused(MOUNT, {"barcode": "LATE"}, by=OPERATOR)
    assert problem["type"] == "earlier-lot-first"
    assert problem["title"] == "Lot SOON expires earlier (2026-04-30) and lies here too."
    assert problem["overridable"]
    await moulding.do(MOUNT, {"barcode": "LATE", "override_reason": "SOON is torn"}, by=OPERATOR)
    async with moulding.pool.connection() as connection:
        kept = await (
            await connection.execute(
                "select person.name, given->>'override_reason' from command "
                "join person on person.id = person_id where kind = 'mount-lot'"
            )
        ).fetchall()
    assert kept == [("Operator One", "SOON is torn")]


async def test_a_lot_that_lies_elsewhere_is_not_mounted(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "100", "WH")
    problem = await moulding.refused(MOUNT, {"barcode": "R1"}, by=OPERATOR)
    assert problem["type"] == "lot-not-here"
    assert problem["title"] == "Lot R1 of PP-RESIN is not at Moulding line side."


async def test_without_an_order_nobody_knows_which_material_is_right(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    assert (await works.refused(MOUNT, {"barcode": "R1"}, by=OPERATOR))["type"] == "no-order-here"


async def test_a_queue_says_which_material_is_ready(works: KettleWorks) -> None:
    await works.receive("CORD", "C1", "60", "WH")
    await works.receive("CORD", "C2", "50", "A1-LS")
    await works.new_order("WO-2", item="KETTLE", unit=ASSEMBLY)
    [entry] = await works.get(f"units/{ASSEMBLY}/queue")
    ready = {need["item"]: need["ready"] for need in entry["materials"]}
    assert ready == {"BODY": False, "CORD": True}
    cord = next(need for need in entry["materials"] if need["item"] == "CORD")
    assert [Decimal(cord[part]) for part in ("required", "line_side", "elsewhere")] == [
        100,
        50,
        60,
    ]
    assert entry["blocked_by"] == [
        "Work order WO-2 cannot be started: it is not released. Have it released first."
    ]
    await works.do("work-orders/WO-2/release", by=PLANNER)
    [entry] = await works.get(f"units/{ASSEMBLY}/queue")
    assert entry["blocked_by"] == []
