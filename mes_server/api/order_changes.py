"""Orders changed after they were created: terms, split, cancelled, reworked; and what was changed."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.feed import OrderCard
from mes_server.contract.order_changes import (
    NewReworkOrder,
    OrderCancel,
    OrderChange,
    OrderChangeRecord,
    OrderSplit,
)
from mes_server.operations.cancel_work_order import cancel_work_order
from mes_server.operations.change_work_order import Changes, change_work_order
from mes_server.operations.create_rework_order import Rework, create_rework_order
from mes_server.operations.split_work_order import Split, split_work_order
from mes_server.storage import order_changes

router = APIRouter(
    prefix="/work-orders",
    tags=["work orders"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.post("/{number:path}/change")
async def post_change(
    server: ServerHere, call: CallHere, number: str, body: OrderChange
) -> OrderCard:
    """Change quantity, due date, priority or tolerances. Send `If-Match` to change only what you saw."""
    changes = Changes(
        quantity=body.quantity,
        due_at=body.due_at,
        priority=body.priority,
        over_percent=body.over_percent,
        under_percent=body.under_percent,
    )
    answer = await change_work_order(
        server.pool, call, number=number, changes=changes, reason=body.reason
    )
    return OrderCard.model_validate(answer)


@router.post("/{number:path}/split", status_code=201)
async def post_split(
    server: ServerHere, call: CallHere, number: str, body: OrderSplit
) -> OrderCard:
    """Split part of the quantity off onto a new order; the answer is the new one."""
    split = Split(child=body.number, quantity=body.quantity, due_at=body.due_at, reason=body.reason)
    answer = await split_work_order(server.pool, call, number=number, split=split)
    return OrderCard.model_validate(answer)


@router.post("/{number:path}/cancel")
async def post_cancel(
    server: ServerHere, call: CallHere, number: str, body: OrderCancel
) -> OrderCard:
    """Abort every operation that has not ended; what was made and consumed stays."""
    answer = await cancel_work_order(
        server.pool, call, number=number, at=body.at, reason=body.reason
    )
    return OrderCard.model_validate(answer)


@router.post("/{number:path}/rework-order", status_code=201)
async def post_rework_order(
    server: ServerHere, call: CallHere, number: str, body: NewReworkOrder
) -> OrderCard:
    """Order the rework of pieces that were reported as rework; the answer is the new order."""
    rework = Rework(
        child=body.number,
        quantity=body.quantity,
        to_unit=body.equipment,
        due_at=body.due_at,
        priority=body.priority,
        reason=body.reason,
    )
    answer = await create_rework_order(server.pool, call, number=number, rework=rework)
    return OrderCard.model_validate(answer)


@router.get("/{number:path}/changes")
async def get_changes(
    server: ServerHere,
    response: Response,
    number: str,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[OrderChangeRecord]:
    """What people changed on the order, newest first."""
    async with server.pool.connection() as connection:
        rows = await order_changes.find(connection, number, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [OrderChangeRecord.model_validate(asdict(row)) for row in rows]
