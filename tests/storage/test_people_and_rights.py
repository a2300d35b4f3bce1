"""Who may do what, where: badges, PINs, roles on lines, and what happens to whoever tries again and again."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mes_server.domain.sign_in_limit import BADGE_LIMIT, Failures
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

ADMIN = "Bearer for-administrators"
STATION = "kettle-works/moulding"


async def put(works: KettleWorks, path: str, body: dict[str, Any], **more: str) -> httpx.Response:
    headers = {"Authorization": ADMIN, "Idempotency-Key": str(uuid.uuid4()), **more}
    return await works.http.put(f"/api/v1/{path}", json=body, headers=headers)


async def register(works: KettleWorks, badge: str, *roles: str, **more: Any) -> None:
    body = {"name": f"Person {badge}", "roles": list(roles), **more}
    answer = await put(works, f"people/{badge}", body)
    assert answer.is_success, answer.text


async def give_pin(works: KettleWorks, badge: str, pin: str | None) -> httpx.Response:
    return await put(works, f"people/{badge}/pin", {"pin": pin})


async def sign_in(
    works: KettleWorks, badge: str, pin: str | None = None, *, station: str = STATION
) -> dict[str, Any]:
    body = {"badge": badge, "station": station, "pin": pin}
    return (await works.post("sign-in", body, by=None)).json()


async def audit(works: KettleWorks, **which: str) -> list[dict[str, Any]]:
    answer = await works.http.get("/api/v1/audit", params=which, headers={"Authorization": ADMIN})
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_role_that_is_missing_is_refused_and_named(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    problem = await works.refused("work-orders/WO-1/release", by=WAREHOUSE)
    assert (problem["status"], problem["type"]) == (403, "role-missing")
    assert "planner" in problem["detail"]


async def test_a_role_on_one_line_is_refused_on_another(works: KettleWorks) -> None:
    await register(works, "M-1", "operator", lines={"operator": ["kettle-works/moulding"]})
    for number, item, unit in (("WO-1", "BODY", MOULDER), ("WO-2", "KETTLE", ASSEMBLY)):
        await works.new_order(number, item=item, unit=unit)
        await works.do(f"work-orders/{number}/release", by=PLANNER)
    await works.do("work-orders/WO-1/start", by="M-1")
    problem = await works.refused("work-orders/WO-2/start", by="M-1")
    assert (problem["status"], problem["type"]) == (403, "line-missing")
    assert "kettle-works/moulding" in problem["title"]


async def test_a_line_is_a_folder_of_equipment_and_no_beginning_of_a_word(
    works: KettleWorks,
) -> None:
    answer = await put(
        works,
        "people/M-1",
        {"name": "M", "roles": ["operator"], "lines": {"operator": ["kettle-works/mould"]}},
    )
    assert answer.json()["type"] == "line-unknown"


async def test_stock_is_moved_by_who_has_the_line_it_goes_to(works: KettleWorks) -> None:
    await register(works, "W-1", "warehouse", lines={"warehouse": ["kettle-works/moulding"]})
    await works.receive("CORD", "C1", "10", "WH")
    move = {"item": "CORD", "lot": "C1", "quantity": "1", "from_location": "WH", "reason": "line"}
    await works.do("transfers", {**move, "to_location": "M1-LS"}, by="W-1")
    problem = await works.refused("transfers", {**move, "to_location": "P1-LS"}, by="W-1")
    assert problem["type"] == "line-missing"
    plant_wide = {"item": "CORD", "lot": "C2", "quantity": "1", "location": "WH"}
    assert (await works.refused("receipts", plant_wide, by="W-1"))["type"] == "line-missing"


async def test_a_badge_that_was_ended_signs_in_no_more(works: KettleWorks) -> None:
    await register(works, OPERATOR, "operator", active=False)
    assert (await sign_in(works, OPERATOR))["type"] == "unknown-badge"


async def test_a_pin_is_asked_for_and_then_good_at_that_station(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    await give_pin(works, PLANNER, "4711")
    assert (await sign_in(works, PLANNER))["type"] == "pin-needed"
    assert (await works.refused("work-orders/WO-1/release", by=PLANNER))["type"] == "sign-in-needed"
    assert (await sign_in(works, PLANNER, "4711", station=""))["name"] == "Planner One"
    await works.do("work-orders/WO-1/release", by=PLANNER)
    works.pass_time(hours=12)
    problem = await works.refused("work-orders/WO-1/abort", {"reason": "x"}, by=PLANNER)
    assert problem["type"] == "sign-in-needed"


async def test_another_pin_ends_what_was_signed_in_with_the_old_one(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    await give_pin(works, PLANNER, "4711")
    await sign_in(works, PLANNER, "4711", station="")
    await give_pin(works, PLANNER, "4712")
    assert (await works.refused("work-orders/WO-1/release", by=PLANNER))["type"] == "sign-in-needed"


async def test_after_three_wrong_pins_the_badge_waits(works: KettleWorks) -> None:
    await give_pin(works, LEADER, "4711")
    assert [(await sign_in(works, LEADER, "0000"))["type"] for _ in range(2)] == ["pin-wrong"] * 2
    body = {"badge": LEADER, "pin": "0000", "station": STATION}
    third = await works.post("sign-in", body, by=None)
    assert (third.status_code, third.json()["type"]) == (429, "too-many-attempts")
    assert third.headers["Retry-After"] == "60"
    assert "60 seconds" in third.json()["detail"]
    works.pass_time(seconds=59)
    elsewhere = await sign_in(works, LEADER, "4711", station="somewhere-else")
    assert elsewhere["type"] == "too-many-attempts"
    works.pass_time(seconds=2)
    assert (await sign_in(works, LEADER, "4711"))["name"] == "Leader One"
    assert [line["target"] for line in await audit(works, kind="lock-badge")] == [LEADER]
    refused = await audit(works, kind="sign-in", outcome="refused")
    assert [line["refusal"] for line in refused] == ["too-many-attempts", "pin-wrong", "pin-wrong"]
    assert "4711" not in str(await audit(works))


async def test_many_guesses_at_once_are_no_more_than_three(works: KettleWorks) -> None:
    await give_pin(works, LEADER, "4711")
    guesses = (sign_in(works, LEADER, f"000{nr}", station=f"station {nr}") for nr in range(9))
    answers = [answer["type"] for answer in await asyncio.gather(*guesses)]
    assert sorted(answers) == ["pin-wrong"] * 2 + ["too-many-attempts"] * 7
    assert len(await audit(works, kind="sign-in", outcome="refused")) == 3


async def test_a_station_that_tries_badge_after_badge_waits_too(works: KettleWorks) -> None:
    tried = [(await sign_in(works, f"GUESS-{nr}"))["type"] for nr in range(11)]
    assert tried == ["unknown-badge"] * 10 + ["too-many-attempts"]
    assert (await sign_in(works, OPERATOR))["type"] == "too-many-attempts"
    assert (await sign_in(works, OPERATOR, station="next-door"))["name"] == "Operator One"


def test_waiting_doubles_up_to_a_quarter_of_an_hour() -> None:
    failures, waits = Failures(count=0, first_at=NOON), list[float]()
    for _ in range(9):
        failures = failures.plus_one(BADGE_LIMIT, now=NOON)
        until = failures.locked(NOON)
        waits.append((until - NOON).total_seconds() / 60 if until else 0)
    assert waits == [0, 0, 1, 2, 4, 8, 15, 15, 15]
    later = failures.plus_one(BADGE_LIMIT, now=NOON + timedelta(hours=1))
    assert (later.count, later.locked_until) == (1, None)


async def test_a_role_can_demand_a_pin_of_everybody_who_has_it(works: KettleWorks) -> None:
    async with works.pool.connection() as connection:
        await connection.execute("insert into pin_role values ('planner')")
    problem = await sign_in(works, PLANNER, "4711")
    assert (problem["type"], problem["title"]) == (
        "pin-not-set",
        "Planner One needs a PIN and has none yet.",
    )
    await give_pin(works, PLANNER, "4711")
    assert (await sign_in(works, PLANNER, "4711"))["roles"] == ["planner"]


@pytest.mark.parametrize("pin", ["123", "12ab", "1234567890123", ""])
async def test_what_no_keypad_can_enter_is_no_pin(works: KettleWorks, pin: str) -> None:
    assert (await give_pin(works, LEADER, pin)).json()["type"] == "pin-malformed"


async def test_a_pin_is_kept_as_an_argon2_hash_and_nowhere_else(works: KettleWorks) -> None:
    await give_pin(works, LEADER, "47114711")
    async with works.pool.connection() as connection:
        query = (
            "select (select pin_hash from person where badge = %s), "
            "(select string_agg(row(command.*)::text || row(audit.*)::text, '') from command, audit)"
        )
        row = await (await connection.execute(query, (LEADER,))).fetchone()
    assert row is not None
    assert row[0].startswith("$argon2id$")
    assert "47114711" not in row[1]


async def test_the_last_administrator_stays(works: KettleWorks) -> None:
    await register(works, "AD-1", "admin")
    answer = await put(works, "people/AD-1", {"name": "A", "roles": ["operator"]})
    assert answer.json()["type"] == "last-administrator"
    await register(works, "AD-2", "admin")
    await register(works, "AD-1", "operator")


async def test_only_administrators_change_rights_and_managers_look(works: KettleWorks) -> None:
    await register(works, "MG-1", "manager")
    body = {"name": "Mine", "roles": ["admin"]}
    headers = {"Authorization": "Bearer for-screens", "Lineside-Badge": "MG-1"}
    answer = await put(works, "people/MG-1", body, **headers)
    assert answer.json()["type"] == "role-missing"
    people = await works.http.get("/api/v1/people", headers=headers)
    assert [one["badge"] for one in people.json()][:1] == ["MG-1"]
    headers["Lineside-Badge"] = OPERATOR
    assert (await works.http.get("/api/v1/audit", headers=headers)).status_code == 403


async def test_refusals_are_said_in_chinese_too(works: KettleWorks) -> None:
    await give_pin(works, LEADER, "4711")
    problem = await works.refused("sign-in", {"badge": LEADER}, by=None, language="zh")
    assert problem["title"] == "Leader One须使用工牌和PIN码登录。"
