"""Orders claim stock: nobody else takes it, the order uses it first, and its end sets it free."""

import uuid
from decimal import Decimal

import psycopg
import pytest

from tests.storage.kettle_works import (
    LEADER,
    MOULDER,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)

RESERVE = "work-orders/WO-1/reservations"
ISSUE = "work-orders/{}/issues"


@pytest.fixture
async def moulding(works: KettleWorks) -> KettleWorks:
    """WO-1 runs at the moulder and takes resin from its line side; WO-2 waits there."""
    await works.run_order("WO-1")
    await works.new_order("WO-2")
    await works.do("work-orders/WO-2/release", by=PLANNER)
    return works


def resin(quantity: str, **more: str) -> dict[str, str]:
    return {"item": "PP-RESIN", "quantity": quantity, **more}


async def reserved(works: KettleWorks) -> dict[str, Decimal]:
    """Lot -> what is reserved of it at the moulder, as the stock list says it."""
    lines = await works.get("stock", location="M1-LS", item="PP-RESIN")
    return {line["lot"]: Decimal(line["reserved"]) for line in lines}


async def test_a_lot_is_reserved_for_one_order_and_refused_to_another(
    moulding: KettleWorks,
) -> None:
    await moulding.receive("PP-RESIN", "R1", "100", "M1-LS")
    answer = await moulding.do(RESERVE, resin("90", lot="R1"), by=PLANNER)
    [claim] = answer["reservations"]
    assert (claim["lot"], claim["hard"], Decimal(claim["remaining"])) == ("R1", True, 90)
    problem = await moulding.refused(ISSUE.format("WO-2"), resin("20", lot="R1"), by=OPERATOR)
    assert problem["type"] == "lot-reserved"
    assert problem["title"] == (
        "Lot R1 of PP-RESIN is reserved for WO-1; 10 of it are free, not 20."
    )
    assert not problem["overridable"]
    await moulding.do(ISSUE.format("WO-2"), resin("10", lot="R1"), by=OPERATOR)
    assert (await reserved(moulding)) == {"R1": 90}
    await moulding.check_ledger()


async def test_no_more_is_reserved_than_lies_there(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "60", "M1-LS")
    await moulding.receive("PP-RESIN", "R2", "40", "M1-LS")
    await moulding.do(RESERVE, resin("80"), by=PLANNER)
    problem = await moulding.refused("work-orders/WO-2/reservations", resin("20.5"), by=PLANNER)
    assert problem["type"] == "nothing-free"
    assert await reserved(moulding) == {"R1": 60, "R2": 20}


async def test_the_database_itself_refuses_more_reservations_than_stock(
    moulding: KettleWorks,
) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    await moulding.do(RESERVE, resin("8"), by=PLANNER)
    async with moulding.pool.connection() as connection:
        with pytest.raises(psycopg.errors.CheckViolation):
            await connection.execute(
                "insert into reservation (operation_id, item_id, location_id, lot_id, hard, quantity, remaining, at) "
                "select operation_id, item_id, location_id, lot_id, true, 3, 3, at from reservation"
            )
        with pytest.raises(psycopg.errors.CheckViolation):
            await connection.execute("update reservation set quantity = 11, remaining = 11")
    assert await reserved(moulding) == {"R1": 8}


async def test_an_order_uses_its_own_reservation_first(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "SOON", "10", "M1-LS", expires="2026-04-01")
    await moulding.receive("PP-RESIN", "LATE", "10", "M1-LS", expires="2026-12-01")
    await moulding.do(RESERVE, resin("6", lot="LATE"), by=PLANNER)
    answer = await moulding.do(ISSUE.format("WO-1"), resin("9"), by=OPERATOR)
    assert {p["lot"]: Decimal(p["quantity"]) for p in answer["postings"]} == {"LATE": 6, "SOON": 3}
    assert await reserved(moulding) == {"SOON": 0, "LATE": 0}
    [claim] = await moulding.get("reservations", order="WO-1", open="false")
    assert Decimal(claim["remaining"]) == 0
    assert claim["ended_at"] is not None


async def test_a_soft_reservation_goes_over_to_another_lot_when_somebody_needs_that_one(
    moulding: KettleWorks,
) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    moulding.pass_time(minutes=1)
    await moulding.receive("PP-RESIN", "R2", "10", "M1-LS")
    await moulding.do(RESERVE, resin("10"), by=PLANNER)
    assert await reserved(moulding) == {"R1": 10, "R2": 0}
    await moulding.do(ISSUE.format("WO-2"), resin("4", lot="R1"), by=OPERATOR)
    assert await reserved(moulding) == {"R1": 6, "R2": 4}
    move = resin("10", lot="R2") | {"from_location": "M1-LS", "to_location": "WH"}
    problem = await moulding.refused("transfers", move, by=WAREHOUSE)
    assert problem["type"] == "stock-too-low"
    await moulding.check_ledger()


