"""Two people edit one thing: who saw an older version is refused, and nothing of it is saved."""

import asyncio
import uuid
from typing import Any

import httpx

from tests.storage.kettle_works import KettleWorks

ADMIN = {"Authorization": "Bearer for-administrators"}


async def version(works: KettleWorks, path: str) -> str:
    answer = await works.http.get(f"/api/v1/versions/{path}", headers=ADMIN)
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return answer.headers["etag"]


async def put(works: KettleWorks, path: str, body: dict[str, Any], seen: str) -> httpx.Response:
    headers = {**ADMIN, "Idempotency-Key": str(uuid.uuid4()), "If-Match": seen}
    return await works.http.put(f"/api/v1/{path}", json=body, headers=headers)


def person(name: str) -> dict[str, Any]:
    return {"name": name, "roles": ["operator"]}


async def test_of_two_who_saw_the_same_person_the_first_is_saved(works: KettleWorks) -> None:
    seen = await version(works, "person/OP-1")
    names = [f"Operator {number}" for number in range(8)]
    answers = await asyncio.gather(
        *(put(works, "people/OP-1", person(name), seen) for name in names)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    refused = next(answer.json() for answer in answers if answer.status_code == 412)
    assert refused["type"] == "changed-meanwhile"
    [saved] = [answer.json()["name"] for answer in answers if answer.status_code == 200]
    listed = (await works.http.get("/api/v1/people", headers=ADMIN)).json()
    assert [one["name"] for one in listed if one["badge"] == "OP-1"] == [saved]
    assert (
        await put(works, "people/OP-1", person("X"), await version(works, "person/OP-1"))
    ).is_success


async def test_a_new_one_is_made_once(works: KettleWorks) -> None:
    assert await version(works, "person/NEW-1") == '"0"'
    assert (await put(works, "people/NEW-1", person("New"), '"0"')).is_success
    assert (await put(works, "people/NEW-1", person("Newer"), '"0"')).status_code == 412


async def test_places_and_loops_too(works: KettleWorks) -> None:
    place = {"name": {"en": "Hall", "zh": "仓"}, "kind": "store"}
    seen = await version(works, "location/WH")
    assert (await put(works, "locations/WH", place, seen)).is_success
    assert (await put(works, "locations/WH", place, seen)).status_code == 412
    path = "loop/PP-RESIN@M1-LS"
    [loop] = (await works.http.get("/api/v1/replenishment-loops", headers=ADMIN)).json()
    setting = {
        "item": "PP-RESIN", "location": "M1-LS", "source": "WH", "method": "reorder_point",
        "reorder_point": "25", "order_quantity": "50",
    }  # fmt: skip
    assert loop["item"] == "PP-RESIN"
    seen = await version(works, path)
    first = await put(works, "replenishment-loops", setting, seen)
    assert first.is_success, first.text
    assert (await put(works, "replenishment-loops", setting, seen)).status_code == 412
