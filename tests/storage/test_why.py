"""Every figure can be asked why: the rule in words, what it used, and the readings behind it, adding up to the figure."""

from decimal import Decimal
from typing import Any

import pytest

from tests.storage.kettle_works import ASSEMBLY, LEADER, MOULDER, OPERATOR, WAREHOUSE, KettleWorks


@pytest.fixture
async def running(works: KettleWorks) -> KettleWorks:
    """WO-1 made 12 bodies of 3 kg of resin, two of which a person scrapped."""
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    await works.count(10)
    await works.count(2)
    await works.do("work-orders/WO-1/scrap", {"quantity": "2", "reason": "flash"}, by=OPERATOR)
    return works


def step(answer: dict[str, Any], key: str) -> dict[str, Any]:
    [found] = [one for one in answer["steps"] if one["key"] == key]
    return found


def inputs(found: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["value"] for one in found["inputs"]}


def adds_up(answer: dict[str, Any]) -> Decimal:
    """The figure, which its own chain explains."""
    assert Decimal(answer["explained"]) == Decimal(answer["value"])
    return Decimal(answer["value"])


async def test_good_is_counted_less_what_people_took_out(running: KettleWorks) -> None:
    answer = await running.get("why/progress/WO-1")
    assert adds_up(answer) == 10
    assert inputs(answer["steps"][0]) == {
        "counted_good": "12",
        "entered_scrap": "2",
        "entered_rework": "0",
    }
    readings = step(answer, "counted")["readings"]
    assert [(Decimal(r["step"]), Decimal(r["total"])) for r in readings] == [(10, 10), (2, 12)]
    assert readings[0]["quality"] == "good"
    [command] = step(answer, "entered")["commands"]
    assert (command["person"], command["given"]["reason"]) == ("Operator One", "flash")
    posted = step(answer, "posted_output")
    assert {posting["kind"] for posting in posted["postings"]} == {"produce", "scrap"}
    assert len(posted["batches"]) == 2


@pytest.mark.parametrize(("figure", "value"), [("scrap", 2), ("rework", 0), ("produced", 12)])
async def test_every_figure_of_an_order_adds_up(
    running: KettleWorks, figure: str, value: int
) -> None:
    assert adds_up(await running.get("why/progress/WO-1", figure=figure)) == value


async def test_a_unit_that_counts_all_pieces_has_its_rejects_taken_off(works: KettleWorks) -> None:
    await works.run_order("WO-2", item="KETTLE", unit=ASSEMBLY)
    await works.count(5, signal="produced", unit=ASSEMBLY)
    await works.count(1, signal="scrap", unit=ASSEMBLY)
    assert adds_up(await works.get("why/progress/WO-2")) == 4
    assert adds_up(await works.get("why/progress/WO-2", figure="scrap")) == 1


async def test_readings_come_a_page_at_a_time(running: KettleWorks) -> None:
    first = await running.get("why/progress/WO-1", limit=1)
    rest = await running.get("why/progress/WO-1", limit=5, after=first["next"])
    steps = [step(page, "counted")["readings"][0]["step"] for page in (first, rest)]
    assert [Decimal(one) for one in steps] == [10, 2]
    assert rest["next"] is None


async def test_a_balance_is_what_came_less_what_went(running: KettleWorks) -> None:
    answer = await running.get("why/balance", item="PP-RESIN", location="M1-LS", lot="R1")
    assert adds_up(answer) == 97
    assert inputs(answer["steps"][0]) == {"came": "100", "went": "3"}
    assert inputs(step(answer, "flows")) == {"came:receive": "100", "went:backflush": "3"}
    newest = step(answer, "newest_postings")
    assert [posting["kind"] for posting in newest["postings"]] == [
        "backflush",
        "backflush",
        "receive",
    ]
    assert [command["kind"] for command in newest["commands"]] == ["receive-lot"]
    assert [Decimal(reading["step"]) for reading in newest["readings"]] == [10, 2]
    behind = await running.http.get(
        newest["postings"][0]["why"], headers={"Authorization": "Bearer for-screens"}
    )
    assert behind.json()["batch"]["id"] == newest["postings"][0]["ingest_id"]


