"""The HTTP door: who gets in, how faults are said, what lies behind a figure, and documents without the internet."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gateway.contract.fact import CountFact
from mes_server.contract.feed import PlantSnapshot
from mes_server.contract.health import Health
from tests.storage.kettle_works import (
    MASTER_DATA,
    MOULDER,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
    named,
)


async def put_master_data(works: KettleWorks, document: dict[str, Any]) -> httpx.Response:
    return await works.http.put(
        "/api/v1/master-data",
        json=document,
        headers={"Authorization": "Bearer for-administrators"},
    )


@pytest.mark.parametrize(
    ("path", "token"),
    [
        ("plant", ""),
        ("plant", "for-the-gateway"),
        ("gateway/commands?wait_s=0", "for-screens"),
        ("stock", "for-screen"),
    ],
)
async def test_a_wrong_token_opens_nothing(works: KettleWorks, path: str, token: str) -> None:
    answer = await works.http.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert answer.json()["type"] == "token-wrong"


async def test_screens_may_not_bring_facts(works: KettleWorks) -> None:
    answer = await works.http.post(
        "/api/v1/ingest/facts", content=b"{}", headers={"Authorization": "Bearer for-screens"}
    )
    assert answer.status_code == httpx.codes.UNAUTHORIZED


async def test_a_malformed_batch_is_refused_with_the_field_that_is_wrong(
    works: KettleWorks,
) -> None:
    answer = await works.http.post(
        "/api/v1/ingest/facts",
        content=b'{"gateway": "g", "sources": [{"agent": 1}]}',
        headers={"Authorization": "Bearer for-the-gateway"},
    )
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.headers["content-type"] == "application/problem+json"
    assert "sources[0].agent" in answer.json()["detail"]


async def test_a_command_without_a_key_is_refused(works: KettleWorks) -> None:
    answer = await works.http.post(
        "/api/v1/work-orders/WO-1/start",
        json={},
        headers={"Authorization": "Bearer for-screens", "Lineside-Badge": OPERATOR},
    )
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["type"] == "key-missing"


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        (
            "en",
            "quantity must be greater than 0. colour is not known here. Leave it out, or check its"
            " spelling.",
        ),
        ("zh", "quantity必须大于0。 不支持字段colour。请删除该字段，或检查拼写。"),
    ],
)
async def test_wrong_fields_are_said_in_the_callers_language(
    works: KettleWorks, language: str, detail: str
) -> None:
    body = {"quantity": "-1", "reason": "flash", "colour": "red"}
    problem = await works.refused("work-orders/WO-1/scrap", body, language=language)
    assert problem["detail"] == detail


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "0.0000001", "1e30", "x"])
async def test_what_is_no_quantity_is_not_booked(works: KettleWorks, quantity: str) -> None:
    body = {"item": "CORD", "lot": "C1", "quantity": quantity, "location": "WH"}
    assert (await works.refused("receipts", body, by=WAREHOUSE))["status"] == 422


async def test_an_unknown_address_is_a_problem_too(works: KettleWorks) -> None:
    answer = await works.http.get("/api/v1/nothing")
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json()["type"] == "no-such-address"


async def test_something_unknown_is_named(works: KettleWorks) -> None:
    problem = await works.refused("work-orders/WO-9/start", by=OPERATOR)
    assert (problem["status"], problem["title"]) == (404, "There is no work order WO-9.")


async def test_a_badge_signs_in(works: KettleWorks) -> None:
    person = await works.do("sign-in", {"badge": OPERATOR}, by=None)
    assert (person["name"], person["roles"]) == ("Operator One", ["operator"])
    assert (await works.refused("sign-in", {"badge": "X-9"}, by=None))["type"] == "unknown-badge"


async def test_master_data_sent_again_changes_nothing(works: KettleWorks) -> None:
    answer = await put_master_data(works, MASTER_DATA)
    assert set(answer.json()["changed"].values()) == {0}


async def test_master_data_are_taken_whole_or_not_at_all(works: KettleWorks) -> None:
    lamp = {"code": "LAMP", "name": named("Lamp"), "unit": "pcs", "procurement": "make"}
    bill = {"item": "LAMP", "components": [{"item": "NOBODY-KNOWS", "quantity": "1"}]}
    answer = await put_master_data(works, {"items": [lamp], "bills": [bill]})
    assert answer.status_code == httpx.codes.NOT_FOUND
    assert answer.json()["title"] == "There is no item NOBODY-KNOWS."
    body = {
        "number": "WO-1",
        "item": "LAMP",
        "quantity": "1",
        "equipment": MOULDER,
        "due_at": "2026-03-09T12:00:00Z",
    }
    assert (await works.refused("work-orders", body, by=PLANNER))["type"] == "not-found"


async def test_an_item_cannot_be_made_of_itself(works: KettleWorks) -> None:
    bill = {"item": "BODY", "components": [{"item": "KETTLE", "quantity": "1"}]}
    answer = await put_master_data(works, {"bills": [bill]})
    assert answer.json()["type"] == "bill-loops"


async def test_the_unit_of_an_item_with_stock_stays(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "1", "WH")
    resin = {"code": "PP-RESIN", "name": named("PP"), "unit": "g", "procurement": "buy"}
    assert (await put_master_data(works, {"items": [resin]})).json()["type"] == "unit-in-use"


async def test_lists_come_in_pages(works: KettleWorks) -> None:
    for nr in range(5):
        await works.receive("CORD", f"C{nr}", "1", "WH")
    for path in ("movements", "stock"):
        seen: list[str] = []
        after: dict[str, str] = {}
        while True:
            answer = await works.http.get(
                f"/api/v1/{path}",
                params={"limit": 2, **after},
                headers={"Authorization": "Bearer for-screens"},
            )
            seen += [row["lot"] for row in answer.json()]
            if "Lineside-Next" not in answer.headers:
                break
            after = {"after": answer.headers["Lineside-Next"]}
        assert seen == ["C0", "C1", "C2", "C3", "C4"]


async def test_every_figure_can_be_asked_why(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "100", "M1-LS")
    await works.run_order("WO-1")
    counts: list[CountFact] = []
    for pieces in (3, 4, 5):
        works.pass_time(seconds=1)
        counts.append(works.moulding.count(MOULDER, "good", pieces, at=works.clock.at))
    await works.send(works.moulding, *counts)
    first = await works.get("why/work-orders/WO-1/good", limit=2)
    rest = await works.get("why/work-orders/WO-1/good", limit=2, after=first["next"])
    readings = first["readings"] + rest["readings"]
    assert [Decimal(reading["step"]) for reading in readings] == [3, 4, 5]
    assert rest["next"] is None
    assert Decimal(first["order"]["good"]) == 12
    assert {reading["quality"] for reading in readings} == {"good"}

    [used] = [row for row in await works.get("movements") if row["kind"] == "backflush"]
    why = await works.get(f"why/movements/{used['id']}")
    assert (why["batch"]["gateway"], why["batch"]["facts"]) == ("gateway-1", 3)
    assert [Decimal(reading["step"]) for reading in why["readings"]] == [3, 4, 5]

    [received] = [row for row in await works.get("movements") if row["kind"] == "receive"]
    why = await works.get(f"why/movements/{received['id']}")
    assert (why["command"]["kind"], why["command"]["person"]) == ("receive-lot", "Warehouse One")


async def test_the_snapshot_shows_units_orders_stock_and_calls(works: KettleWorks) -> None:
    await works.run_order("WO-1")
    snapshot = PlantSnapshot.model_validate(await works.get("plant"))
    assert snapshot.time_zone == "Asia/Shanghai"
    assert [order.number for order in snapshot.orders] == ["WO-1"]
    [moulder] = [unit for unit in snapshot.units if unit.path == MOULDER]
    assert moulder.order is not None
    assert moulder.order.number == "WO-1"
    assert ("M1-LS", "PP-RESIN") in [(card.location, card.item) for card in snapshot.stock]
    assert [signal.state for signal in snapshot.signals] == ["raised"]


async def test_health_tells_what_was_migrated(works: KettleWorks) -> None:
    answer = await works.http.get("/api/v1/health")
    health = Health.model_validate_json(answer.content)
    assert health.ok
    assert health.migrations[0].startswith("0001_")


async def test_a_database_that_is_away_is_said_and_nothing_is_booked(works: KettleWorks) -> None:
    await works.pool.close()
    assert (await works.http.get("/api/v1/health")).status_code == 503
    answer = await works.post(
        "receipts", {"item": "CORD", "lot": "C", "quantity": 1, "location": "WH"}
    )
    assert answer.status_code == 503
    assert answer.json()["type"] == "busy"


async def test_the_documents_load_nothing_from_elsewhere(works: KettleWorks) -> None:
    page = (await works.http.get("/docs")).text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    assert '"validatorUrl": null' in page
    for address in loaded:
        assert address.startswith("/")
        assert (await works.http.get(address)).status_code == httpx.codes.OK
    described = (await works.http.get("/openapi.json")).json()["paths"]
    assert "/api/v1/work-orders/{number}/{verb}" in described


async def test_times_are_taken_with_their_zone_only(works: KettleWorks) -> None:
    await works.new_order("WO-1")
    naive = datetime(2026, 3, 2, 12) + timedelta(minutes=1)  # noqa: DTZ001
    problem = await works.refused("work-orders/WO-1/start", {"at": naive.isoformat()})
    assert problem["detail"] == "at needs a time zone, like 2026-03-02T12:00:00Z."
