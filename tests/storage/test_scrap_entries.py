"""Scrap entries of people: good becomes scrap, nothing is produced, nothing is consumed twice, and it can be undone."""

from decimal import Decimal

import pytest

from tests.storage.kettle_works import ASSEMBLY, LEADER, OPERATOR, WAREHOUSE, KettleWorks


@pytest.fixture
async def running(works: KettleWorks) -> KettleWorks:
    """WO-1 has made ten bodies of 100 kg resin."""
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(10)
    return works


async def scrap(works: KettleWorks, quantity: str, disposition: str = "scrap") -> dict[str, object]:
    body = {"quantity": quantity, "reason": "flash", "disposition": disposition}
    return await works.do("work-orders/WO-1/scrap", body, by=OPERATOR)


def figures(card: dict[str, str]) -> tuple[Decimal, Decimal, Decimal]:
    return Decimal(card["good"]), Decimal(card["scrap"]), Decimal(card["rework"])


async def test_scrap_reclassifies_good_and_adds_no_production(running: KettleWorks) -> None:
    resin = await running.on_hand("PP-RESIN", "M1-LS")
    report = await scrap(running, "3")
    assert report["person"] == "Operator One"
    assert figures(await running.order("WO-1")) == (7, 3, 0)
    assert await running.on_hand("BODY", "A1-LS") == 7
    assert await running.on_hand("BODY", "SCRAP") == 3
    assert await running.on_hand("PP-RESIN", "M1-LS") == resin == Decimal("97.5")
    await running.count(1)
    assert await running.on_hand("PP-RESIN", "M1-LS") == Decimal("97.25")
    await running.check_ledger()


async def test_rework_waits_apart_from_scrap(running: KettleWorks) -> None:
    await scrap(running, "2", "rework")
    assert figures(await running.order("WO-1")) == (8, 0, 2)
    assert await running.on_hand("BODY", "REWORK") == 2
    await running.check_ledger()


async def test_a_scrap_entry_is_taken_back_once(running: KettleWorks) -> None:
    report = await scrap(running, "3")
    undone = await running.do(f"scrap-reports/{report['id']}/reverse", by=OPERATOR)
    assert undone["reversed_at"] is not None
    assert figures(await running.order("WO-1")) == (10, 0, 0)
    assert await running.on_hand("BODY", "A1-LS") == 10
    assert await running.on_hand("BODY", "SCRAP") == 0
    problem = await running.refused(f"scrap-reports/{report['id']}/reverse", by=LEADER)
    assert problem["type"] == "already-taken-back"
    kinds = [row["kind"] for row in await running.get("movements", order="WO-1", item="BODY")]
    assert kinds == ["produce", "scrap", "reverse"]
    await running.check_ledger()


async def test_more_scrap_than_good_is_refused(running: KettleWorks) -> None:
    body = {"quantity": "11", "reason": "flash"}
    problem = await running.refused("work-orders/WO-1/scrap", body, by=OPERATOR)
    assert problem["type"] == "more-than-good"
    assert "only 10 good pieces" in problem["title"]


async def test_pieces_that_were_moved_on_are_not_scrapped_where_they_were(
    running: KettleWorks,
) -> None:
    move = {"item": "BODY", "lot": "WO-1", "quantity": "8"}
    await running.do(
        "transfers", move | {"from_location": "A1-LS", "to_location": "FG"}, by=WAREHOUSE
    )
    body = {"quantity": "3", "reason": "flash"}
    problem = await running.refused("work-orders/WO-1/scrap", body, by=OPERATOR)
    assert problem["type"] == "pieces-gone"
    assert problem["title"].startswith("Only 2 pieces of work order WO-1 are still at")
    assert figures(await running.order("WO-1")) == (10, 0, 0)


async def test_a_completed_order_takes_scrap_and_a_closed_one_does_not(
    running: KettleWorks,
) -> None:
    await running.do("work-orders/WO-1/complete", by=OPERATOR)
    await scrap(running, "1")
    await running.do("work-orders/WO-1/close", by=LEADER)
    body = {"quantity": "1", "reason": "flash"}
    problem = await running.refused("work-orders/WO-1/scrap", body, by=OPERATOR)
    assert problem["type"] == "not-running"


async def test_pieces_that_come_back_serve_what_was_waiting_for_them(
    running: KettleWorks,
) -> None:
    report = await scrap(running, "10")
    await running.run_order("WO-2", item="KETTLE", unit=ASSEMBLY)
    await running.count(4, signal="produced", unit=ASSEMBLY)
    waiting = {row["item"]: Decimal(row["remaining"]) for row in await running.get("shortages")}
    assert waiting == {"BODY": 4, "CORD": 4}
    await running.do(f"scrap-reports/{report['id']}/reverse", by=OPERATOR)
    assert [row["item"] for row in await running.get("shortages")] == ["CORD"]
    assert await running.on_hand("BODY", "A1-LS") == 6
    await running.check_ledger()
