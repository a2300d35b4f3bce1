"""Scrap entries: listed, and taken back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.work_orders import ScrapReport
from mes_server.operations.reverse_scrap_report import reverse_scrap_report
from mes_server.operations.scrap_answer import report_words
from mes_server.storage.scrap_reports import find_reports

router = APIRouter(
    prefix="/scrap-reports",
    tags=["scrap"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.get("")
async def get_scrap_reports(
    server: ServerHere,
    response: Response,
    number: Annotated[str | None, Query(max_length=64, description="Work order; none: all")] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[ScrapReport]:
    """Scrap entries of a work order or of all, newest first."""
    async with server.pool.connection() as connection:
        rows = await find_reports(connection, number=number, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [ScrapReport.model_validate(report_words(row)) for row in rows]


@router.post("/{report_id}/reverse")
async def post_reverse(server: ServerHere, call: CallHere, report_id: int) -> ScrapReport:
    """Take an entry back: the pieces are good again."""
    answer = await reverse_scrap_report(server.pool, call, report_id=report_id)
    return ScrapReport.model_validate(answer)
