"""What waits for a person's judgement."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from mes_server.api.access import screens_only
from mes_server.api.pages import Limit, RowsBefore, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.review import (
    NoOrderCount,
    NoOrderWeighing,
    OverUpstream,
    QuarantinedFact,
    Restatement,
    ShiftRestatement,
)
from mes_server.storage import production_reports, restatements, shift_figures
from mes_server.storage.review import no_order_counts, quarantined
from mes_server.storage.weighing_attribution import no_order_weighings

router = APIRouter(tags=["review"], dependencies=[Depends(screens_only)])


@router.get("/quarantine")
async def get_quarantine(
    server: ServerHere,
    response: Response,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[QuarantinedFact]:
    """Facts that are stored and not booked, newest first."""
    async with server.pool.connection() as connection:
        rows = await quarantined(connection, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [QuarantinedFact.model_validate(asdict(row)) for row in rows]


@router.get("/no-order-counts")
async def get_no_order_counts(
    server: ServerHere,
    response: Response,
    after: AwareDatetime | None = None,
    limit: Limit = 100,
) -> list[NoOrderCount]:
    """Pieces counted outside any order, by unit and hour, newest first."""
    async with server.pool.connection() as connection:
        rows = await no_order_counts(connection, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].hour if rows else after)
    return [NoOrderCount.model_validate(asdict(row)) for row in rows]


@router.get("/no-order-weighings")
async def get_no_order_weighings(
    server: ServerHere,
    response: Response,
    equipment: Annotated[str | None, Query(max_length=200)] = None,
    item: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[NoOrderWeighing]:
    """Consumption by weight outside any order that nobody gave to an order yet, newest first.

    What found no stock is not posted; it waits in the shortage queue, without an order.
    """
    async with server.pool.connection() as connection:
        rows = await no_order_weighings(
            connection, equipment=equipment, item=item, before=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [NoOrderWeighing.model_validate(asdict(row)) for row in rows]


@router.get("/over-upstream")
async def get_over_upstream(
    server: ServerHere,
    response: Response,
    order: Annotated[str | None, Query(max_length=64)] = None,
    equipment: Annotated[str | None, Query(max_length=200)] = None,
    after: RowsBefore = 0,
    limit: Limit = 100,
) -> list[OverUpstream]:
    """Operations that produced more than the operation before made good, the largest excess first.

    The count is kept; a counter that is wrong, or pieces that came in by another way, wait here for a person's look.
    """
    async with server.pool.connection() as connection:
        rows = await production_reports.over_upstream(
            connection, order=order, equipment=equipment, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=after + len(rows))
    return [OverUpstream.model_validate(asdict(row)) for row in rows]


@router.get("/restatements")
async def get_restatements(
    server: ServerHere,
    response: Response,
    equipment: Annotated[str | None, Query(max_length=200)] = None,
    order: Annotated[str | None, Query(max_length=64)] = None,
    figure: Literal["hour", "order"] | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[Restatement]:
    """Figures that late facts, or people's corrections, changed after they were reported, newest first.

    `since` and `until` say which hours, of machine time.
    """
    wanted = restatements.RestatementFilter(
        equipment=equipment, number=order, figure=figure, since=since, until=until
    )
    async with server.pool.connection() as connection:
        rows = await restatements.find(connection, wanted, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Restatement.model_validate(asdict(row)) for row in rows]


@router.get("/shift-restatements")
async def get_shift_restatements(
    server: ServerHere,
    response: Response,
    equipment: Annotated[
        str | None, Query(max_length=200, description="Path of a unit, or of what it belongs to")
    ] = None,
    figure: Annotated[
        Literal["good", "scrap", "state"] | None, Query(description="Which figures")
    ] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Shifts that begin then or later")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Shifts that begin before")] = None,
    after: Annotated[int | None, Query(ge=1, description="Last id of the page before")] = None,
    limit: Limit = 100,
) -> list[ShiftRestatement]:
    """Figures of shifts that late facts changed after the shift was closed, newest first: what it was, what it became."""
    wanted = shift_figures.ShiftFilter(equipment=equipment, figure=figure, since=since, until=until)
    async with server.pool.connection() as connection:
        rows = await shift_figures.restatements(connection, wanted, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [ShiftRestatement.model_validate(asdict(row)) for row in rows]
