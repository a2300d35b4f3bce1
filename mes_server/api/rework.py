"""Rework: what waits for it, and what came back to its operation."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.feed import OrderCard
from mes_server.contract.rework import ReworkEntry, ReworkReport, WaitingForRework
from mes_server.operations.report_rework import ReworkDone, report_rework
from mes_server.storage import rework

router = APIRouter(
    tags=["work orders"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)


@router.get("/rework")
async def get_rework(
    server: ServerHere,
    response: Response,
    number: Annotated[str | None, Query(max_length=64, description="Work order; none: all")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[WaitingForRework]:
    """What waits for rework: at operations between two others, or in stock behind the last one."""
    async with server.pool.connection() as connection:
        rows = await rework.waiting(connection, number=number, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [WaitingForRework.model_validate(asdict(row)) for row in rows]


@router.post("/work-orders/{number:path}/rework-done")
async def post_rework_done(
    server: ServerHere, call: CallHere, number: str, body: ReworkEntry
) -> OrderCard:
    """Pieces that waited for rework between two operations are good again, or given up; nothing is produced."""
    done = ReworkDone(good=body.good, scrap=body.scrap, reason=body.reason)
    answer = await report_rework(
        server.pool, call, number=number, operation=body.operation, done=done
    )
    return OrderCard.model_validate(answer)


@router.get("/work-orders/{number:path}/rework-reports")
async def get_rework_reports(
    server: ServerHere,
    response: Response,
    number: str,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[ReworkReport]:
    """What people said came back from rework on the order, newest first."""
    async with server.pool.connection() as connection:
        rows = await rework.find(connection, number, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [ReworkReport.model_validate(asdict(row)) for row in rows]
