"""What stock and orders are worth: standard cost, moving average told from the ledger, work in process."""

from decimal import Decimal
from typing import Any

import pytest

from tests.storage.kettle_works import MASTER_DATA, OPERATOR, WAREHOUSE, KettleWorks
from tests.storage.test_issues_by_hand import bring

COSTS = {"PP-RESIN": "2", "CORD": "1", "BODY": "0.75", "KETTLE": "3"}


@pytest.fixture
async def priced(works: KettleWorks) -> KettleWorks:
    """Standard costs: resin 2 a kilogram, a body 0.75."""
    items = [item | {"standard_cost": COSTS[item["code"]]} for item in MASTER_DATA["items"]]
    units = [{"unit": "bag", "numerator": 25}]
    await bring(works, {"items": [items[0] | {"units": units}, *items[1:]]})
    return works


async def buy(works: KettleWorks, quantity: str, price: str, **more: Any) -> dict[str, Any]:
    body = {
        "item": "PP-RESIN", "lot": "R1", "quantity": quantity, "location": "M1-LS", "price": price
    }  # fmt: skip
    return await works.do("receipts", body | more, by=WAREHOUSE)


async def cost(works: KettleWorks, **parameters: str) -> dict[str, Decimal]:
    """Average, quantity and values of resin."""
    [row] = (await works.get("costs", item="PP-RESIN", **parameters))["rows"]
    names = ("average_cost", "quantity", "value", "received_value", "issued_value")
    return {name: Decimal(row[name]) for name in names}


async def test_a_receipt_with_a_price_moves_the_average_and_a_machine_does_not(
    priced: KettleWorks,
) -> None:
    await buy(priced, "100", "2")
    await buy(priced, "100", "3")
    assert (await cost(priced))["average_cost"] == Decimal("2.5")
    await priced.run_order("WO-1")
    await priced.count(400)  # 100 kg
    now = await cost(priced)
    assert (now["average_cost"], now["quantity"], now["value"]) == (Decimal("2.5"), 100, 250)
    assert now["received_value"] == now["value"] + now["issued_value"] == 500


async def test_a_price_is_for_the_unit_that_was_entered(priced: KettleWorks) -> None:
    await buy(priced, "3", "10", unit="bag", lot="R2")
    assert (await cost(priced))["value"] == 30  # for 75 kg, though 0.4 a kilogram is what shows
    assert (await cost(priced))["average_cost"] == Decimal("0.4")


async def test_a_reversed_receipt_takes_its_price_along(priced: KettleWorks) -> None:
    await buy(priced, "100", "2")
    posting = await buy(priced, "100", "4")
    await priced.do(f"movements/{posting['id']}/reverse", {"reason": "typo"}, by=WAREHOUSE)
    assert (await cost(priced))["value"] == 200


async def test_moving_stock_is_worth_nothing_and_scrap_is_worth_nothing(
    priced: KettleWorks,
) -> None:
    await buy(priced, "100", "2")
    move = {"item": "PP-RESIN", "lot": "R1", "quantity": "40", "from_location": "M1-LS"}
    await priced.do("transfers", move | {"to_location": "WH"}, by=WAREHOUSE)
    assert (await cost(priced))["value"] == 200
    await priced.do("transfers", move | {"to_location": "SCRAP"}, by=WAREHOUSE)
    assert (await cost(priced))["value"] == 120
    report = await priced.get("reports/stock-value", item="PP-RESIN")
    worth = {row["location"]: Decimal(row["average_value"]) for row in report["rows"]}
    assert worth == {"M1-LS": 40, "WH": 80, "SCRAP": 0}


async def test_stock_value_is_told_as_of_any_time(priced: KettleWorks) -> None:
    await buy(priced, "100", "2")
    then = priced.clock.at.isoformat()
    priced.pass_time(hours=1)
    await buy(priced, "100", "4")
    assert (await cost(priced, at=then))["average_cost"] == 2
    [row] = (await priced.get("reports/stock-value", item="PP-RESIN", at=then))["rows"]
    assert (Decimal(row["average_value"]), Decimal(row["standard_value"])) == (200, 200)
    [row] = (await priced.get("reports/stock-value", item="PP-RESIN"))["rows"]
    assert (Decimal(row["average_value"]), Decimal(row["standard_value"])) == (600, 400)


async def test_work_in_process_is_what_was_issued_less_what_was_made(priced: KettleWorks) -> None:
    await buy(priced, "100", "2")
    await priced.run_order("WO-1")
    issue = {"item": "PP-RESIN", "quantity": "10"}
    await priced.do("work-orders/WO-1/issues", issue, by=OPERATOR)
    await priced.count(20)  # standard 5 kg, 10 are issued
    [row] = (await priced.get("reports/work-in-process", order="WO-1"))["rows"]
    figures = [Decimal(row[name]) for name in ("issued_value", "made_value", "in_process_value")]
    assert figures == [20, 15, 5]
    assert [r["order"] for r in (await priced.get("reports/work-in-process"))["rows"]] == ["WO-1"]
    variance = await priced.get("reports/consumption-variance", order="WO-1")
    [line] = variance["rows"]
    assert (Decimal(line["variance"]), Decimal(line["variance_value"])) == (5, 10)
