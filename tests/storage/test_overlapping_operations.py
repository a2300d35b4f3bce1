"""Operations of one order overlap on real machines: machines are never refused, people are, and only the last yields."""

import asyncio
from decimal import Decimal

from mes_server.storage import feed
from tests.storage.kettle_works import ASSEMBLY, LEADER, OPERATOR, KettleWorks
from tests.storage.routed_orders import cards, release_routed_order, start


async def ready(works: KettleWorks) -> None:
    """Material for both operations, the order released and its first operation running."""
    await works.receive("BODY", "B1", "200", "M1-LS")
    await works.receive("CORD", "C1", "200", "A1-LS")
    await release_routed_order(works)
    await start(works, 10)


async def test_an_intermediate_operation_counts_and_puts_nothing_into_stock(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(40)
    await works.count(3, signal="scrap")
    card = (await cards(works))[10]
    assert (Decimal(card["good"]), Decimal(card["scrap"])) == (40, 3)
    assert await works.get("stock", item="KETTLE") == []
    assert await works.on_hand("BODY", "M1-LS") == 157
    assert await works.on_hand("CORD", "A1-LS") == 200
    await works.check_ledger()


async def test_the_last_operation_puts_its_good_pieces_into_stock_and_uses_its_own_components(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(40)
    await start(works, 20)
    await works.count(10, signal="produced", unit=ASSEMBLY)
    assert await works.on_hand("KETTLE", "P1-LS") == 10
    assert await works.on_hand("CORD", "A1-LS") == 190
    assert await works.on_hand("BODY", "M1-LS") == 160
    card = (await cards(works))[20]
    assert (Decimal(card["upstream_good"]), Decimal(card["available"])) == (40, 30)
    await works.check_ledger()


async def test_the_next_operation_does_not_start_before_there_is_something_to_work_on(
    works: KettleWorks,
) -> None:
    await ready(works)
    body = {"operation": 20}
    problem = await works.refused("work-orders/WO-1/start", body, by=OPERATOR)
    assert problem["type"] == "nothing-upstream"
    chinese = await works.refused("work-orders/WO-1/start", body, by=OPERATOR, language="zh")
    assert chinese["detail"] == "请在上道工序产出更多良品后开工。"
    [entry] = await works.get(f"units/{ASSEMBLY}/queue")
    assert entry["blocked_by"] == [f"{problem['title']} {problem['detail']}"]
    await works.count(1)
    await start(works, 20)


async def test_a_machine_that_counts_beyond_the_upstream_output_is_kept_and_shown(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(5)
    await start(works, 20)
    await works.count(8, signal="produced", unit=ASSEMBLY)
    card = (await cards(works))[20]
    assert (Decimal(card["good"]), Decimal(card["over_upstream"])) == (8, 3)
    [entry] = await works.get("over-upstream", order="WO-1", limit=1)
    assert await works.get("over-upstream", after=1) == []
    assert await works.get("over-upstream", order="WO-2") == []
    assert await works.get("over-upstream", equipment="nowhere") == []
    assert (entry["number"], entry["operation"], Decimal(entry["over_upstream"])) == ("WO-1", 20, 3)
    await works.count(10)
    assert await works.get("over-upstream") == []


async def test_a_person_reports_no_more_than_the_operation_before_made(works: KettleWorks) -> None:
    await ready(works)
    await works.count(5)
    await start(works, 20)
    body = {"operation": 20, "good": "6", "reason": "counter broken"}
    problem = await works.refused("work-orders/WO-1/report", body, by=OPERATOR)
    assert problem["type"] == "beyond-upstream"
    assert "made 5 good; with 6 more" in problem["title"]
    card = await works.do(
        "work-orders/WO-1/report", body | {"good": "3", "scrap": "2"}, by=OPERATOR
    )
    assert (Decimal(card["good"]), Decimal(card["scrap"])) == (3, 2)
    assert await works.on_hand("KETTLE", "P1-LS") == 3
    assert await works.on_hand("KETTLE", "SCRAP") == 2
    assert await works.on_hand("CORD", "A1-LS") == 195
    [report] = await works.get("work-orders/WO-1/production-reports")
    assert (report["person"], Decimal(report["good"])) == ("Operator One", 3)
    why = await works.get("why/progress/WO-1", operation=20)
    assert why["value"] == why["explained"]
    await works.check_ledger()


async def test_the_card_of_the_next_operation_follows_what_the_one_before_makes(
    works: KettleWorks,
) -> None:
    await ready(works)
    async with works.pool.connection() as connection:
        seen = await feed.head(connection)
    await works.count(4)
    async with works.pool.connection() as connection:
        rows = await feed.read(connection, seen, limit=100, now=works.clock.at)
    changed = {row.key: row.payload for row in rows if row.topic == "order"}
    assert Decimal(changed["WO-1/10"]["good"]) == 4
    assert Decimal(changed["WO-1/20"]["available"]) == 4


async def test_people_who_report_at_once_together_stay_within_what_was_made(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(5)
    await start(works, 20)
    body = {"operation": 20, "good": "1", "reason": "counter broken"}
    answers = await asyncio.gather(
        *(works.post("work-orders/WO-1/report", body, by=OPERATOR) for _ in range(12))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    assert Decimal((await cards(works))[20]["good"]) == 5
    await works.check_ledger()


async def test_facts_and_reports_at_once_lose_nothing_and_deadlock_never(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(50)
    await start(works, 20)
    body = {"operation": 20, "good": "1", "reason": "counter broken"}

    async def machine() -> None:
        for _ in range(10):
            await works.count(2)
            await works.count(1, signal="produced", unit=ASSEMBLY)

    answers, _ = await asyncio.gather(
        asyncio.gather(
            *(works.post("work-orders/WO-1/report", body, by=OPERATOR) for _ in range(10))
        ),
        machine(),
    )
    assert {answer.status_code for answer in answers} == {201}
    shown = await cards(works)
    assert (Decimal(shown[10]["good"]), Decimal(shown[20]["good"])) == (70, 20)
    assert await works.on_hand("KETTLE", "P1-LS") == 20
    assert await works.on_hand("CORD", "A1-LS") == 180
    await works.check_ledger()


async def test_scrap_between_operations_moves_no_stock_and_leaves_what_the_next_has_worked(
    works: KettleWorks,
) -> None:
    await ready(works)
    await works.count(10)
    await start(works, 20)
    await works.count(7, signal="produced", unit=ASSEMBLY)
    body = {"operation": 10, "quantity": "4", "reason": "flash"}
    problem = await works.refused("work-orders/WO-1/scrap", body, by=OPERATOR)
    assert problem["type"] == "passed-on"
    report = await works.do("work-orders/WO-1/scrap", body | {"quantity": "3"}, by=OPERATOR)
    shown = await cards(works)
    assert (Decimal(shown[10]["good"]), Decimal(shown[10]["scrap"])) == (7, 3)
    assert Decimal(shown[20]["available"]) == 0
    await works.do(f"scrap-reports/{report['id']}/reverse", by=LEADER)
    assert Decimal((await cards(works))[10]["good"]) == 10
    await works.check_ledger()


async def test_a_report_by_hand_beyond_the_tolerance_is_refused_and_a_machines_is_flagged(
    works: KettleWorks,
) -> None:
    await works.run_order("WO-9", quantity="100")
    await works.count(108)
    body = {"good": "3", "reason": "counter broken"}
    problem = await works.refused("work-orders/WO-9/report", body, by=OPERATOR)
    assert problem["type"] == "over-delivery"
    await works.count(7)
    card = await works.order("WO-9")
    assert (card["state"], Decimal(card["over_delivery"])) == ("running", 5)


async def test_completing_short_of_the_tolerance_takes_a_reason_that_stays_on_the_order(
    works: KettleWorks,
) -> None:
    await works.receive("BODY", "B1", "200", "M1-LS")
    await release_routed_order(works, under_percent="5")
    await start(works, 10)
    await works.count(94)
    problem = await works.refused("work-orders/WO-1/complete", {"operation": 10}, by=OPERATOR)
    assert (problem["type"], problem["overridable"]) == ("short-delivery", True)
    body = {"operation": 10, "reason": "mould broke"}
    card = await works.do("work-orders/WO-1/complete", body, by=OPERATOR)
    assert (card["state"], card["ended_short_reason"]) == ("completed", "mould broke")


async def test_a_command_that_was_decided_on_an_older_card_is_refused(works: KettleWorks) -> None:
    await works.new_order("WO-5")
    seen = (await works.order("WO-5"))["order_version"]
    headers = {"If-Match": f'"{seen}"'}
    first = await works.post("work-orders/WO-5/release", headers=headers)
    assert first.is_success
    assert first.json()["order_version"] > seen
    second = await works.post("work-orders/WO-5/abort", headers=headers)
    assert second.status_code == 412
    assert second.json()["type"] == "order-changed"
