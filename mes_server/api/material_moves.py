"""Stock by hand: put away, adjusted with a second pair of eyes, and reversed."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.materials import (
    Adjustment,
    AdjustmentDecision,
    AdjustmentEntry,
    AdjustmentLimit,
    BinSuggestion,
    PutAwayEntry,
    Reversal,
)
from mes_server.contract.stock import Posting
from mes_server.operations.adjust_stock import Correction, adjust_stock, set_adjustment_limit
from mes_server.operations.decide_adjustment import decide_adjustment
from mes_server.operations.named import item_of, lot_of, place_of
from mes_server.operations.put_away import PutAway, put_away, suggested_bin
from mes_server.operations.reverse_movement import reverse_movement
from mes_server.storage import adjustments

router = APIRouter(
    tags=["stock by hand"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)
CodeQuery = Annotated[str | None, Query(max_length=64)]


@router.post("/put-aways", status_code=201)
async def post_put_away(server: ServerHere, call: CallHere, body: PutAwayEntry) -> Posting:
    """Bring what arrived to a bin."""
    answer = await put_away(server.pool, call, PutAway(**body.model_dump()))
    return Posting.model_validate(answer)


@router.get("/put-aways/suggestion")
async def get_suggestion(
    server: ServerHere,
    item: Annotated[str, Query(max_length=64)],
    lot: Annotated[str, Query(max_length=64)],
    source: Annotated[str, Query(max_length=64, alias="from")],
) -> BinSuggestion:
    """The bin that has the same lot, else the same item, else nothing, in the same store."""
    async with server.pool.connection() as connection:
        found = await item_of(connection, item)
        known = await lot_of(connection, item=item, lot=lot)
        place = await place_of(connection, source)
        best = await suggested_bin(
            connection, item=found.code, item_id=found.id, lot_id=known.id, source=place
        )
    return BinSuggestion(location=best.code, location_name=best.name)


@router.post("/adjustments", status_code=201)
async def post_adjustment(server: ServerHere, call: CallHere, body: AdjustmentEntry) -> Adjustment:
    """Correct the books of a lot at a place; what is worth more than the limit waits for approval."""
    answer = await adjust_stock(server.pool, call, Correction(**body.model_dump()))
    return Adjustment.model_validate(answer)


@router.put("/adjustments/limit")
async def put_limit(server: ServerHere, call: CallHere, body: AdjustmentLimit) -> AdjustmentLimit:
    """Set what an adjustment may be worth without the approval of another person."""
    answer = await set_adjustment_limit(server.pool, call, limit=body.limit)
    return AdjustmentLimit.model_validate(answer)


@router.get("/adjustments/limit")
async def get_limit(server: ServerHere) -> AdjustmentLimit:
    """What an adjustment may be worth without the approval of another person."""
    async with server.pool.connection() as connection:
        return AdjustmentLimit(limit=await adjustments.limit(connection))


@router.post("/adjustments/{adjustment}/{decision}")
async def post_decision(
    server: ServerHere,
    call: CallHere,
    adjustment: int,
    decision: Literal["approve", "refuse"],
    body: AdjustmentDecision,
) -> Adjustment:
    """Approve or refuse what waits; not by the person who asked for it."""
    answer = await decide_adjustment(
        server.pool, call, adjustment=adjustment, approve=decision == "approve", reason=body.reason
    )
    return Adjustment.model_validate(answer)


@router.get("/adjustments")
async def get_adjustments(
    server: ServerHere,
    response: Response,
    state: Literal["booked", "waiting", "refused"] | None = None,
    item: CodeQuery = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[Adjustment]:
    """Adjustments, oldest first."""
    async with server.pool.connection() as connection:
        rows = await adjustments.find(connection, state=state, item=item, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Adjustment.model_validate(asdict(row)) for row in rows]


@router.post("/movements/{movement}/reverse", status_code=201)
async def post_reversal(
    server: ServerHere, call: CallHere, movement: int, body: Reversal
) -> Posting:
    """Take a movement back by a mirrored posting; once."""
    answer = await reverse_movement(server.pool, call, movement=movement, reason=body.reason)
    return Posting.model_validate(answer)
