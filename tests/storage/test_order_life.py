"""An order's life through the API: the states people walk it through, and what each refuses."""

import asyncio
import uuid
from datetime import datetime
from decimal import Decimal

from tests.storage.kettle_works import (
    ASSEMBLY,
    LEADER,
    MOULDER,
    NOON,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)


async def test_an_order_is_released_started_paused_resumed_completed_and_closed(
    works: KettleWorks,
) -> None:
    await works.new_order("WO-1")
    assert (await works.order("WO-1"))["state"] == "not_allowed_to_start"
    for verb, by, state in [
        ("release", PLANNER, "allowed_to_start"),
        ("start", OPERATOR, "running"),
        ("pause", OPERATOR, "suspended"),
        ("resume", OPERATOR, "running"),
        ("hold", OPERATOR, "held"),
        ("resume", OPERATOR, "running"),
        ("complete", OPERATOR, "completed"),
        ("close", LEADER, "closed"),
    ]:
        works.pass_time(minutes=1)
        card = await works.do(f"work-orders/WO-1/{verb}", by=by)
        assert card["state"] == state
    runs = await _runs(works)
    assert [number for number, _, _ in runs] == ["WO-1", "WO-1", "WO-1"]
    assert all(end is not None and start < end for _, start, end in runs)


async def test_an_order_that_is_not_released_does_not_start(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    problem = await works.refused("work-orders/WO-1/start", by=OPERATOR)
    assert problem["type"] == "wrong-state"
    assert problem["title"] == "Work order WO-1 cannot be started: it is not released."
    assert problem["detail"] == "Have it released first."


async def test_a_refusal_is_in_chinese_for_who_reads_chinese(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    problem = await works.refused(
        "work-orders/WO-1/start", by=OPERATOR, language="zh-CN,zh;q=0.9,en;q=0.5"
    )
    assert problem["title"] == "工单WO-1无法开工：当前未下达。"
    assert problem["detail"] == "请先下达该工单。"


async def test_a_unit_runs_one_order_and_the_refusal_names_it(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.new_order("WO-2")
    await works.do("work-orders/WO-2/release", by=PLANNER)
    problem = await works.refused("work-orders/WO-2/start", by=OPERATOR)
    assert problem["type"] == "unit-busy"
    assert problem["title"] == "Moulder 1 runs work order WO-1."
    [first, second] = await works.get(f"units/{MOULDER}/queue")
    assert first["number"] == "WO-1"
    assert second["blocked_by"] == [f"{problem['title']} {problem['detail']}"]


async def test_two_people_who_start_two_orders_at_once_start_one(works: KettleWorks) -> None:
    for number in ("WO-1", "WO-2"):
        await works.new_order(number)
        await works.do(f"work-orders/{number}/release", by=PLANNER)
    answers = await asyncio.gather(
        works.post("work-orders/WO-1/start", by=OPERATOR),
        works.post("work-orders/WO-2/start", by=LEADER),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_counter_that_reaches_the_plan_does_not_complete_the_order(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-1", quantity="10")
    await works.count(12)
    card = await works.order("WO-1")
    assert (card["state"], Decimal(card["good"])) == ("running", 12)


async def test_pieces_of_a_change_over_belong_to_no_order(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(5)
    works.pass_time(seconds=1)
    await works.do("work-orders/WO-1/pause", by=OPERATOR)
    await works.count(3)
    works.pass_time(seconds=1)
    await works.do("work-orders/WO-1/resume", by=OPERATOR)
    await works.count(2)
    assert Decimal((await works.order("WO-1"))["good"]) == 7
    [bucket] = await works.get("no-order-counts")
    assert (bucket["equipment"], Decimal(bucket["good"])) == (MOULDER, 3)


async def test_the_bill_is_frozen_on_the_order_at_release(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    changed = {"item": "BODY", "components": [{"item": "PP-RESIN", "quantity": "99"}]}
    answer = await works.http.put(
        "/api/v1/master-data",
        json={"bills": [changed]},
        headers={"Authorization": "Bearer for-administrators"},
    )
    assert answer.json()["changed"]["bills"] == 1
    await works.count(10)
    assert await works.on_hand("PP-RESIN", "M1-LS") == Decimal("97.5")


async def test_an_order_does_not_start_before_the_last_one_ended(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    works.pass_time(minutes=10)
    await works.do("work-orders/WO-1/complete", by=OPERATOR)
    await works.new_order("WO-2")
    await works.do("work-orders/WO-2/release", by=PLANNER)
    problem = await works.refused("work-orders/WO-2/start", {"at": NOON.isoformat()}, by=OPERATOR)
    assert problem["type"] == "run-overlaps"


async def test_the_machine_is_told_its_order_and_the_gateway_fetches_it(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-1", quantity="250")
    page = (
        await works.http.get(
            "/api/v1/gateway/commands",
            params={"after": 0, "wait_s": 0},
            headers={"Authorization": "Bearer for-the-gateway"},
        )
    ).json()
    [command] = page["commands"]
    assert (command["agent"], command["equipment"]) == ("edge-moulding", MOULDER)
    assert (command["work_order"], command["target_quantity"]) == ("WO-1", 250)
    assert page["position"] == command["position"]


async def test_a_gateway_that_waits_is_answered_when_the_command_is_given(
    works: KettleWorks,
) -> None:
    await works.new_order("WO-1")
    await works.do("work-orders/WO-1/release", by=PLANNER)
    waiting = asyncio.create_task(
        works.http.get(
            "/api/v1/gateway/commands",
            params={"after": 0, "wait_s": 20},
            headers={"Authorization": "Bearer for-the-gateway"},
            timeout=25,
        )
    )
    await works.do("work-orders/WO-1/start", by=OPERATOR)
    assert [command["work_order"] for command in (await waiting).json()["commands"]] == ["WO-1"]


async def test_an_assembly_machine_without_a_job_register_is_not_told(works: KettleWorks) -> None:
    await works.run_order("WO-1", item="KETTLE", unit=ASSEMBLY)
    async with works.pool.connection() as connection:
        found = await (await connection.execute("select count(*) from job_command")).fetchone()
    assert found == (0,)


async def test_who_may_not_do_something_is_told_who_may(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    problem = await works.refused("work-orders/WO-1/release", by=WAREHOUSE)
    assert problem["status"] == 403
    assert problem["type"] == "role-missing"
    assert problem["title"] == "Warehouse One may not do this."
    assert "planner" in problem["detail"]


async def test_a_command_needs_a_badge_that_is_known(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    assert (await works.refused("work-orders/WO-1/release", by=None))["type"] == "badge-missing"
    assert (await works.refused("work-orders/WO-1/release", by="X-9"))["type"] == "unknown-badge"


async def test_a_double_tap_books_once_and_gets_the_same_answer(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(10)
    key = uuid.uuid4()
    body = {"quantity": "2", "reason": "flash"}
    taps = await asyncio.gather(
        *(works.do("work-orders/WO-1/scrap", body, by=OPERATOR, key=key) for _ in range(4))
    )
    assert all(tap == taps[0] for tap in taps)
    assert Decimal((await works.order("WO-1"))["scrap"]) == 2
    assert len(await works.get("scrap-reports", number="WO-1")) == 1


async def test_a_key_with_other_content_is_refused(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(10)
    key = uuid.uuid4()
    await works.do(
        "work-orders/WO-1/scrap", {"quantity": "2", "reason": "flash"}, by=OPERATOR, key=key
    )
    problem = await works.refused(
        "work-orders/WO-1/scrap", {"quantity": "3", "reason": "flash"}, by=OPERATOR, key=key
    )
    assert problem["type"] == "key-reused"
    assert Decimal((await works.order("WO-1"))["scrap"]) == 2


async def test_a_refused_command_may_be_sent_again_with_its_key(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    key = uuid.uuid4()
    body = {"quantity": "2", "reason": "flash"}
    problem = await works.refused("work-orders/WO-1/scrap", body, by=OPERATOR, key=key)
    assert problem["type"] == "more-than-good"
    await works.count(5)
    await works.do("work-orders/WO-1/scrap", body, by=OPERATOR, key=key)
    assert Decimal((await works.order("WO-1"))["scrap"]) == 2


async def _runs(works: KettleWorks) -> list[tuple[str, datetime, datetime | None]]:
    async with works.pool.connection() as connection:
        cursor = await connection.execute(
            "select w.number, r.started_at, r.ended_at from operation_run r "
            "join work_order_operation o on o.id = r.operation_id "
            "join work_order w on w.id = o.work_order_id order by r.started_at"
        )
        return [(number, start, end) for number, start, end in await cursor.fetchall()]
