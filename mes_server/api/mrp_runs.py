"""Material requirements planning: run on demand, and the runs there were."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.planning import PlanningAsk, PlanningRun
from mes_server.operations.run_mrp import Demand, run_mrp
from mes_server.storage.mrp import find_runs

router = APIRouter(
    prefix="/mrp-runs",
    tags=["planning"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.post("", status_code=201)
async def post_run(server: ServerHere, call: CallHere, body: PlanningAsk) -> PlanningRun:
    """Plan what has to be bought and made; undecided proposals of earlier runs are superseded."""
    answer = await run_mrp(
        server.pool,
        call,
        location=body.location,
        horizon_days=body.horizon_days,
        demands=[Demand(**demand.model_dump()) for demand in body.demands],
    )
    async with server.pool.connection() as connection:
        [row] = await find_runs(connection, run_id=answer["run"], before=None, limit=1)
    return PlanningRun.model_validate(asdict(row))


@router.get("")
async def get_runs(
    server: ServerHere,
    response: Response,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 20,
) -> list[PlanningRun]:
    """Runs, newest first; `after` is the last id of the page before."""
    async with server.pool.connection() as connection:
        rows = await find_runs(connection, run_id=None, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [PlanningRun.model_validate(asdict(row)) for row in rows]
