"""Cycle counts: blind, as of the count's time, with tolerance, recount and approval by another person."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.storage.kettle_works import (
    LEADER,
    MASTER_DATA,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)
from tests.storage.test_issues_by_hand import bring

AT_LINE = {"item": "PP-RESIN", "lot": "R1", "location": "M1-LS"}


@pytest.fixture
async def counting(works: KettleWorks) -> KettleWorks:
    """100 kg of class A resin at 10 a kilogram at a running moulder, and a list to count them."""
    items = [
        item | ({"abc_class": "A", "standard_cost": "10"} if item["code"] == "PP-RESIN" else {})
        for item in MASTER_DATA["items"]
    ]
    boss = {"badge": "MG-1", "name": "Manager One", "roles": ["manager"]}
    await bring(works, {"items": items, "people": [boss]})
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    works.pass_time(minutes=1)
    await works.do("counts", {"location": "M1-LS"}, by=WAREHOUSE)
    return works


async def count(works: KettleWorks, quantity: str, *, by: str = WAREHOUSE, **more: Any) -> str:
    """What becomes of a count on list 1."""
    entry = AT_LINE | {"quantity": quantity} | more
    return (await works.do("counts/1/entries", entry, by=by))["state"]


async def result(works: KettleWorks) -> dict[str, Any]:
    """The one line of list 1, as a leader sees it."""
    response = await works.http.get(
        "/api/v1/counts/1/results",
        headers={"Authorization": "Bearer for-screens", "Lineside-Badge": LEADER},
    )
    assert response.is_success, response.text
    [line] = response.json()
    return line


async def test_the_counter_does_not_see_the_books(counting: KettleWorks) -> None:
    [task] = await counting.get("counts/1/tasks")
    assert (task["lot"], task["location"], task["state"]) == ("R1", "M1-LS", "open")
    assert not {"book", "quantity", "difference"} & task.keys()
    response = await counting.http.get(
        "/api/v1/counts/1/results",
        headers={"Authorization": "Bearer for-screens", "Lineside-Badge": WAREHOUSE},
    )
    assert response.json()["type"] == "role-missing"


async def test_production_goes_on_while_people_count(counting: KettleWorks) -> None:
    """Counted 99.8 at a time when the books said 100; what was used since stays used."""
    counted_at = counting.clock.at
    await counting.count(40)  # 10 kg
    await counting.count(40)
    state = await count(counting, "99.8", at=counted_at.isoformat())
    assert state == "booked"
    line = await result(counting)
    assert [Decimal(line[name]) for name in ("book", "difference", "value")] == [
        100,
        Decimal("-0.2"),
        -2,
    ]
    assert await counting.on_hand("PP-RESIN", "M1-LS") == Decimal("79.8")
    [then] = await counting.get(
        "stock/as-of", at=counted_at.isoformat(), item="PP-RESIN", location="M1-LS"
    )
    assert Decimal(then["quantity"]) == Decimal("99.8")
    await counting.check_ledger()


async def test_above_tolerance_somebody_else_counts_again_and_somebody_else_approves(
    counting: KettleWorks,
) -> None:
    assert await count(counting, "90") == "recount"
    assert await counting.on_hand("PP-RESIN", "M1-LS") == 100
    own = await counting.refused("counts/1/entries", AT_LINE | {"quantity": "90"}, by=WAREHOUSE)
    assert own["type"] == "own-count"
    assert await count(counting, "91", by=LEADER) == "waiting"
    line = await result(counting)
    path = f"counts/1/lines/{line['id']}/approve"
    assert (await counting.refused(path, {"reason": "seen"}, by=LEADER))["type"] == "own-count"
    assert (await counting.refused(path, {"reason": "x"}, by=OPERATOR))["type"] == "role-missing"
    await counting.count(40)  # 10 kg more are used before the decision
    assert (await counting.do(path, {"reason": "seen"}, by="MG-1"))["state"] == "booked"
    assert await counting.on_hand("PP-RESIN", "M1-LS") == 81
    assert await counting.get("counts") == []
    await counting.check_ledger()


async def test_a_recount_within_tolerance_settles_it(counting: KettleWorks) -> None:
    assert await count(counting, "90") == "recount"
    assert await count(counting, "99.9", by=LEADER) == "booked"
    [done] = await counting.get("counts", open="false")
    assert Decimal(done["accuracy_percent"]) == 0  # the first count was not within tolerance
    assert done["closed_at"] is not None


async def test_a_refused_difference_changes_nothing(counting: KettleWorks) -> None:
    await count(counting, "90")
    await count(counting, "90", by=LEADER)
    line = await result(counting)
    path = f"counts/1/lines/{line['id']}/refuse"
    assert (await counting.do(path, {"reason": "wrong shelf"}, by="MG-1"))["state"] == "refused"
    assert await counting.on_hand("PP-RESIN", "M1-LS") == 100


async def test_a_reservation_is_not_counted_away_unseen(counting: KettleWorks) -> None:
    claim = {"item": "PP-RESIN", "quantity": "100"}
    await counting.do("work-orders/WO-1/reservations", claim, by=PLANNER)
    assert await count(counting, "99.8") == "waiting"
    assert "reserved" in (await result(counting))["note"]


async def test_a_lot_that_was_found_is_put_on_the_list(counting: KettleWorks) -> None:
    await counting.receive("PP-RESIN", "R2", "1", "WH")
    entry = {"item": "PP-RESIN", "lot": "R2", "location": "M1-LS", "quantity": "3"}
    assert (await counting.do("counts/1/entries", entry, by=WAREHOUSE))["state"] == "recount"
    assert len(await counting.get("counts/1/tasks")) == 2


async def test_a_count_is_not_of_the_future(counting: KettleWorks) -> None:
    later = (counting.clock.at + timedelta(minutes=1)).isoformat()
    entry = AT_LINE | {"quantity": "1", "at": later}
    problem = await counting.refused("counts/1/entries", entry, by=WAREHOUSE)
    assert problem["type"] == "count-in-future"


async def test_a_class_says_how_often_and_how_exactly(counting: KettleWorks) -> None:
    assert await count(counting, "100") == "booked"
    due = {"location": "M1-LS", "due_only": True}
    problem = await counting.refused("counts", due, by=WAREHOUSE)
    assert problem["type"] == "nothing-to-count"
    counting.pass_time(days=31)
    assert (await counting.do("counts", due, by=WAREHOUSE))["lines"] == 1
    report = await counting.get("counts/accuracy", days=90)
    [class_a] = [row for row in report["rows"] if row["abc_class"] == "A"]
    assert (class_a["counted"], Decimal(class_a["accuracy_percent"])) == (1, 100)
