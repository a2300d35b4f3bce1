"""Commands for machines, fetched by the gateway with a long poll, and the orders that it names northbound."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.contract.codec import encode
from gateway.contract.job_order import CommandPage, JobOrderCommand, RunningOrders
from mes_server.api.access import gateway_only
from mes_server.api.server import ServerHere
from mes_server.storage.job_commands import JobCommandRow, commands_after
from mes_server.storage.running_orders import by_unit

router = APIRouter(prefix="/gateway", tags=["gateway"], dependencies=[Depends(gateway_only)])

PAGE = 100
WAIT_MAX_S = 60.0


@router.get("/commands")
async def get_commands(
    server: ServerHere,
    request: Request,
    after: Annotated[int, Query(ge=0)] = 0,
    wait_s: Annotated[float, Query(ge=0, le=WAIT_MAX_S)] = 20.0,
) -> Response:
    """Commands after a position that nobody has answered (CommandPage). Waits until there is one."""
    deadline = server.clock.monotonic() + wait_s
    while True:
        commit = server.hub.next_commit()
        async with server.pool.connection() as connection:
            rows = await commands_after(connection, after, limit=PAGE)
        left = deadline - server.clock.monotonic()
        if rows or left <= 0 or server.hub.closed or await request.is_disconnected():
            break
        await server.hub.wait(left, commit=commit)
    page = CommandPage(
        commands=[_command(row) for row in rows], position=rows[-1].position if rows else after
    )
    return Response(encode(page), media_type="application/json")


@router.get("/orders")
async def get_running_orders(server: ServerHere) -> Response:
    """The order that runs on each unit now (RunningOrders), for what the gateway tells northbound."""
    async with server.pool.connection() as connection:
        rows = await by_unit(connection)
    running = RunningOrders(orders={row.equipment: row.order for row in rows})
    return Response(encode(running), media_type="application/json")


def _command(row: JobCommandRow) -> JobOrderCommand:
    words: dict[str, Any] = {
        **row.payload,
        "position": row.position,
        "command_id": row.command_id,
    }
    return msgspec.convert(words, JobOrderCommand)
