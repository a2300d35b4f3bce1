"""Items and bills of material have an address and a version each: edited whole, by one person at a time."""

import asyncio
import uuid
from typing import Any

import httpx

from tests.storage.kettle_works import OPERATOR, PLANNER, WAREHOUSE, KettleWorks, named
from tests.storage.test_people_and_rights import audit

SCREEN = {"Authorization": "Bearer for-screens", "Lineside-Badge": PLANNER}


async def get(works: KettleWorks, path: str) -> httpx.Response:
    return await works.http.get(f"/api/v1/{path}", headers=SCREEN)


async def put(
    works: KettleWorks,
    path: str,
    body: dict[str, Any],
    *,
    seen: str | None = None,
    by: str = PLANNER,
    key: uuid.UUID | None = None,
    language: str = "en",
) -> httpx.Response:
    headers = {
        **SCREEN,
        "Lineside-Badge": by,
        "Idempotency-Key": str(key or uuid.uuid4()),
        "Accept-Language": language,
    }
    if seen is not None:
        headers["If-Match"] = seen
    return await works.http.put(f"/api/v1/{path}", json=body, headers=headers)


async def test_an_item_is_looked_at_changed_and_sent_back(works: KettleWorks) -> None:
    await works.receive("CORD", "C-1", "10", "WH")
    before = (await works.get("plant"))["position"]
    found = await get(works, "items/CORD")
    item = found.json() | {
        "name": named("Power cord"),
        "gtin": "4006381333931",
        "units": [{"unit": "box", "numerator": 24, "denominator": 1}],
    }
    key = uuid.uuid4()
    saved = await put(works, "items/CORD", item, seen=found.headers["etag"], key=key)
    assert saved.status_code == 200, saved.text
    assert saved.json() == item | {"gtin": "04006381333931"}
    again = await get(works, "items/CORD")
    assert (again.json(), again.headers["etag"]) == (saved.json(), saved.headers["etag"])
    repeated = await put(works, "items/CORD", item, seen=found.headers["etag"], key=key)
    assert (repeated.status_code, repeated.headers["etag"]) == (200, saved.headers["etag"])
    async with works.pool.connection() as connection:
        from mes_server.storage import feed

        rows = await feed.read(connection, before, limit=50, now=works.clock.now())
    assert any(row.payload.get("item_name") == named("Power cord") for row in rows)
    [entry] = [one for one in await audit(works) if one["kind"] == "save-item"]
    assert (entry["target"], entry["person"]) == ("CORD", "Planner One")


async def test_of_those_who_saw_the_same_item_or_bill_one_is_saved(works: KettleWorks) -> None:
    found = await get(works, "items/CORD")
    names = [named(f"Cord {number}") for number in range(6)]
    answers = await asyncio.gather(
        *(
            put(works, "items/CORD", found.json() | {"name": name}, seen=found.headers["etag"])
            for name in names
        )
    )
    assert sorted(one.status_code for one in answers) == [200] + [412] * 5
    refused = await put(
        works, "items/CORD", found.json(), seen=found.headers["etag"], language="zh"
    )
    assert refused.json()["type"] == "changed-meanwhile"
    assert "修改" in refused.json()["title"]
    bill = {"components": [{"item": "CORD", "quantity": "2"}]}
    made = await asyncio.gather(*(put(works, "bills/KETTLE/B", bill, seen='"0"') for _ in range(6)))
    assert sorted(one.status_code for one in made) == [200] + [412] * 5
    seen = (await get(works, "bills/KETTLE/A")).headers["etag"]
    both = await asyncio.gather(
        *(
            put(
                works,
                "bills/KETTLE/A",
                {"components": [{"item": "CORD", "quantity": quantity}]},
                seen=seen,
            )
            for quantity in ("3", "4", "5")
        )
    )
    assert sorted(one.status_code for one in both) == [200, 412, 412]


async def test_what_is_left_out_of_an_item_is_empty_from_now_on(works: KettleWorks) -> None:
    rich = {
        "name": named("Lid"), "unit": "pcs", "procurement": "buy", "standard_cost": "1.25", "item_class": "caps",
        "abc_class": "B", "serialised": True, "units": [{"unit": "box", "numerator": 12}],
    }  # fmt: skip
    assert (await put(works, "items/LID", rich, seen='"0"')).is_success
    plain = {"name": named("Lid"), "unit": "pcs", "procurement": "buy"}
    saved = (await put(works, "items/LID", plain)).json()
    assert (saved["item_class"], saved["abc_class"], saved["serialised"]) == ("", None, False)
    assert (saved["units"], saved["standard_cost"]) == ([], "0.000000")


