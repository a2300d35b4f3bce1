"""Pieces outside any order: a team leader gives them to one, and a start that lies before them takes them."""

from datetime import timedelta
from decimal import Decimal

from tests.storage.kettle_works import ASSEMBLY, LEADER, MOULDER, OPERATOR, PLANNER, KettleWorks


async def no_order_pieces(works: KettleWorks) -> tuple[Decimal, Decimal]:
    rows = await works.get("no-order-counts")
    return (
        sum((Decimal(row["good"]) for row in rows), start=Decimal(0)),
        sum((Decimal(row["scrap"]) for row in rows), start=Decimal(0)),
    )


def window(works: KettleWorks, **back: float) -> dict[str, str]:
    """From so long ago until now, for a reason."""
    return {
        "since": (works.clock.at - timedelta(**back)).isoformat(),
        "until": (works.clock.at + timedelta(seconds=1)).isoformat(),
        "reason": "started too late",
    }


async def test_a_leader_gives_an_order_the_pieces_of_its_unit(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.count(6)
    await works.count(2, signal="scrap")
    works.pass_time(minutes=1)
    await works.run_order("WO-1")
    await works.count(4)
    assert await no_order_pieces(works) == (6, 2)
    body = window(works, minutes=30)
    card = await works.do("work-orders/WO-1/attribute", body, by=LEADER)
    assert [Decimal(card[part]) for part in ("good", "scrap")] == [10, 2]
    assert await no_order_pieces(works) == (0, 0)
    assert await works.on_hand("BODY", "A1-LS") == 10
    assert await works.on_hand("BODY", "SCRAP") == 2
    assert await works.on_hand("PP-RESIN", "M1-LS") == 97
    again = await works.refused("work-orders/WO-1/attribute", body, by=LEADER)
    assert again["type"] == "nothing-to-attribute"
    await works.check_ledger()


async def test_a_counter_of_all_pieces_gives_good_and_scrap(works: KettleWorks) -> None:
    await works.count(10, signal="produced", unit=ASSEMBLY)
    await works.count(3, signal="scrap", unit=ASSEMBLY)
    works.pass_time(minutes=1)
    await works.run_order("WO-2", item="KETTLE", unit=ASSEMBLY)
    card = await works.do("work-orders/WO-2/attribute", window(works, minutes=30), by=LEADER)
    assert [Decimal(card[part]) for part in ("good", "scrap")] == [7, 3]
    assert {row["item"]: Decimal(row["remaining"]) for row in await works.get("shortages")} == {
        "BODY": 10,
        "CORD": 10,
    }
    await works.check_ledger()


async def test_a_start_takes_the_pieces_made_since(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    await works.do("work-orders/WO-1/release", by=PLANNER)
    await works.count(3)
    works.pass_time(minutes=1)
    began = works.clock.at
    await works.count(5)
    works.pass_time(minutes=1)
    card = await works.do("work-orders/WO-1/start", {"at": began.isoformat()}, by=OPERATOR)
    assert Decimal(card["good"]) == 5
    assert await no_order_pieces(works) == (3, 0)
    assert await works.on_hand("BODY", "A1-LS") == 5
    await works.check_ledger()


async def test_an_operator_does_not_attribute_and_a_closed_order_takes_nothing(
    works: KettleWorks,
) -> None:
    await works.count(6)
    works.pass_time(minutes=1)
    await works.run_order("WO-1")
    body = window(works, minutes=30)
    assert (await works.refused("work-orders/WO-1/attribute", body, by=OPERATOR))["status"] == 403
    await works.do("work-orders/WO-1/complete", by=OPERATOR)
    await works.do("work-orders/WO-1/close", by=LEADER)
    problem = await works.refused("work-orders/WO-1/attribute", body, by=LEADER)
    assert problem["title"] == "Work order WO-1 cannot be given pieces: it is closed."
    assert await no_order_pieces(works) == (6, 0)
    assert (await works.get("no-order-counts"))[0]["equipment"] == MOULDER