async def test_consumption_is_standard_against_actual_in_quantity_and_money(
    running: KettleWorks,
) -> None:
    async with running.pool.connection() as connection:
        await connection.execute("update item set standard_cost = 2 where code = 'PP-RESIN'")
        await connection.execute("update operation_component set quantity = 0.2")
    answer = await running.get("why/consumption/WO-1", item="PP-RESIN")
    assert adds_up(answer) == Decimal("0.6")
    assert Decimal(step(answer, "standard")["result"]) == Decimal("2.4")
    assert inputs(step(answer, "actual")) == {"booked": "3", "waiting": "0"}
    assert Decimal(step(answer, "money")["result"]) == Decimal("1.2")
    assert len(step(answer, "actual")["readings"]) == 2


async def test_a_call_says_what_its_rule_saw(works: KettleWorks) -> None:
    """Reorder point 20: 22 kg lie there, then the machine takes 3."""
    await works.receive("PP-RESIN", "R1", "22", "M1-LS")
    [empty] = await works.get("replenishments")
    reason = {"reason": "there is enough"}
    await works.do(f"replenishments/{empty['number']}/cancel", reason, by=WAREHOUSE)
    await works.run_order("WO-1")
    await works.count(12)
    [signal] = await works.get("replenishments", state="raised")
    works.pass_time(seconds=1)
    await works.receive("PP-RESIN", "R2", "50", "M1-LS")
    answer = await works.get(f"why/signals/{signal['number']}")
    saw = inputs(step(answer, "when_raised"))
    assert (saw["on_hand"], saw["projected"], saw["reorder_point"]) == ("19", "19", "20")
    assert saw["reserved_and_waiting"] == "0"
    assert inputs(step(answer, "now"))["on_hand"] == "69"
    before = step(answer, "before")
    assert [posting["kind"] for posting in before["postings"]] == ["backflush", "receive"]
    assert [Decimal(reading["step"]) for reading in before["readings"]] == [12]


async def test_a_shortage_says_what_was_short_and_what_came_since(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "1", "M1-LS")
    await works.run_order("WO-1")
    await works.count(12)
    [waiting] = await works.get("shortages")
    answer = await works.get(f"why/shortages/{waiting['id']}")
    assert adds_up(answer) == 2
    await works.receive("PP-RESIN", "R2", "0.5", "M1-LS")
    answer = await works.get(f"why/shortages/{waiting['id']}")
    assert adds_up(answer) == Decimal("1.5")
    assert inputs(answer["steps"][0])["booked"] == "0.5"
    assert [posting["lot"] for posting in step(answer, "booked_since")["postings"]] == ["R2", "R1"]
    assert [Decimal(reading["step"]) for reading in step(answer, "batch")["readings"]] == [12]


async def test_counts_of_no_order_are_told_until_somebody_takes_them(works: KettleWorks) -> None:
    await works.count(7)
    since = works.clock.at
    answer = await works.get("why/no-order", equipment=MOULDER)
    assert adds_up(answer) == 7
    assert [Decimal(r["step"]) for r in step(answer, "no_order")["readings"]] == [7]
    works.pass_time(minutes=1)
    await works.run_order("WO-1")
    until = works.clock.at
    window = {"since": since.isoformat(), "until": until.isoformat(), "reason": "started late"}
    await works.do("work-orders/WO-1/attribute", window, by=LEADER)
    assert adds_up(await works.get("why/no-order", equipment=MOULDER)) == 0
    assert adds_up(await works.get("why/progress/WO-1")) == 7


async def test_the_rule_is_told_in_the_callers_language(running: KettleWorks) -> None:
    answer = await running.http.get(
        "/api/v1/why/progress/WO-1",
        headers={"Authorization": "Bearer for-screens", "Accept-Language": "zh"},
    )
    assert answer.json()["rule"].startswith("合格数")
    assert answer.json()["steps"][0]["inputs"][0]["label"] == "设备计合格"


@pytest.mark.parametrize(
    "path",
    [
        "progress/NONE",
        "balance?item=NONE&location=WH",
        "balance?item=CORD&location=WH&lot=NONE",
        "consumption/NONE?item=CORD",
        "signals/9",
        "shortages/9",
        "no-order?equipment=nowhere",
    ],
)
async def test_what_nobody_knows_is_not_found(works: KettleWorks, path: str) -> None:
    answer = await works.http.get(
        f"/api/v1/why/{path}", headers={"Authorization": "Bearer for-screens"}
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