async def test_what_cannot_be_is_refused_and_changes_nothing(works: KettleWorks) -> None:
    await works.receive("CORD", "C-1", "10", "WH")
    found = (await get(works, "items/CORD")).json()
    box = {"unit": "box", "numerator": 12}
    for change, kind in (
        ({"unit": "m"}, "unit-in-use"),
        ({"gtin": "4006381333932"}, "gtin-wrong"),
        ({"code": "OTHER"}, "other-name"),
        ({"units": [box, box]}, "unit-twice"),
        ({"units": [{"unit": "pcs", "numerator": 2}]}, "unit-twice"),
        ({"name": {}}, "not-understood"),
    ):
        answer = await put(works, "items/CORD", found | change)
        assert (answer.is_client_error, answer.json()["type"]) == (True, kind), change
    assert (await put(works, "items/CORD", found | {"units": [box]})).is_success
    loop = {"item": "CORD", "location": "A1-LS", "source": "WH", "order_quantity": "24", "pack_unit": "box"}  # fmt: skip
    assert (await works.put("replenishment-loops", loop, by=PLANNER)).is_success
    needed = await put(works, "items/CORD", found)
    assert (needed.status_code, needed.json()["type"]) == (409, "unit-needed")
    assert (await put(works, "items/CORD", found, by=OPERATOR)).json()["type"] == "role-missing"
    assert (await get(works, "items/NOTHING")).status_code == 404


async def test_a_bill_is_made_dated_changed_and_found_where_it_is_used(works: KettleWorks) -> None:
    bill = {
        "valid_from": "2026-06-01",
        "components": [
            {"item": "BODY", "quantity": "1"},
            {
                "item": "CORD",
                "quantity": "1",
                "scrap_percent": "2",
                "substitutes": [{"item": "PP-RESIN", "ratio": "0.5", "priority": 10}],
            },
        ],
        "outputs": [{"item": "PP-RESIN", "quantity": "0.1", "location": "WH"}],
    }
    made = await put(works, "bills/KETTLE/B", bill, seen='"0"')
    assert made.status_code == 200, made.text
    found = await get(works, "bills/KETTLE/B")
    assert found.json() == made.json()
    assert found.json()["in_force"] is False
    sent = await put(works, "bills/KETTLE/B", found.json(), seen=found.headers["etag"])
    assert (sent.json(), sent.headers["etag"]) == (found.json(), found.headers["etag"])
    less = found.json() | {"components": [{"item": "CORD", "quantity": "1"}], "outputs": []}
    changed = await put(works, "bills/KETTLE/B", less, seen=found.headers["etag"])
    assert [line["item"] for line in changed.json()["components"]] == ["CORD"]
    assert changed.headers["etag"] != found.headers["etag"]
    used = await works.get("bills", component="PP-RESIN")
    assert [(one["item"], one["revision"]) for one in used] == [("BODY", "A")]
    assert {one["revision"] for one in await works.get("bills", item="KETTLE", in_force="true")} == {"A"}  # fmt: skip
    assert [one["revision"] for one in await works.get("bills", item="KETTLE", revision="B")] == ["B"]  # fmt: skip


async def test_bills_that_loop_or_name_nothing_are_refused(works: KettleWorks) -> None:
    for components, kind in (
        ([{"item": "KETTLE", "quantity": "1"}], "bill-loops"),
        ([{"item": "NOTHING", "quantity": "1"}], "not-found"),
        ([{"item": "CORD", "quantity": "1"}, {"item": "CORD", "quantity": "2"}], "component-twice"),
        ([{"item": "CORD", "quantity": "1", "unit": "crate"}], "unit-unknown"),
        ([], "not-understood"),
    ):
        answer = await put(works, "bills/BODY/A", {"components": components})
        assert (answer.is_client_error, answer.json()["type"]) == (True, kind), components
    assert (await put(works, "bills/BODY/A", {"components": []}, by=WAREHOUSE)).is_client_error
    assert (await get(works, "bills/BODY/Z")).status_code == 404
    [line] = (await get(works, "bills/BODY/A")).json()["components"]
    assert (line["item"], line["quantity"]) == ("PP-RESIN", "0.25")
