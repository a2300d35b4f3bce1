"""Reports of stock against their definitions, figure by figure as somebody would work them out by hand."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import LEADER, MASTER_DATA, QUALITY, WAREHOUSE, KettleWorks
from tests.storage.routed_orders import put_master_data

COSTS = {"PP-RESIN": "2", "CORD": "0.5"}
REPORTS = ("days-of-cover", "turns", "dead-stock", "expiry", "abc", "stock-outs")


async def rows(works: KettleWorks, report: str, **how: str | int) -> dict[str, dict[str, Any]]:
    """Item -> its row of a report."""
    answer = await works.get(f"reports/{report}", **how)
    assert answer["formula"]
    return {row["item"]: row for row in answer["rows"]}


def figures(row: dict[str, Any], *names: str) -> list[Decimal | None]:
    return [None if row[name] is None else Decimal(row[name]) for name in names]


async def use(works: KettleWorks, item: str, quantity: str, lot: str) -> int:
    """Issue from the line side; the movement."""
    body = {
        "item": item, "quantity": quantity, "lot": lot, "location": "M1-LS",
        "override_reason": "for the test",
    }  # fmt: skip
    answer = await works.do("work-orders/WO-1/issues", body, by=LEADER)
    return answer["postings"][0]["id"]


async def test_an_empty_plant_has_no_figures(works: KettleWorks) -> None:
    for report in REPORTS:
        found = await rows(works, report)
        if report == "abc":  # every item has a class, and nothing a share
            assert {row["abc_class"] for row in found.values()} == {"C"}
            assert {row["cumulative_percent"] for row in found.values()} == {None}
        else:
            assert found == {}, report


async def test_cover_turns_and_classes_are_as_somebody_works_them_out_by_hand(
    works: KettleWorks,
) -> None:
    """Ten days: 100 kg of resin lie there, 60 are used after five, 10 of them come back; 40 cords, of which 8 are used."""
    items = [
        item | {"standard_cost": COSTS.get(item["code"], "0")} for item in MASTER_DATA["items"]
    ]
    await put_master_data(works, items=items)
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.receive("CORD", "C1", "40", "M1-LS")
    await works.receive("BODY", "B1", "7", "WH")
    await works.run_order("WO-1")
    works.pass_time(days=5)
    await use(works, "PP-RESIN", "60", "R1")
    await use(works, "CORD", "8", "C1")
    back = {
        "item": "PP-RESIN",
        "quantity": "10",
        "lot": "R1",
        "location": "M1-LS",
        "reason": "left",
    }
    await works.do("work-orders/WO-1/returns", back, by=LEADER)
    works.pass_time(days=5)
    cover = await rows(works, "days-of-cover", days=10)
    names = ("on_hand", "consumed", "per_day", "days_of_cover")
    assert figures(cover["PP-RESIN"], *names) == [50, 50, 5, 10]
    assert cover["PP-RESIN"]["unit"] == "kg"
    assert figures(cover["CORD"], *names) == [32, 8, Decimal("0.8"), 40]
    # nothing of it was consumed: unknown, neither 0 nor without end
    assert figures(cover["BODY"], *names) == [7, 0, 0, None]
    assert list(cover)[-1] == "BODY"
    turns = await rows(works, "turns", days=10)
    # 100 kg for half the time and 50 for the other: 75 on the average, of which 50 went
    names = ("throughput", "average", "average_value", "turns")
    assert figures(turns["PP-RESIN"], *names) == [50, 75, 150, Decimal("0.6667")]
    assert figures(turns["CORD"], *names) == [8, 36, 18, Decimal("0.2222")]
    assert figures(turns["BODY"], *names) == [0, 7, 0, 0]
    abc = await rows(works, "abc", days=10)
    # resin 100 of 104, cords 4
    names = ("value", "cumulative_percent")
    assert figures(abc["PP-RESIN"], *names) == [100, Decimal("96.15")]
    assert figures(abc["CORD"], *names) == [4, 100]
    classes = {item: row["abc_class"] for item, row in abc.items()}
    assert classes == {"PP-RESIN": "A", "CORD": "C", "BODY": "C", "KETTLE": "C"}
    assert (await rows(works, "abc", days=10, b_percent=97))["CORD"]["abc_class"] == "B"


async def test_cover_leaves_out_what_may_not_be_used(works: KettleWorks) -> None:
    today = works.clock.at.date()
    soon = today.replace(day=today.day + 3).isoformat()
    for lot, expires in (("R1", None), ("OLD", soon), ("HELD", None)):
        body = {"item": "PP-RESIN", "lot": lot, "quantity": "30", "location": "M1-LS"}
        if expires:
            body["expires_on"] = expires
        await works.do("receipts", body, by=WAREHOUSE)
    await works.run_order("WO-1")
    await use(works, "PP-RESIN", "10", "R1")
    await works.do("lots/PP-RESIN/HELD/hold", {"reason": "specks"}, by=QUALITY)
    works.pass_time(days=3)
    cover = (await rows(works, "days-of-cover", days=10))["PP-RESIN"]
    assert figures(cover, "on_hand", "days_of_cover") == [50, 50]  # it may be used on its last day
    [row] = (await works.get("reports/expiry", days=1))["rows"]
    assert (row["lot"], row["days_left"], Decimal(row["quantity"])) == ("OLD", 0, 30)
    works.pass_time(days=1)
    cover = (await rows(works, "days-of-cover", days=10))["PP-RESIN"]
    assert figures(cover, "on_hand", "days_of_cover") == [20, 20]
    [row] = (await works.get("reports/expiry", days=30))["rows"]
    assert (row["lot"], row["days_left"]) == ("OLD", -1)


async def test_stock_that_is_only_counted_and_adjusted_is_dead(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "30", "WH")
    await works.receive("CORD", "C1", "30", "WH")
    works.pass_time(days=20)
    adjusted = {
        "item": "PP-RESIN",
        "lot": "R1",
        "location": "WH",
        "quantity": "-1",
        "reason": "spilt",
    }
    await works.do("adjustments", adjusted, by=WAREHOUSE)
    move = {"item": "CORD", "lot": "C1", "quantity": "5"}
    await works.do(
        "transfers", move | {"from_location": "WH", "to_location": "A1-LS"}, by=WAREHOUSE
    )
    works.pass_time(days=1)
    dead = await rows(works, "dead-stock", days=21)
    assert set(dead) == {"PP-RESIN"}
    assert figures(dead["PP-RESIN"], "quantity") == [29]
    assert await rows(works, "dead-stock", days=22) == {}


async def test_a_place_that_was_empty_before_the_window_is_still_out_of_stock(
    works: KettleWorks,
) -> None:
    await works.receive("PP-RESIN", "R1", "10", "M1-LS")
    await works.run_order("WO-1")
    works.pass_time(days=1)
    await use(works, "PP-RESIN", "10", "R1")
    emptied = works.clock.at
    works.pass_time(days=40)
    [row] = (await works.get("reports/stock-outs", days=30))["rows"]
    assert (row["item"], row["location"], row["until"]) == ("PP-RESIN", "M1-LS", None)
    assert row["since"].startswith(emptied.isoformat()[:16])
    assert Decimal(row["minutes"]) == 40 * 24 * 60
    await works.receive("PP-RESIN", "R2", "10", "M1-LS")
    works.pass_time(days=31)
    assert (await works.get("reports/stock-outs", days=30))["rows"] == []
