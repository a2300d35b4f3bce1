"""Gateways: they report how they stand, and people see it, with what was said last before the server started again."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.contract.codec import Malformed, decode
from gateway.contract.report import GatewayReport
from mes_server.api.access import gateway_only, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.gateways import GatewayState, TurnedAway
from mes_server.domain.gateway_report import PART, Heard, numbers_of
from mes_server.storage import gateway_reports

router = APIRouter(tags=["gateway"])

NAME_MAX = 64
ENTRIES_MAX = 2_000
"""Agents and reasons, and parts that failed, in one report."""
SILENT_AFTER = timedelta(minutes=1)
ALERT_FOR = timedelta(minutes=10)
"""So long after the last message was turned away it is worth somebody's look."""


@router.post("/gateway/report", status_code=204, dependencies=[Depends(gateway_only)])
async def post_report(server: ServerHere, request: Request) -> Response:
    """Take a gateway's report of itself (GatewayReport)."""
    report = decode(await request.body(), GatewayReport)
    if not 1 <= len(report.gateway) <= NAME_MAX:
        raise Malformed(f"gateway: a name has 1 to {NAME_MAX} characters")
    if len(numbers_of(report)) > ENTRIES_MAX:
        raise Malformed(f"turned_away, failures: more than {ENTRIES_MAX} entries")
    async with server.pool.connection() as connection:
        await gateway_reports.take(connection, report, now=server.clock.now())
    return Response(status_code=204)


@router.get("/gateways", dependencies=[Depends(screens_only)])
async def get_gateways(
    server: ServerHere,
    response: Response,
    after: Annotated[str, Query(max_length=NAME_MAX, description="Name of the last one seen")] = "",
    limit: Limit = 100,
) -> list[GatewayState]:
    """The gateways by name, as each last reported: whom they turn away, and what to look at.

    What was said last is kept over a restart of the server; the hundred that were heard last are.
    """
    now = server.clock.now()
    async with server.pool.connection() as connection:
        found = await gateway_reports.find(connection, after=after, limit=limit)
    mark_next(response, found, limit=limit, after=found[-1][0] if found else after)
    return [_state(said, now) for _, said in found if said is not None]


def _state(heard: Heard, now: datetime) -> GatewayState:
    report, silent = heard.report, now - heard.at > SILENT_AFTER
    turned_away = [
        TurnedAway(agent=agent, reason=reason, count=count, last_at=heard.grew.get((agent, reason)))
        for agent, reasons in sorted(report.turned_away.items())
        for reason, count in sorted(reasons.items())
    ]
    alerts = [_turned_away_words(one) for one in turned_away if _is_recent(one.last_at, now)]
    alerts += [
        _failure_words(report.gateway, part, count)
        for part, count in sorted(report.failures.items())
        if _is_recent(heard.grew.get((PART, part)), now)
    ]
    if silent:
        alerts.insert(0, _silence_words(report.gateway))
    return GatewayState(
        name=report.gateway,
        heard_at=heard.at,
        silent=silent,
        since=report.since,
        messages=report.messages,
        facts=report.facts,
        quarantined=report.quarantined,
        waiting=report.waiting,
        turned_away=turned_away,
        failures=report.failures,
        alerts=alerts,
    )


def _is_recent(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at <= ALERT_FOR


def _silence_words(name: str) -> dict[str, str]:
    return {
        "en": f"Gateway {name} has not reported for a minute: is it running, and the network up?",
        "zh": f"网关 {name} 已超过一分钟没有报告：请检查其是否运行、网络是否正常。",
    }


def _turned_away_words(one: TurnedAway) -> dict[str, str]:
    return {
        "en": f"Messages of {one.agent} are turned away ({one.reason}, {one.count} so far): look at that agent.",
        "zh": f"代理 {one.agent} 的消息被拒收（{one.reason}，累计 {one.count} 条）：请检查该代理。",
    }


def _failure_words(gateway: str, part: str, count: int) -> dict[str, str]:
    return {
        "en": f"A part of gateway {gateway} failed and began anew ({part}, {count} so far). Facts go on; its log says why.",
        "zh": f"网关 {gateway} 的一个部分发生故障并已重新启动（{part}，累计 {count} 次）。数据仍在继续，原因见其日志。",
    }