async def test_the_end_of_an_order_sets_its_reservations_free(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    await moulding.do(RESERVE, resin("10"), by=PLANNER)
    await moulding.do("work-orders/WO-1/abort", {"reason": "tool broke"}, by=LEADER)
    assert await reserved(moulding) == {"R1": 0}
    assert await moulding.get("reservations", order="WO-1") == []
    problem = await moulding.refused(RESERVE, resin("1"), by=PLANNER)
    assert problem["type"] == "order-ended"


async def test_a_reservation_is_released_in_parts(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    [claim] = (await moulding.do(RESERVE, resin("10"), by=PLANNER))["reservations"]
    path = f"{RESERVE}/{claim['id']}/release"
    left = await moulding.do(path, {"quantity": "4", "reason": "less needed"}, by=PLANNER)
    assert Decimal(left["remaining"]) == 6
    problem = await moulding.refused(path, {"quantity": "7"}, by=PLANNER)
    assert problem["type"] == "reservation-smaller"
    await moulding.do(path, {}, by=PLANNER)
    assert await reserved(moulding) == {"R1": 0}


async def test_reserved_stock_is_not_projected(moulding: KettleWorks) -> None:
    """Projected = on hand + open supply - reserved."""
    await moulding.receive("PP-RESIN", "R1", "60", "M1-LS")

    async def projected() -> Decimal:
        cards = (await moulding.get("plant"))["stock"]
        [card] = [c for c in cards if (c["location"], c["item"]) == ("M1-LS", "PP-RESIN")]
        return Decimal(card["projected"])

    before = await projected()
    await moulding.do(RESERVE, resin("45"), by=PLANNER)
    assert await projected() == before - 45
    await moulding.do(ISSUE.format("WO-1"), resin("20"), by=OPERATOR)
    assert await projected() == before - 45  # it left the place and the reservation at once


async def test_backflush_uses_the_orders_own_claims_first_and_leaves_others_alone(
    moulding: KettleWorks,
) -> None:
    await moulding.receive("PP-RESIN", "SOON", "2", "M1-LS", expires="2026-04-01")
    await moulding.receive("PP-RESIN", "MINE", "10", "M1-LS", expires="2026-12-01")
    await moulding.receive("PP-RESIN", "YOURS", "10", "M1-LS", expires="2026-05-01")
    await moulding.do(RESERVE, resin("3", lot="MINE"), by=PLANNER)
    await moulding.do("work-orders/WO-2/reservations", resin("10", lot="YOURS"), by=PLANNER)
    await moulding.count(8)  # 2 kg, all of it claimed
    await moulding.count(8)  # 1 kg claimed, 1 kg first expired first
    lines = await moulding.get("stock", location="M1-LS", item="PP-RESIN")
    assert {one["lot"]: Decimal(one["quantity"]) for one in lines} == {
        "SOON": 1,
        "MINE": 7,
        "YOURS": 10,
    }
    assert await reserved(moulding) == {"SOON": 0, "MINE": 0, "YOURS": 10}
    await moulding.count(40)  # 1 of SOON and 7 of MINE are free; 2 kg wait, though YOURS lies there
    [waiting] = await moulding.get("shortages")
    assert Decimal(waiting["remaining"]) == 2
    await moulding.do("work-orders/WO-2/abort", {"reason": "cancelled"}, by=LEADER)
    assert await moulding.get("shortages") == []  # what the other order set free served it
    await moulding.check_ledger()


async def test_a_lot_of_another_order_is_not_mounted(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS", expires="2026-04-01")
    await moulding.receive("PP-RESIN", "R2", "10", "M1-LS", expires="2026-12-01")
    await moulding.do("work-orders/WO-2/reservations", resin("10", lot="R1"), by=PLANNER)
    mount = f"units/{MOULDER}/mount"
    problem = await moulding.refused(mount, {"barcode": "R1"}, by=OPERATOR)
    assert (problem["type"], problem["overridable"]) == ("lot-reserved", False)
    await moulding.do(mount, {"barcode": "R2"}, by=OPERATOR)  # R1 expires earlier, but is not free


async def test_the_same_key_reserves_once(moulding: KettleWorks) -> None:
    await moulding.receive("PP-RESIN", "R1", "10", "M1-LS")
    key = uuid.uuid4()
    first = await moulding.do(RESERVE, resin("6"), by=PLANNER, key=key)
    again = await moulding.do(RESERVE, resin("6"), by=PLANNER, key=key)
    assert first == again
    assert await reserved(moulding) == {"R1": 6}
