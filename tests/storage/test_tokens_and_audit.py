"""Tokens of programs, and the log of who did what: neither can be forged, the log cannot even be changed by SQL."""

import uuid
from typing import Any

import httpx
import psycopg
import pytest

from gateway.contract.codec import encode
from gateway.contract.uplink import IngestRequest
from tests.storage.kettle_works import (
    ASSEMBLY,
    MOULDER,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)
from tests.storage.test_people_and_rights import audit

ADMIN = {"Authorization": "Bearer for-administrators"}


async def create(works: KettleWorks, name: str, *scopes: str, key: str = "") -> dict[str, Any]:
    headers = {**ADMIN, "Idempotency-Key": key or str(uuid.uuid4())}
    body = {"name": name, "scopes": list(scopes)}
    return (await works.http.post("/api/v1/tokens", json=body, headers=headers)).json()


async def revoke(works: KettleWorks, token_id: int) -> None:
    headers = {**ADMIN, "Idempotency-Key": str(uuid.uuid4())}
    answer = await works.http.post(f"/api/v1/tokens/{token_id}/revoke", headers=headers)
    assert answer.is_success, answer.text


async def command(
    works: KettleWorks, secret: str, path: str, body: dict[str, Any], *, badge: str = ""
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": str(uuid.uuid4())}
    if badge:
        headers["Lineside-Badge"] = badge
    return await works.http.post(f"/api/v1/{path}", json=body, headers=headers)


async def bring_facts(works: KettleWorks, secret: str) -> int:
    works.pass_time(seconds=1)
    fact = works.moulding.count(MOULDER, "good", 1, at=works.clock.at)
    request = IngestRequest(gateway="g-2", sources=[works.moulding.batch(fact)])
    answer = await works.http.post(
        "/api/v1/ingest/facts",
        content=encode(request),
        headers={"Authorization": f"Bearer {secret}"},
    )
    return answer.status_code


async def test_a_revoked_gateway_brings_nothing_more_and_the_others_go_on(
    works: KettleWorks,
) -> None:
    first, second = [await create(works, name, "ingest") for name in ("hall 1", "hall 2")]
    assert await bring_facts(works, first["secret"]) == 200
    await revoke(works, first["id"])
    assert await bring_facts(works, first["secret"]) == 401
    assert await bring_facts(works, second["secret"]) == 200


async def test_a_secret_is_shown_once_and_kept_as_a_hash(works: KettleWorks) -> None:
    key = str(uuid.uuid4())
    token = await create(works, "board", "read", key=key)
    assert token["secret"].startswith("lineside_")
    again = await create(works, "board", "read", key=key)
    assert (again["id"], again["secret"]) == (token["id"], None)
    listed = (await works.http.get("/api/v1/tokens", headers=ADMIN)).json()
    assert [(one["name"], "secret" in one) for one in listed] == [("board", False)]
    async with works.pool.connection() as connection:
        query = "select string_agg(row(command.*)::text || row(api_token.*)::text, '') from command, api_token"
        row = await (await connection.execute(query)).fetchone()
    assert row is not None
    assert token["secret"] not in row[0]


async def test_a_token_does_what_its_scopes_say_and_no_more(works: KettleWorks) -> None:
    reader = (await create(works, "board", "read"))["secret"]
    seen = await works.http.get("/api/v1/plant", headers={"Authorization": f"Bearer {reader}"})
    assert seen.is_success
    receipt = {"item": "CORD", "lot": "C1", "quantity": "1", "location": "WH"}
    answer = await command(works, reader, "receipts", receipt, badge=WAREHOUSE)
    assert answer.json()["type"] == "token-wrong"
    assert await bring_facts(works, reader) == 401
    assert (await create(works, "odd", "everything"))["type"] == "scope-unknown"
    assert (await create(works, "board", "read"))["type"] == "already-exists"


async def test_a_terminal_books_for_its_own_units(works: KettleWorks) -> None:
    for number, item, unit in (("WO-1", "BODY", MOULDER), ("WO-2", "KETTLE", ASSEMBLY)):
        await works.new_order(number, item=item, unit=unit)
        await works.do(f"work-orders/{number}/release", by=PLANNER)
    terminal = (await create(works, "M1", "station:kettle-works/moulding/M1"))["secret"]
    own = await command(works, terminal, "work-orders/WO-1/start", {}, badge=OPERATOR)
    assert own.is_success, own.text
    other = await command(works, terminal, "work-orders/WO-2/start", {}, badge=OPERATOR)
    assert other.json()["type"] == "station-elsewhere"


async def test_the_erp_creates_orders_without_a_person_and_starts_none(works: KettleWorks) -> None:
    erp = (await create(works, "erp", "erp"))["secret"]
    order = {
        "number": "WO-1",
        "item": "BODY",
        "quantity": "5",
        "equipment": MOULDER,
        "due_at": "2026-03-09T12:00:00Z",
    }
    assert (await command(works, erp, "work-orders", order)).is_success
    assert (await command(works, erp, "work-orders/WO-1/release", {})).is_success
    start = await command(works, erp, "work-orders/WO-1/start", {}, badge=OPERATOR)
    assert start.json()["type"] == "badge-missing"


async def test_the_erp_cannot_make_itself_an_administrator(works: KettleWorks) -> None:
    erp = {"Authorization": f"Bearer {(await create(works, 'erp', 'erp'))['secret']}"}
    me = {"badge": "ERP-1", "name": "Me", "roles": ["admin"]}
    answer = await works.http.put("/api/v1/master-data", json={"people": [me]}, headers=erp)
    assert answer.json()["type"] == "badge-missing"
    item = {"code": "LID", "name": {"en": "Lid", "zh": "盖"}, "unit": "pcs", "procurement": "buy"}
    answer = await works.http.put("/api/v1/master-data", json={"items": [item]}, headers=erp)
    assert answer.is_success, answer.text


async def test_the_log_says_who_where_when_what_and_why(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    await works.count(5)
    await works.do("work-orders/WO-1/scrap", {"quantity": "1", "reason": "flash"}, by=OPERATOR)
    [line] = await audit(works, kind="report-scrap")
    assert (line["person"], line["token"], line["target"]) == ("Operator One", "hmi", "WO-1")
    assert (line["reason"], line["outcome"]) == ("flash", "done")
    assert line["given"]["quantity"] == "1"
    assert line["at"].startswith("2026-03-02T12:00:01")
    await works.refused("work-orders/WO-1/close", by=OPERATOR)
    [refused] = await audit(works, outcome="refused")
    assert (refused["kind"], refused["refusal"]) == ("close", "role-missing")
    assert refused["person"] == "Operator One"


async def test_the_same_key_is_one_line_of_the_log(works: KettleWorks) -> None:
    key = uuid.uuid4()
    body = {"item": "CORD", "lot": "C1", "quantity": "1", "location": "WH"}
    for _ in range(3):
        await works.do("receipts", body, by=WAREHOUSE, key=key)
    assert [line["target"] for line in await audit(works, kind="receive-lot")] == ["C1"]


async def test_what_was_undone_left_no_line_that_says_done(works: KettleWorks) -> None:
    await works.refused("work-orders/WO-9/start", by=OPERATOR)
    assert [line["outcome"] for line in await audit(works, kind="start")] == ["refused"]


async def test_a_large_document_is_in_the_log_by_digest_and_counts(works: KettleWorks) -> None:
    [line] = await audit(works, kind="apply-master-data")
    assert set(line["given"]) == {"sha256", "rows"}
    assert line["given"]["rows"]["items"] == 4


async def test_the_log_comes_in_pages_newest_first(works: KettleWorks) -> None:
    for nr in range(5):
        await works.receive("CORD", f"C{nr}", "1", "WH")
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = await works.http.get(
            "/api/v1/audit", params={"kind": "receive-lot", "limit": 2, **after}, headers=ADMIN
        )
        seen += [line["target"] for line in answer.json()]
        if "Lineside-Next" not in answer.headers:
            break
        after = {"after": answer.headers["Lineside-Next"]}
    assert seen == ["C4", "C3", "C2", "C1", "C0"]


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set reason = 'another'",
        "delete from audit",
        "truncate audit",
        "update movement set quantity = 2",
        "delete from movement where false",
        "truncate movement cascade",
        "delete from command",
        "update command set given = '{}'",
        "update command set answer = '{}'",
    ],
)
async def test_nobody_changes_log_or_ledger_even_by_sql(works: KettleWorks, statement: str) -> None:
    await works.receive("CORD", "C1", "1", "WH")
    async with works.pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            await connection.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]
