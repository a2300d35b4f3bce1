"""Replenishment loops, emergencies, suggestions, run-outs, and supply on its way."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from mes_server.api.access import CallHere, screens_only
from mes_server.api.language import Language
from mes_server.api.pages import Limit, RowsBefore, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.replenishment import (
    CallChange,
    Emergency,
    EmergencyCalled,
    Loop,
    LoopSaved,
    LoopSetting,
    Method,
    ReorderSuggestion,
    RunOut,
    Supply,
    SupplyKind,
)
from mes_server.domain import loop_rule
from mes_server.domain.refusal import in_language, words
from mes_server.domain.safety_stock import DAY_S, History, kanban_cards, suggest_reorder_point
from mes_server.operations import set_loop as setting
from mes_server.operations.call_emergency import call_emergency, locked_loop
from mes_server.storage import calls, loops
from mes_server.storage.loops import LoopFilter, RunOutFilter, RunOutRow

router = APIRouter(
    tags=["replenishment"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)
CodeQuery = Annotated[str | None, Query(max_length=64)]
Days = Annotated[int, Query(ge=2, le=730, description="Days of history, today left out")]

REORDER_FORMULA = words(
    "reorder point = mean demand x lead time + Z x sqrt(lead time x demand deviation^2 + mean demand^2 x lead time "
    "deviation^2); Z is the standard normal quantile of the service level",
    "再订货点 = 日均需求 x 提前期 + Z x √(提前期 x 需求标准差² + 日均需求² x 提前期标准差²)；Z 为服务水平对应的正态分位数",
)
KANBAN_FORMULA = words(
    "cards = mean demand x lead time x (1 + safety) / content of a card, rounded up",
    "看板数 = 日均需求 x 提前期 x（1 + 安全系数）/ 每卡数量，向上取整",
)


@router.get("/replenishment-loops")
async def get_loops(
    server: ServerHere,
    response: Response,
    item: CodeQuery = None,
    location: CodeQuery = None,
    method: Method | None = None,
    kind: SupplyKind | None = None,
    after: Annotated[str, Query(max_length=130)] = "",
    limit: Limit = 100,
) -> list[Loop]:
    """Loops by item and place, each with what its rule sees now."""
    which = LoopFilter(item=item, location=location, method=method, kind=kind, after=after)
    async with server.pool.connection() as connection:
        rows = await loops.find_loops(connection, which, now=server.clock.now(), limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].position if rows else after)
    return [Loop.model_validate(asdict(row) | row.setting) for row in rows]


@router.put("/replenishment-loops")
async def put_loop(server: ServerHere, call: CallHere, body: LoopSetting) -> LoopSaved:
    """Make a loop, or set it anew, whole. What is due by it is called for at once."""
    values = body.model_dump()
    values["kind"] = loop_rule.SupplyKind(body.kind)
    values["method"] = loop_rule.Method(body.method)
    answer = await setting.set_loop(server.pool, call, setting.LoopSetting(**values))
    return LoopSaved.model_validate(answer)


@router.post("/replenishment-loops/emergency", status_code=201)
async def post_emergency(server: ServerHere, call: CallHere, body: Emergency) -> EmergencyCalled:
    """Call for exactly what is missing; order modifiers do not count."""
    answer = await call_emergency(
        server.pool, call, item=body.item, location=body.location, reason=body.reason
    )
    return EmergencyCalled.model_validate(answer)


@router.get("/replenishment-loops/suggestion")
async def get_suggestion(
    server: ServerHere,
    language: Language,
    item: Annotated[str, Query(max_length=64)],
    location: Annotated[str, Query(max_length=64)],
    days: Days = 90,
    service_level: Annotated[float, Query(gt=0.5, lt=1)] = 0.95,
    kanban_safety: Annotated[Decimal, Query(ge=0, le=10)] = Decimal("0.2"),
) -> ReorderSuggestion:
    """A reorder point and a number of cards, from what was drawn and how long deliveries took; nothing is changed."""
    now = server.clock.now()
    async with server.pool.connection() as connection, connection.transaction():
        loop = await locked_loop(connection, item=item, location=location)
        demand = await loops.daily_demand(connection, loop, now=now, days=days)
        leads = await loops.lead_times(connection, loop, now=now, days=days)
    stated = loop.lead_time_s / DAY_S
    found = suggest_reorder_point(
        History(demand=demand, lead_times=leads, stated_lead_time=stated),
        service_level=service_level,
    )
    answer = {
        "item": item,
        "location": location,
        "days": len(demand),
        "deliveries": len(leads),
        "service_level": service_level,
        "formula": in_language(REORDER_FORMULA, language),
        "kanban_formula": in_language(KANBAN_FORMULA, language),
        "kanban_safety": kanban_safety,
    }
    if found is not None:
        answer |= asdict(found)
        answer["cards"] = kanban_cards(
            demand_per_day=Decimal(repr(found.mean_demand)),
            lead_time_days=Decimal(repr(found.lead_time)),
            safety=kanban_safety,
            content=loop.order_quantity,
        )
    return ReorderSuggestion.model_validate(answer)


@router.get("/run-outs")
async def get_run_outs(
    server: ServerHere,
    response: Response,
    item: CodeQuery = None,
    location: CodeQuery = None,
    order: CodeQuery = None,
    before: Annotated[
        AwareDatetime | None, Query(description="Only what is known to run out before this time")
    ] = None,
    after: RowsBefore = 0,
    limit: Limit = 100,
) -> list[RunOut]:
    """Where running orders draw from, soonest empty first; an unknown rate says nothing about when."""
    async with server.pool.connection() as connection:
        which = RunOutFilter(item=item, location=location, order=order, before=before, after=after)
        rows = await loops.run_outs(connection, which, now=server.clock.now(), limit=limit)
    mark_next(response, rows, limit=limit, after=after + len(rows))
    return [RunOut.model_validate(_run_out(row)) for row in rows]


@router.get("/supply")
async def get_supply(
    server: ServerHere,
    response: Response,
    item: CodeQuery = None,
    location: CodeQuery = None,
    after: RowsBefore = 0,
    limit: Limit = 100,
) -> list[Supply]:
    """What is on its way, soonest first: calls, purchase order lines, orders of our own."""
    async with server.pool.connection() as connection:
        rows = await loops.find_supply(
            connection, item=item, location=location, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=after + len(rows))
    return [Supply.model_validate(asdict(row)) for row in rows]


@router.get("/replenishments/{number}/changes")
async def get_changes(server: ServerHere, number: int) -> list[CallChange]:
    """How a call was changed after it was raised, oldest first."""
    async with server.pool.connection() as connection:
        rows = await calls.adjustments(connection, number)
    return [CallChange.model_validate(asdict(row)) for row in rows]


def _run_out(row: RunOutRow) -> dict[str, object]:
    lead = timedelta(seconds=row.lead_time_s or 0)
    return {
        **asdict(row),
        "call_by": row.runs_out_at - lead if row.runs_out_at is not None else None,
        "lasts": row.on_hand - row.reserved - row.waiting >= row.need,
    }
