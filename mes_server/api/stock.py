"""Stock: what arrives, moves, is held, lies where, was booked, and is short."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.stock import (
    LotHold,
    LotStatus,
    Posting,
    Receipt,
    Shortage,
    StockLine,
    Transfer,
)
from mes_server.operations.hold_lot import hold_lot
from mes_server.operations.posting_answer import posting_words
from mes_server.operations.receive_lot import Arrival, receive_lot
from mes_server.operations.transfer_stock import Move, transfer_stock
from mes_server.storage.movements import MovementFilter, find_movements
from mes_server.storage.stock import open_shortages, stock_lines

router = APIRouter(tags=["stock"], dependencies=[Depends(screens_only), Depends(wake_readers)])
CodeQuery = Annotated[str | None, Query(max_length=64)]


@router.post("/receipts", status_code=201)
async def post_receipt(server: ServerHere, call: CallHere, body: Receipt) -> Posting:
    """A lot arrives from a supplier."""
    return Posting.model_validate(
        await receive_lot(server.pool, call, Arrival(**body.model_dump()))
    )


@router.post("/transfers", status_code=201)
async def post_transfer(server: ServerHere, call: CallHere, body: Transfer) -> Posting:
    """Part of a lot moves between two real places."""
    return Posting.model_validate(
        await transfer_stock(server.pool, call, Move(**body.model_dump()))
    )


@router.post("/lots/{item}/{lot}/hold")
async def post_hold(
    server: ServerHere, call: CallHere, item: str, lot: str, body: LotHold
) -> LotStatus:
    """Hold a lot: it is neither picked nor mounted nor backflushed."""
    answer = await hold_lot(server.pool, call, item=item, lot=lot, held=True, reason=body.reason)
    return LotStatus.model_validate(answer)


@router.post("/lots/{item}/{lot}/release")
async def post_release(
    server: ServerHere, call: CallHere, item: str, lot: str, body: LotHold
) -> LotStatus:
    """Release a held lot."""
    answer = await hold_lot(server.pool, call, item=item, lot=lot, held=False, reason=body.reason)
    return LotStatus.model_validate(answer)


@router.get("/stock")
async def get_stock(
    server: ServerHere,
    response: Response,
    location: CodeQuery = None,
    item: CodeQuery = None,
    below: bool = False,
    after: Annotated[str, Query(pattern=r"^\d{1,9}-\d{1,9}-\d{1,9}$")] = "0-0-0",
    limit: Limit = 100,
) -> list[StockLine]:
    """What lies where, lot by lot; `below=true`: also in the places inside the location."""
    first, second, third = (int(part) for part in after.split("-"))
    async with server.pool.connection() as connection:
        rows = await stock_lines(
            connection,
            location=location,
            item=item,
            below=below,
            after=(first, second, third),
            limit=limit,
        )
    mark_next(response, rows, limit=limit, after=rows[-1].position if rows else after)
    return [StockLine.model_validate(asdict(row)) for row in rows]


@router.get("/movements")
async def get_movements(
    server: ServerHere,
    response: Response,
    item: CodeQuery = None,
    lot: CodeQuery = None,
    order: CodeQuery = None,
    location: CodeQuery = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[Posting]:
    """Rows of the ledger, oldest first."""
    which = MovementFilter(item=item, lot=lot, order=order, location=location, after=after)
    async with server.pool.connection() as connection:
        rows = await find_movements(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Posting.model_validate(posting_words(row)) for row in rows]


@router.get("/shortages")
async def get_shortages(
    server: ServerHere,
    response: Response,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[Shortage]:
    """Consumption that waits for stock, oldest first."""
    async with server.pool.connection() as connection:
        rows = await open_shortages(connection, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Shortage.model_validate(asdict(row)) for row in rows]
