"""Gateways report, and people see whom they turn away."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.contract.codec import encode
from gateway.contract.report import GatewayReport
from mes_server.storage.gateway_reports import GATEWAYS_MAX
from tests.storage.kettle_works import KettleWorks, kettle_works

GATEWAY = {"Authorization": "Bearer for-the-gateway"}
SCREEN = {"Authorization": "Bearer for-screens"}


async def report(
    works: KettleWorks, since: datetime, *, failures: dict[str, int] | None = None, **counts: int
) -> httpx.Response:
    """From gateway g-1: how often agent edge-1 was turned away, by reason."""
    said = GatewayReport(
        gateway="g-1",
        since=since,
        messages=10,
        facts=100,
        quarantined=0,
        waiting=3,
        turned_away={"edge-1": {name.replace("_", "-"): n for name, n in counts.items()}},
        failures=failures or {},
    )
    return await works.http.post("/api/v1/gateway/report", content=encode(said), headers=GATEWAY)


async def seen(works: KettleWorks) -> dict[str, Any]:
    answer = await works.http.get("/api/v1/gateways", headers=SCREEN)
    assert answer.is_success, answer.text
    (state,) = answer.json()
    return state


async def test_what_grows_is_an_alert_for_a_while_and_what_stands_still_is_none(
    works: KettleWorks,
) -> None:
    since = works.clock.now()
    assert (await report(works, since, too_fast=5)).status_code == 204
    assert (await seen(works))["alerts"] == []
    works.pass_time(seconds=10)
    assert (await report(works, since, too_fast=7, not_json=1)).status_code == 204
    state = await seen(works)
    assert {(one["reason"], one["count"]) for one in state["turned_away"]} == {
        ("too-fast", 7),
        ("not-json", 1),
    }
    assert len(state["alerts"]) == 2
    assert all("edge-1" in said for alert in state["alerts"] for said in alert.values())
    assert set(state["alerts"][0]) == {"en", "zh"}
    works.pass_time(seconds=timedelta(minutes=11).total_seconds())
    await report(works, since, too_fast=7, not_json=1)
    assert (await seen(works))["alerts"] == []


async def test_a_gateway_that_started_again_counts_from_nothing(works: KettleWorks) -> None:
    await report(works, works.clock.now(), too_fast=500)
    works.pass_time(seconds=10)
    await report(works, works.clock.now(), too_fast=2)
    assert "2 so far" in (await seen(works))["alerts"][0]["en"]


async def test_a_gateway_that_falls_silent_is_noticed(works: KettleWorks) -> None:
    await report(works, works.clock.now())
    assert not (await seen(works))["silent"]
    works.pass_time(seconds=61)
    state = await seen(works)
    assert state["silent"]
    assert "g-1 has not reported" in state["alerts"][0]["en"]


async def test_a_server_that_starts_again_knows_whom_it_heard_and_what_grew(
    database_url: str,
) -> None:
    async with kettle_works(database_url) as works:
        since = works.clock.now()
        await report(works, since, too_fast=1)
        works.pass_time(seconds=10)
        await report(works, since, too_fast=7)
    async with kettle_works(database_url) as again:
        again.pass_time(seconds=120)
        state = await seen(again)
        assert (state["silent"], state["heard_at"]) == (True, "2026-03-02T12:00:10Z")
        assert [one["count"] for one in state["turned_away"]] == [7]
        assert len(state["alerts"]) == 2
        await report(again, since, too_fast=7)
        assert [one["last_at"] for one in (await seen(again))["turned_away"]] == [
            "2026-03-02T12:00:10Z"
        ]


async def test_gateways_come_in_pages_and_no_more_of_them_than_are_kept(works: KettleWorks) -> None:
    for number in range(GATEWAYS_MAX + 3):
        works.pass_time(seconds=1)
        said = GatewayReport(
            gateway=f"g-{number:03}",
            since=works.clock.now(),
            messages=0,
            facts=0,
            quarantined=0,
            waiting=0,
            turned_away={},
        )
        path = "/api/v1/gateway/report"
        await works.http.post(path, content=encode(said), headers=GATEWAY)
    page = await works.http.get("/api/v1/gateways", params={"limit": 60}, headers=SCREEN)
    after = page.headers["Lineside-Next"]
    rest = await works.get("gateways", after=after)
    names = [one["name"] for one in [*page.json(), *rest]]
    assert names == [f"g-{number:03}" for number in range(3, GATEWAYS_MAX + 3)]


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 10_000])
async def test_a_report_is_read_strictly(works: KettleWorks, content: bytes) -> None:
    answer = await works.http.post("/api/v1/gateway/report", content=content, headers=GATEWAY)
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed")


async def test_a_part_that_failed_is_an_alert_for_a_while(works: KettleWorks) -> None:
    since = works.clock.now()
    await report(works, since)
    works.pass_time(seconds=10)
    await report(works, since, failures={"namespace": 2})
    state = await seen(works)
    assert state["failures"] == {"namespace": 2}
    (alert,) = state["alerts"]
    assert all("namespace" in said and "2" in said for said in alert.values())
    assert set(alert) == {"en", "zh"}
    works.pass_time(seconds=timedelta(minutes=11).total_seconds())
    await report(works, since, failures={"namespace": 2})
    assert (await seen(works))["alerts"] == []


async def test_only_gateways_report_and_screens_look(works: KettleWorks) -> None:
    assert (await works.http.post("/api/v1/gateway/report", headers=SCREEN)).status_code == 401
    assert (await works.http.get("/api/v1/gateways", headers=GATEWAY)).status_code == 401
