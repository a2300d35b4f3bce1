"""What machines answered to the job orders that were written to them."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.job_orders import JobOrder
from mes_server.storage import job_commands

router = APIRouter(prefix="/job-orders", tags=["work orders"], dependencies=[Depends(screens_only)])


@router.get("")
async def get_job_orders(
    server: ServerHere,
    response: Response,
    order: Annotated[str | None, Query(max_length=64)] = None,
    equipment: Annotated[str | None, Query(max_length=200)] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[JobOrder]:
    """Job orders of a work order or a unit with the machine's answer, oldest first."""
    async with server.pool.connection() as connection:
        rows = await job_commands.find(
            connection, order=order, equipment=equipment, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].position if rows else after)
    return [JobOrder.model_validate(asdict(row)) for row in rows]
