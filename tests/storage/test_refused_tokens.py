"""Whose token was refused stands in the log; and PINs come with people, but stay nowhere."""

from typing import Any

from tests.storage.kettle_works import KettleWorks
from tests.storage.test_people_and_rights import audit
from tests.storage.test_tokens_and_audit import ADMIN, create, revoke


async def look(works: KettleWorks, secret: str, path: str = "stock") -> int:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return (await works.http.get(f"/api/v1/{path}", headers=headers)).status_code


async def test_a_refused_token_is_in_the_log_by_name_or_by_its_mark(works: KettleWorks) -> None:
    board = await create(works, "board", "read")
    await revoke(works, board["id"])
    ingest = await create(works, "hall 1", "ingest")
    for secret in (board["secret"], ingest["secret"], "made-up", ""):
        assert await look(works, secret) == 401
    lines = await audit(works, kind="use-token")
    tokens = [line["token"] for line in reversed(lines)]
    assert tokens[:2] == ["board", "hall 1"]
    assert tokens[2].startswith("sha256:")
    assert tokens[3] == ""
    assert {line["refusal"] for line in lines} == {"token-wrong"}
    assert {line["target"] for line in lines} == {"GET /api/v1/stock"}
    assert "made-up" not in str(lines)


async def test_who_tries_again_and_again_does_not_fill_the_log(works: KettleWorks) -> None:
    for _ in range(5):
        await look(works, "made-up")
    assert len(await audit(works, kind="use-token")) == 1
    works.pass_time(minutes=2)
    for number in range(70):
        await look(works, f"guess {number}")
    assert len(await audit(works, kind="use-token")) == 61


async def test_people_come_with_their_pins_and_keep_them(works: KettleWorks) -> None:
    person: dict[str, Any] = {"badge": "EN-1", "name": "Engineer One", "roles": ["engineer"]}

    async def bring(**more: str) -> None:
        answer = await works.http.put(
            "/api/v1/master-data", json={"people": [person | more]}, headers=ADMIN
        )
        assert answer.is_success, answer.text

    async def sign_in(pin: str | None) -> dict[str, Any]:
        body = {"badge": "EN-1", "station": "desk", "pin": pin}
        return (await works.post("sign-in", body, by=None)).json()

    await bring(pin="4711")
    assert (await sign_in(None))["type"] == "pin-needed"
    assert (await sign_in("4711"))["name"] == "Engineer One"
    await bring()
    await bring(pin="4711")
    async with works.pool.connection() as connection:
        row = await (await connection.execute("select count(*) from sign_in")).fetchone()
        stored = await (
            await connection.execute("select string_agg(given::text, '') from command")
        ).fetchone()
    assert row == (1,)
    assert stored is not None
    assert "4711" not in stored[0]
    await bring(pin="0815")
    assert (await sign_in("4711"))["type"] == "pin-wrong"
    answer = await works.http.put(
        "/api/v1/master-data", json={"people": [person | {"pin": "abc"}]}, headers=ADMIN
    )
    assert answer.status_code == 422
