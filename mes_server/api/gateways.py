"""Gateways: they report how they stand, and people see it. Kept in memory: what is current is reported again in seconds."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.contract.codec import Malformed, decode
from gateway.contract.report import GatewayReport
from mes_server.api.access import gateway_only, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.gateways import GatewayState, TurnedAway

router = APIRouter(tags=["gateway"])

GATEWAYS_MAX = 100
"""The least recently heard is forgotten."""
NAME_MAX = 64
ENTRIES_MAX = 2_000
"""Agents and reasons, and parts that failed, in one report."""
PART = "(part)"
"""Stands for the gateway's own parts where agents are named; no agent can have the name."""
SILENT_AFTER = timedelta(minutes=1)
ALERT_FOR = timedelta(minutes=10)
"""So long after the last message was turned away it is worth somebody's look."""


@dataclass(slots=True, kw_only=True)
class _Heard:
    """One gateway's last report, and when each of its numbers last grew."""

    report: GatewayReport
    at: datetime
    grew: dict[tuple[str, str], datetime] = field(default_factory=dict[tuple[str, str], datetime])


@dataclass(slots=True, kw_only=True)
class GatewayReports:
    """The last report of each gateway."""

    _heard: OrderedDict[str, _Heard] = field(default_factory=OrderedDict[str, _Heard])

    def take(self, report: GatewayReport, now: datetime) -> None:
        """Remember a report."""
        before = self._heard.pop(report.gateway, None)
        heard = _Heard(report=report, at=now)
        if before is not None:
            # One that started again counts from nothing.
            known = _numbers(before.report) if before.report.since == report.since else {}
            for key, count in _numbers(report).items():
                if count > known.get(key, 0):
                    heard.grew[key] = now
                elif (last := before.grew.get(key)) is not None:
                    heard.grew[key] = last
        self._heard[report.gateway] = heard
        if len(self._heard) > GATEWAYS_MAX:
            self._heard.popitem(last=False)

    def states(self, now: datetime) -> list[GatewayState]:
        """Every gateway by name."""
        return [_state(self._heard[name], now) for name in sorted(self._heard)]


def reports_of(request: Request) -> GatewayReports:
    """The reports that this server has heard."""
    state = request.app.state
    if not hasattr(state, "gateway_reports"):
        state.gateway_reports = GatewayReports()
    found = state.gateway_reports
    assert isinstance(found, GatewayReports)
    return found


@router.post("/gateway/report", status_code=204, dependencies=[Depends(gateway_only)])
async def post_report(server: ServerHere, request: Request) -> Response:
    """Take a gateway's report of itself (GatewayReport)."""
    report = decode(await request.body(), GatewayReport)
    if not 1 <= len(report.gateway) <= NAME_MAX:
        raise Malformed(f"gateway: a name has 1 to {NAME_MAX} characters")
    if len(_numbers(report)) > ENTRIES_MAX:
        raise Malformed(f"turned_away, failures: more than {ENTRIES_MAX} entries")
    reports_of(request).take(report, server.clock.now())
    return Response(status_code=204)


@router.get("/gateways", dependencies=[Depends(screens_only)])
async def get_gateways(
    server: ServerHere,
    request: Request,
    response: Response,
    after: Annotated[str, Query(max_length=NAME_MAX, description="Name of the last one seen")] = "",
    limit: Limit = GATEWAYS_MAX,
) -> list[GatewayState]:
    """The gateways that reported since this server started, by name: whom they turn away, and what to look at."""
    states = [
        state for state in reports_of(request).states(server.clock.now()) if state.name > after
    ]
    page = states[:limit]
    mark_next(response, page, limit=limit, after=page[-1].name if page else after)
    return page


def _numbers(report: GatewayReport) -> dict[tuple[str, str], int]:
    """What a report counts: by agent and reason, and by PART and part."""
    counted = {
        (agent, reason): count
        for agent, reasons in report.turned_away.items()
        for reason, count in reasons.items()
    }
    return counted | {(PART, part): count for part, count in report.failures.items()}


def _state(heard: _Heard, now: datetime) -> GatewayState:
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
