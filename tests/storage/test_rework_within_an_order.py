"""Pieces that an operation between two others sets aside: where they are, what may be done with them, how they come back."""

from decimal import Decimal

from tests.storage.kettle_works import ASSEMBLY, OPERATOR, QUALITY, WAREHOUSE, KettleWorks
from tests.storage.routed_orders import cards, start
from tests.storage.test_overlapping_operations import ready

ASIDE = {"operation": 10, "quantity": "5", "reason": "burr", "disposition": "rework"}
DONE = "work-orders/WO-1/rework-done"


async def figures(works: KettleWorks, operation: int = 10) -> tuple[Decimal, Decimal, Decimal]:
    """(good, scrap, rework) of an operation."""
    card = (await cards(works))[operation]
    return Decimal(card["good"]), Decimal(card["scrap"]), Decimal(card["rework"])


async def test_pieces_between_two_operations_wait_at_theirs_and_come_back_to_it(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(40)
    await works.do("work-orders/WO-1/scrap", ASIDE, by=OPERATOR)
    assert await figures(works) == (35, 0, 5)
    [row] = await works.get("rework")
    assert (row["number"], row["operation"], row["location"]) == ("WO-1", 10, None)
    assert (Decimal(row["waiting"]), row["since"] is not None) == (5, True)
    left = await works.on_hand("BODY", "M1-LS")
    done = {"operation": 10, "good": "3", "scrap": "1", "reason": "trimmed"}
    card = await works.do(DONE, done, by=OPERATOR)
    assert (Decimal(card["good"]), Decimal(card["rework"])) == (38, 1)
    assert await figures(works) == (38, 1, 1)
    assert await works.on_hand("BODY", "M1-LS") == left  # nothing was produced
    await start(works, 20)
    await works.count(38, signal="produced", unit=ASSEMBLY)  # the next operation may work them
    after = (await cards(works))[20]
    assert (Decimal(after["over_upstream"]), Decimal(after["available"])) == (0, 0)
    [report] = await works.get("work-orders/WO-1/rework-reports")
    assert (report["reason"], report["person"], Decimal(report["good"])) == (
        "trimmed",
        "Operator One",
        3,
    )
    await works.check_ledger()


async def test_no_more_comes_back_than_waits_and_no_entry_is_taken_back_twice(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(40)
    entry = await works.do("work-orders/WO-1/scrap", ASIDE, by=OPERATOR)
    done = {"operation": 10, "good": "6", "reason": "trimmed"}
    problem = await works.refused(DONE, done, by=OPERATOR)
    assert problem["title"] == (
        "5 pieces of work order WO-1 wait for rework at operation 10, not 6."
    )
    chinese = await works.refused(DONE, done, by=OPERATOR, language="zh")
    assert chinese["title"] == "工单WO-1工序10待返工5件，不足6件。"
    assert (await works.refused(DONE, done, by=WAREHOUSE))["type"] == "role-missing"
    await works.do(DONE, done | {"good": "1"}, by=QUALITY)
    again = await works.refused(f"scrap-reports/{entry['id']}/reverse", by=OPERATOR)
    assert again["type"] == "not-so-many-waiting"  # one of the five is good already
    assert await figures(works) == (36, 0, 4)


async def test_finished_pieces_wait_in_stock_and_are_reworked_by_an_order(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-1")
    await works.count(20)
    await works.do("work-orders/WO-1/scrap", ASIDE, by=OPERATOR)
    [row] = await works.get("rework", number="WO-1")
    assert (row["location"], Decimal(row["waiting"])) == ("REWORK", 5)
    problem = await works.refused(DONE, {"good": "1", "reason": "trimmed"}, by=OPERATOR)
    assert problem["type"] == "reworked-by-order"
