"""Machines count while people book: nothing is lost, nothing is doubled, and nobody waits for ever."""

import asyncio
from decimal import Decimal

from tests.storage.kettle_works import ASSEMBLY, LEADER, OPERATOR, WAREHOUSE, KettleWorks


async def test_counts_scrap_pauses_and_deliveries_at_once(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "500", "WH")
    await works.receive("CORD", "C1", "500", "A1-LS")
    await works.run_order("WO-1", quantity="1000")
    await works.run_order("WO-2", item="KETTLE", unit=ASSEMBLY, quantity="1000")
    booked = {"scrap": 0, "calls": 0}

    async def machines() -> None:
        for _ in range(25):
            await works.count(4)
            await works.count(3, signal="produced", unit=ASSEMBLY)

    async def scrap() -> None:
        for _ in range(15):
            body = {"quantity": "1", "reason": "flash"}
            answer = await works.post("work-orders/WO-1/scrap", body, by=OPERATOR)
            booked["scrap"] += answer.is_success

    async def pauses() -> None:
        for verb in ("pause", "resume") * 6:
            answer = await works.post(f"work-orders/WO-2/{verb}", by=LEADER)
            assert answer.is_success, answer.text

    async def deliveries() -> None:
        for _ in range(10):
            for signal in await works.get("replenishments", state="raised"):
                for step in ("pick", "deliver"):
                    answer = await works.post(
                        f"replenishments/{signal['number']}/{step}", by=WAREHOUSE
                    )
                    assert answer.is_success, answer.text
                booked["calls"] += 1

    await asyncio.gather(machines(), scrap(), pauses(), deliveries())
    moulded, assembled = await works.order("WO-1"), await works.order("WO-2")
    assert Decimal(moulded["good"]) + Decimal(moulded["scrap"]) == 100
    assert Decimal(moulded["scrap"]) == booked["scrap"]
    outside = sum(Decimal(row["good"]) for row in await works.get("no-order-counts"))
    assert Decimal(assembled["good"]) + outside == 75
    assert booked["calls"] >= 1
    waiting = {row["item"]: Decimal(row["remaining"]) for row in await works.get("shortages")}
    left = [await works.on_hand("PP-RESIN", place) for place in ("WH", "M1-LS")]
    assert 500 - sum(left) + waiting.get("PP-RESIN", Decimal(0)) == 25
    await works.check_ledger()
