"""Webhooks: signed, in order, at least once, tried again with patience, parked in sight, and never sent to ourselves."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mes_server.domain.webhook import FAILURES_MAX
from tests.storage.kettle_works import MASTER_DATA, KettleWorks
from tests.storage.receiver import DEADLINE_S, Receiver, receiver
from tests.storage.test_server_program import TOKENS, client, receive, start, url_of

ADMIN = {"Authorization": "Bearer for-administrators"}


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


async def ask(
    works: KettleWorks, method: str, path: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    headers = {**ADMIN, "Idempotency-Key": str(uuid.uuid4())}
    return await works.http.request(method, f"/api/v1/{path}", json=body, headers=headers)


async def subscribe(
    works: KettleWorks, url: str, *topics: str, name: str = "erp"
) -> dict[str, Any]:
    body = {"name": name, "url": url, "topics": list(topics) or ["stock"]}
    answer = await ask(works, "POST", "webhooks", body)
    assert answer.is_success, answer.text
    return answer.json()


async def until(condition: Callable[[], Any]) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        answer = condition()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to pass in time")


async def test_a_change_is_told_once_signed_and_in_order(
    works: KettleWorks, there: Receiver
) -> None:
    hook = await subscribe(works, there.url)
    assert hook["secret"].startswith("whsec_")
    for number in range(5):
        await works.receive("CORD", f"C{number}", "1", "WH")
        await until(lambda wanted=number: len(there.taken) > wanted)
    assert all(got.is_signed_with(hook["secret"]) for got in there.taken)
    assert not any(got.is_signed_with("whsec_AAAA") for got in there.taken)
    lots = [len(got.message["data"]["card"]["lots"]) for got in there.taken]
    assert lots == [1, 2, 3, 4, 5]
    assert {got.message["type"] for got in there.taken} == {"stock"}
    assert len({got.id for got in there.taken}) == 5

    async def noted() -> bool:
        [listed] = (await works.http.get("/api/v1/webhooks", headers=ADMIN)).json()
        assert "secret" not in listed
        return listed["pending"] == 0

    await until(noted)


async def test_a_failed_message_is_tried_again_and_the_others_wait_behind_it(
    works: KettleWorks, there: Receiver
) -> None:
    hook = await subscribe(works, there.url)
    there.status = 503
    await works.receive("CORD", "C1", "1", "WH")
    await until(lambda: there.refused)
    await works.receive("CORD", "C2", "1", "WH")

    async def waits() -> bool:
        seen = (await ask(works, "GET", f"webhooks/{hook['id']}")).json()
        return seen["pending"] == 2 and seen["failures"] >= 1 and "503" in seen["last_error"]

    await until(waits)
    there.status = 200
    works.pass_time(hours=2)
    await until(lambda: len(there.taken) == 2)
    assert there.taken[0].id == there.refused[0].id
    assert [len(got.message["data"]["card"]["lots"]) for got in there.taken] == [1, 2]


async def test_a_secret_is_exchanged_without_losing_a_message(
    works: KettleWorks, there: Receiver
) -> None:
    hook = await subscribe(works, there.url)
    key = {**ADMIN, "Idempotency-Key": str(uuid.uuid4())}
    path = f"/api/v1/webhooks/{hook['id']}/rotate-secret"
    rotated = (await works.http.post(path, headers=key)).json()
    again = (await works.http.post(path, headers=key)).json()
    assert (rotated["secret"] == hook["secret"], again["secret"]) == (False, None)
    await works.receive("CORD", "C1", "1", "WH")
    await until(lambda: len(there.taken) == 1)
    assert all(there.taken[0].is_signed_with(one["secret"]) for one in (hook, rotated))
    works.pass_time(hours=25)
    await works.receive("CORD", "C2", "1", "WH")
    await until(lambda: len(there.taken) == 2)
    signed = [there.taken[1].is_signed_with(one["secret"]) for one in (hook, rotated)]
    assert signed == [False, True]
    assert (await ask(works, "POST", "webhooks/999/rotate-secret")).status_code == 404


async def test_what_arrived_without_an_answer_comes_again_under_its_id(
    works: KettleWorks, there: Receiver
) -> None:
    await subscribe(works, there.url)
    there.lose_next = 1
    await works.receive("CORD", "C1", "1", "WH")
    await until(lambda: there.taken)

    def again() -> bool:
        works.pass_time(hours=2)
        return len(there.taken) == 2

    await until(again)
    assert there.taken[0].id == there.taken[1].id
    assert there.taken[0].body == there.taken[1].body


async def test_after_many_failures_it_is_parked_in_sight_until_a_person_resumes_it(
    works: KettleWorks, there: Receiver
) -> None:
    hook = await subscribe(works, there.url)
    async with works.pool.connection() as connection:
        failed = "update webhook set failures = %s"
        await connection.execute(failed, (FAILURES_MAX - 3,))
    there.status = 500
    await works.receive("CORD", "C1", "1", "WH")

    async def parked() -> bool:
        works.pass_time(hours=2)
        return (await ask(works, "GET", f"webhooks/{hook['id']}")).json()["parked_at"] is not None

    await until(parked)
    assert len(there.refused) == 3
    there.status = 200
    works.pass_time(hours=5)
    [message] = (await ask(works, "GET", f"webhooks/{hook['id']}/messages?pending=true")).json()
    assert (message["attempts"], message["status"]) == (3, 500)
    assert there.taken == []
    resumed = (await ask(works, "POST", f"webhooks/{hook['id']}/resume")).json()
    assert resumed["parked_at"] is None
    await until(lambda: len(there.taken) == 1)
    again = (
        await ask(works, "POST", f"webhooks/{hook['id']}/messages/{message['id']}/resend")
    ).json()
    assert again == {"delivered": True, "status": 200, "error": ""}
    assert there.taken[1].id == message["event_id"]


async def test_a_receiver_that_fails_holds_up_nobody_else(
    works: KettleWorks, there: Receiver
) -> None:
    with receiver() as broken:
        broken.status = 500
        await subscribe(works, broken.url, name="broken")
        await subscribe(works, there.url, name="well")
        await works.receive("CORD", "C1", "1", "WH")
        await until(lambda: there.taken and broken.refused)


async def test_a_test_message_says_how_it_went(works: KettleWorks, there: Receiver) -> None:
    hook = await subscribe(works, there.url, "order")
    tried = (await ask(works, "POST", f"webhooks/{hook['id']}/test")).json()
    assert tried == {"delivered": True, "status": 200, "error": ""}
    assert there.taken[0].message["type"] == "test"
    assert there.taken[0].is_signed_with(hook["secret"])
    there.status = 418
    tried = (await ask(works, "POST", f"webhooks/{hook['id']}/test")).json()
    assert (tried["delivered"], tried["status"]) == (False, 418)


async def test_a_removed_webhook_is_told_nothing_and_its_name_is_free(
    works: KettleWorks, there: Receiver
) -> None:
    hook = await subscribe(works, there.url)
    taken = await ask(
        works, "POST", "webhooks", {"name": "erp", "url": there.url, "topics": ["unit"]}
    )
    assert taken.json()["type"] == "already-exists"
    assert (await ask(works, "DELETE", f"webhooks/{hook['id']}")).status_code == 204
    assert (await ask(works, "GET", f"webhooks/{hook['id']}")).status_code == 404
    other = await subscribe(works, there.url, "signal")
    await works.receive("CORD", "C1", "1", "WH")
    await works.receive("PP-RESIN", "R1", "1", "M1-LS")
    await until(lambda: there.taken)
    assert {got.message["type"] for got in there.taken} == {"signal"}
    assert there.taken[0].is_signed_with(other["secret"])


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/x", "http://user:pin@127.0.0.1/x", "nothing at all", "http:///x",
            "http://127.0.0.1:99999/"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(works: KettleWorks, url: str) -> None:
    body = {"name": "x", "url": url, "topics": ["unit"]}
    assert (await ask(works, "POST", "webhooks", body)).json()["type"] == "url-unusable"


async def test_a_message_of_ours_that_comes_back_by_a_detour_is_not_let_in(
    works: KettleWorks,
) -> None:
    answer = await works.http.post("/api/v1/receipts", headers={"Lineside-Hop": "1"})
    assert answer.status_code == 508


def told(there: Receiver) -> list[int]:
    """How many lots each message shows, repeated messages once."""
    seen: dict[str, int] = {}
    for got in there.taken:
        seen.setdefault(got.id, len(got.message["data"]["card"]["lots"]))
    return list(seen.values())


def test_nothing_is_lost_or_out_of_order_when_the_server_is_killed_between_deliveries(
    database_url: str, tmp_path: Path, there: Receiver
) -> None:
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    for life in range(3):
        process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
        try:
            url = url_of(process)
            with client(url) as http:
                if life == 0:
                    assert http.put("/master-data", json=MASTER_DATA).is_success
                    key = {"Idempotency-Key": str(uuid.uuid4())}
                    own = {"name": "me", "url": f"{url}/x", "topics": ["stock"]}
                    refused = http.post("/webhooks", json=own, headers=key).json()
                    assert refused["type"] == "url-unusable"
                    body = {"name": "erp", "url": there.url, "topics": ["stock"]}
                    key = {"Idempotency-Key": str(uuid.uuid4())}
                    assert http.post("/webhooks", json=body, headers=key).is_success
                there.lose_next = 1
                for number in range(10):
                    receive(http, f"R{life}-{number}")
                there.wait_for(len(there.taken) + 1)
        finally:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()
    process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
    try:
        with client(url_of(process)) as http:
            there.wait_until(lambda: told(there) and told(there)[-1] == 30)
            lots = told(there)
            assert lots == sorted(lots)
            assert http.get("/webhooks").json()[0]["pending"] == 0
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
