"""Material of work orders: reserved, released, issued and returned by people."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.materials import (
    Issued,
    IssueEntry,
    Reservation,
    ReservationAsk,
    ReservationRelease,
    Reservations,
    ReturnEntry,
)
from mes_server.contract.stock import Posting
from mes_server.operations.issue_stock import Issue, issue_stock
from mes_server.operations.release_reservation import release_reservation
from mes_server.operations.reserve_stock import Ask, reserve_stock
from mes_server.operations.return_stock import Return, return_stock
from mes_server.storage.reservations import ReservationFilter, find

router = APIRouter(
    tags=["material of orders"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)
CodeQuery = Annotated[str | None, Query(max_length=64)]


@router.post("/work-orders/{number:path}/reservations", status_code=201)
async def post_reservation(
    server: ServerHere, call: CallHere, number: str, body: ReservationAsk
) -> Reservations:
    """Reserve a lot (hard) or a quantity (soft) for an operation of the order."""
    ask = Ask(**body.model_dump(exclude={"operation"}))
    answer = await reserve_stock(
        server.pool, call, number=number, operation=body.operation, ask=ask
    )
    return Reservations.model_validate(answer)


@router.post("/work-orders/{number:path}/reservations/{reservation}/release")
async def post_reservation_release(
    server: ServerHere, call: CallHere, number: str, reservation: int, body: ReservationRelease
) -> Reservation:
    """Give a reservation up, wholly or in part; the end of the order does so by itself."""
    answer = await release_reservation(
        server.pool,
        call,
        number=number,
        reservation=reservation,
        quantity=body.quantity,
        reason=body.reason,
    )
    return Reservation.model_validate(answer)


@router.get("/reservations")
async def get_reservations(
    server: ServerHere,
    response: Response,
    order: CodeQuery = None,
    item: CodeQuery = None,
    location: CodeQuery = None,
    open: bool = True,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[Reservation]:
    """What orders have claimed, oldest first; `open=false` shows used up and released ones too."""
    which = ReservationFilter(order=order, item=item, location=location, open=open, after=after)
    async with server.pool.connection() as connection:
        rows = await find(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Reservation.model_validate(asdict(row)) for row in rows]


@router.post("/work-orders/{number:path}/issues", status_code=201)
async def post_issue(server: ServerHere, call: CallHere, number: str, body: IssueEntry) -> Issued:
    """A person took material for the order; it is consumed as taken, and backflush books only what is beyond it."""
    issue = Issue(**body.model_dump(exclude={"operation"}))
    answer = await issue_stock(
        server.pool, call, number=number, operation=body.operation, issue=issue
    )
    return Issued.model_validate(answer)


@router.post("/work-orders/{number:path}/returns", status_code=201)
async def post_return(
    server: ServerHere, call: CallHere, number: str, body: ReturnEntry
) -> Posting:
    """Material that the order took comes back to a place."""
    back = Return(**body.model_dump(exclude={"operation"}))
    answer = await return_stock(
        server.pool, call, number=number, operation=body.operation, back=back
    )
    return Posting.model_validate(answer)
