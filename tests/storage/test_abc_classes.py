"""ABC by consumption value, applied to items by a command, with thresholds of one's own."""

from decimal import Decimal
from typing import Any

from tests.storage.kettle_works import OPERATOR, PLANNER, KettleWorks


async def classes(works: KettleWorks) -> dict[str, str | None]:
    async with works.pool.connection() as connection:
        rows = await connection.execute("select code, abc_class from item order by code")
        return dict(await rows.fetchall())


async def consume(works: KettleWorks) -> None:
    """Resin for 25 and cords for 5 of money."""
    async with works.pool.connection() as connection:
        await connection.execute("update item set standard_cost = 1")
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(100)


async def test_items_get_their_class_by_command(works: KettleWorks) -> None:
    await consume(works)
    assert set((await classes(works)).values()) == {None}
    refused = await works.refused("reports/abc/apply", {"days": 30}, by=OPERATOR)
    assert refused["type"] == "role-missing"
    found: dict[str, Any] = await works.do("reports/abc/apply", {"days": 30}, by=PLANNER)
    assert found == {"changed": 4, "a": 1, "b": 0, "c": 3}
    assert (await classes(works))["PP-RESIN"] == "A"
    again = await works.do("reports/abc/apply", {"days": 30}, by=PLANNER)
    assert again["changed"] == 0


async def test_thresholds_are_ones_own(works: KettleWorks) -> None:
    await consume(works)
    rows = (await works.get("reports/abc", a_percent=50, b_percent=60))["rows"]
    assert (rows[0]["item"], Decimal(rows[0]["value"])) == ("PP-RESIN", 25)
    crossed = {"a_percent": "90", "b_percent": "80"}
    refused = await works.refused("reports/abc/apply", crossed, by=PLANNER)
    assert refused["type"] == "shares-crossed"
