"""Blind cycle counts: lists, counting, deciding, accuracy."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, readers_of, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.cycle_counts import (
    AbcClass,
    AccuracyReport,
    CountDecision,
    CountEntry,
    CountList,
    CountResult,
    CountRule,
    CountRuleChange,
    CountScope,
    CountTask,
    CountVerdict,
    LineState,
)
from mes_server.operations.count_answer import list_words
from mes_server.operations.count_stock import Entry, count_stock, decide_count
from mes_server.operations.make_count_list import Scope, make_count_list, set_count_rule
from mes_server.storage import cycle_counts

router = APIRouter(
    prefix="/counts",
    tags=["cycle counts"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.post("", status_code=201)
async def post_list(server: ServerHere, call: CallHere, body: CountScope) -> CountList:
    """Make a list of what is to be counted."""
    answer = await make_count_list(server.pool, call, Scope(**body.model_dump()))
    return CountList.model_validate(answer)


@router.get("")
async def get_lists(
    server: ServerHere,
    response: Response,
    open: bool = True,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[CountList]:
    """Count lists and how far they are; `open=false` shows closed ones too."""
    async with server.pool.connection() as connection:
        rows = await cycle_counts.find_lists(connection, open_=open, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [CountList.model_validate(list_words(row)) for row in rows]


@router.get("/accuracy")
async def get_accuracy(
    server: ServerHere,
    days: Annotated[int, Query(ge=1, le=3660, description="Length of the window")] = 90,
) -> AccuracyReport:
    """How often the first count of a line was within tolerance, by ABC class."""
    since = server.clock.now() - timedelta(days=days)
    async with server.pool.connection() as connection:
        rows = await cycle_counts.accuracy(connection, since=since)
    return AccuracyReport.model_validate({"since": since, "rows": [asdict(row) for row in rows]})


@router.put("/rules/{abc_class}")
async def put_rule(
    server: ServerHere, call: CallHere, abc_class: AbcClass, body: CountRuleChange
) -> CountRule:
    """Set tolerance and frequency of an ABC class."""
    answer = await set_count_rule(
        server.pool,
        call,
        abc_class=abc_class,
        tolerance_percent=body.tolerance_percent,
        every_days=body.every_days,
    )
    return CountRule.model_validate(answer)


@router.get("/{list_id}/tasks")
async def get_tasks(
    server: ServerHere,
    response: Response,
    list_id: int,
    state: LineState | None = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[CountTask]:
    """What is to be counted, without any figure of the books."""
    async with server.pool.connection() as connection:
        rows = await cycle_counts.find_lines(
            connection, list_id, state=state, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [CountTask.model_validate(asdict(row)) for row in rows]


@router.get("/{list_id}/results", dependencies=[Depends(readers_of("decide-count"))])
async def get_results(
    server: ServerHere,
    response: Response,
    list_id: int,
    state: LineState | None = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[CountResult]:
    """Counts beside the books as of their time, for whoever decides."""
    async with server.pool.connection() as connection:
        rows = await cycle_counts.find_lines(
            connection, list_id, state=state, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [CountResult.model_validate(asdict(row)) for row in rows]


@router.post("/{list_id}/entries", status_code=201)
async def post_entry(
    server: ServerHere, call: CallHere, list_id: int, body: CountEntry
) -> CountVerdict:
    """Enter what was counted; within tolerance the difference is booked, else it is counted again by somebody else."""
    answer = await count_stock(server.pool, call, list_id=list_id, entry=Entry(**body.model_dump()))
    return CountVerdict.model_validate(answer)


@router.post("/{list_id}/lines/{line_id}/{decision}")
async def post_decision(
    server: ServerHere,
    call: CallHere,
    list_id: int,
    line_id: int,
    decision: Literal["approve", "refuse"],
    body: CountDecision,
) -> CountVerdict:
    """Approve or refuse a difference above tolerance; not by one who counted it."""
    answer = await decide_count(
        server.pool,
        call,
        list_id=list_id,
        line_id=line_id,
        approve=decision == "approve",
        reason=body.reason,
    )
    return CountVerdict.model_validate(answer)
