"""Numbered pieces: registered, moved, built into one another, and traced."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.containers import (
    Moved,
    Registered,
    SerialFit,
    SerialLine,
    SerialsEntry,
    SerialsMove,
    SerialTrace,
)
from mes_server.contract.stock import Posting
from mes_server.domain.refusal import NotFound
from mes_server.domain.serial import SERIAL
from mes_server.operations.build_serial import Fit, build_serial, take_out_serial
from mes_server.operations.move_serials import move_serials
from mes_server.operations.register_serials import Numbers, register_serials
from mes_server.storage import serials

router = APIRouter(
    tags=["serial numbers"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)
CodeQuery = Annotated[str | None, Query(max_length=64)]
INSIDE_MAX = 2000


@router.post("/serials", status_code=201)
async def post_serials(server: ServerHere, call: CallHere, body: SerialsEntry) -> Registered:
    """Give pieces that lie at a place their numbers."""
    answer = await register_serials(server.pool, call, Numbers(**body.model_dump()))
    return Registered.model_validate(answer)


@router.post("/serials/move", status_code=201)
async def post_move(server: ServerHere, call: CallHere, body: SerialsMove) -> Moved:
    """Move numbered pieces."""
    answer = await move_serials(
        server.pool, call, item=body.item, codes=body.serials, to_location=body.to_location
    )
    return Moved.model_validate(answer)


@router.post("/work-orders/{number:path}/serials/{step}", status_code=201)
async def post_fit(
    server: ServerHere,
    call: CallHere,
    number: str,
    step: Literal["build", "take-out"],
    body: SerialFit,
) -> Posting:
    """Build a numbered piece into another one for an order, or take it out again."""
    fit = Fit(**body.model_dump(exclude={"operation"}))
    act = build_serial if step == "build" else take_out_serial
    answer = await act(server.pool, call, number=number, operation=body.operation, fit=fit)
    return Posting.model_validate(answer)


@router.get("/serials")
async def get_serials(
    server: ServerHere,
    response: Response,
    item: CodeQuery = None,
    serial: CodeQuery = None,
    lot: CodeQuery = None,
    location: CodeQuery = None,
    state: Literal["in_stock", "consumed", "gone"] | None = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[SerialLine]:
    """Numbered pieces."""
    which = serials.PieceFilter(
        item=item, serial=serial, lot=lot, location=location, state=state, after=after
    )
    async with server.pool.connection() as connection:
        rows = await serials.find(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [SerialLine.model_validate(asdict(row)) for row in rows]


@router.get("/serials/{item}/{serial:path}")
async def get_serial(server: ServerHere, item: str, serial: str) -> SerialTrace:
    """One piece, what happened to it, and what is built into it; its lot says the rest (`/lots/.../genealogy`)."""
    async with server.pool.connection() as connection:
        found = await serials.find(
            connection, serials.PieceFilter(item=item, serial=serial), limit=1
        )
        if not found:
            raise NotFound(what=SERIAL, name=f"{item} {serial}")
        history = await serials.history(connection, found[0].id)
        ids = await serials.inside(connection, found[0].id)
        inside = await serials.find(connection, serials.PieceFilter(ids=ids), limit=INSIDE_MAX)
    return SerialTrace.model_validate(
        {
            **asdict(found[0]),
            "history": [asdict(one) for one in history],
            "inside": [asdict(one) for one in inside],
        }
    )
