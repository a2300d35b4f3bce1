"""What an order really cost: from purchase to close, every amount of money is in stock, in process, or variance."""

from decimal import Decimal

from mes_server.operations.keep_history import roll_up_stock
from mes_server.operations.settle_orders import settle_orders
from tests.storage.kettle_works import (
    LEADER,
    MASTER_DATA,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)
from tests.storage.routed_orders import put_master_data
from tests.storage.test_costs import COSTS, buy
from tests.storage.test_issues_by_hand import bring

PARTS = ("material", "conversion", "made_value", "in_process", "to_stock", "variance")


async def order_cost(works: KettleWorks, number: str = "WO-1") -> dict[str, Decimal]:
    [row] = (await works.get("reports/order-costs", order=number))["rows"]
    found = {part: Decimal(row[part]) for part in PARTS}
    put_in = found["material"] + found["conversion"]
    assert put_in == sum(found[part] for part in PARTS[2:])
    return found


async def value(works: KettleWorks, item: str) -> Decimal:
    """What its stock is worth at moving average."""
    [row] = (await works.get("costs", item=item))["rows"]
    assert Decimal(row["received_value"]) == Decimal(row["value"]) + Decimal(row["issued_value"])
    return Decimal(row["value"])


async def close(works: KettleWorks, number: str = "WO-1") -> None:
    works.pass_time(minutes=1)
    await works.do(f"work-orders/{number}/complete", {"reason": "enough"}, by=OPERATOR)
    await works.do(f"work-orders/{number}/close", by=PLANNER)
    assert await settle_orders(works.pool, now=works.clock.at) == 1
    assert await settle_orders(works.pool, now=works.clock.at) == 0


async def priced(works: KettleWorks, *, conversion: str = "0") -> None:
    """Standard: resin 2 a kilogram, a body 0.75; 200 kg of resin were bought for 500."""
    items = [item | {"standard_cost": COSTS[item["code"]]} for item in MASTER_DATA["items"]]
    items = [
        one | {"conversion_cost": conversion} if one["code"] == "BODY" else one for one in items
    ]
    await bring(
        works, {"items": [items[0] | {"units": [{"unit": "bag", "numerator": 25}]}, *items[1:]]}
    )
    await buy(works, "100", "2")
    await buy(works, "100", "3")


async def test_from_start_to_close_no_money_is_lost(works: KettleWorks) -> None:
    await priced(works)
    await works.run_order("WO-1")
    issue = {"item": "PP-RESIN", "quantity": "20"}
    await works.do("work-orders/WO-1/issues", issue, by=OPERATOR)
    await works.count(40)  # standard 10 kg; 20 were taken, at 2.50
    running = await order_cost(works)
    assert running == dict(zip(PARTS, map(Decimal, (50, 0, 30, 20, 0, 0)), strict=True))
    assert (
        await value(works, "PP-RESIN") + await value(works, "BODY") + running["in_process"] == 500
    )
    move = {"item": "BODY", "lot": "WO-1", "quantity": "10", "from_location": "A1-LS"}
    await works.do("transfers", move | {"to_location": "SCRAP"}, by=WAREHOUSE)
    await close(works)
    ended = await order_cost(works)
    # 30 of 40 pieces are there yet: they take three quarters of what is left
    assert ended == dict(zip(PARTS, map(Decimal, (50, 0, 30, 0, 15, 5)), strict=True))
    scrapped = Decimal("7.5")
    assert (
        await value(works, "PP-RESIN") + await value(works, "BODY") + ended["variance"] + scrapped
        == 500
    )
    [row] = (await works.get("costs", item="BODY"))["rows"]
    assert Decimal(row["average_cost"]) == Decimal("1.25")  # 50 for 40 pieces


async def test_conversion_comes_in_at_standard_and_a_cheap_order_lowers_its_pieces(
    works: KettleWorks,
) -> None:
    await priced(works, conversion="0.1")
    await works.run_order("WO-1")
    await works.count(40)
    await works.count(10, signal="scrap")
    await close(works)
    # 12.5 kg at 2.50, 50 pieces produced at 0.1: 36.25 for 40 good ones that came in at 0.75
    assert await order_cost(works) == dict(
        zip(PARTS, map(Decimal, ("31.25", "5", "30", "0", "6.25", "0")), strict=True)
    )
    assert await value(works, "BODY") == Decimal("36.25")
    [row] = (await works.get("reports/order-costs"))["rows"]
    assert (row["order"], row["settled_at"] is not None) == ("WO-1", True)


async def test_an_order_that_made_nothing_is_all_variance_and_a_cancelled_one_is_settled_too(
    works: KettleWorks,
) -> None:
    await priced(works)
    await works.run_order("WO-1")
    issue = {"item": "PP-RESIN", "quantity": "4"}
    await works.do("work-orders/WO-1/issues", issue, by=OPERATOR)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/cancel", {"reason": "no customer"}, by=PLANNER)
    await settle_orders(works.pool, now=works.clock.at)
    assert (await order_cost(works))["variance"] == 10


async def test_dear_pieces_make_dear_kettles(works: KettleWorks) -> None:
    await priced(works)
    await works.run_order("WO-1")
    await works.count(40)
    await close(works)  # bodies: 25 for 40
    assert await value(works, "BODY") == 25
    await put_master_data(
        works, bills=[{"item": "KETTLE", "components": [{"item": "BODY", "quantity": "1"}]}]
    )
    unit = "kettle-works/assembly/A1/ASM1"
    await works.run_order("WO-2", item="KETTLE", unit=unit, quantity="40")
    await works.count(40, signal="produced", unit=unit)
    await close(works, "WO-2")
    assert await value(works, "KETTLE") == 25
    assert await value(works, "BODY") == 0


async def test_what_is_posted_on_a_settled_order_is_settled_too(works: KettleWorks) -> None:
    """A reversal after the close: no money is lost by it either."""
    await priced(works)
    await works.run_order("WO-1")
    issue = {"item": "PP-RESIN", "quantity": "20"}
    await works.do("work-orders/WO-1/issues", issue, by=OPERATOR)
    await works.count(40)
    await close(works)
    assert await value(works, "BODY") == 50
    [taken] = [row for row in await works.get("movements", order="WO-1") if row["kind"] == "issue"]
    works.pass_time(minutes=1)
    await works.do(f"movements/{taken['id']}/reverse", {"reason": "another order's"}, by=LEADER)
    await roll_up_stock(works.pool)
    assert await settle_orders(works.pool, now=works.clock.at) == 1
    later, first = (await works.get("reports/order-costs", order="WO-1"))["rows"]
    assert (Decimal(first["material"]), Decimal(later["material"])) == (50, -50)
    assert await value(works, "BODY") == 0
    assert await value(works, "PP-RESIN") == 500
    await roll_up_stock(works.pool)
    assert await settle_orders(works.pool, now=works.clock.at) == 0
