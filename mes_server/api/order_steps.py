"""What people do to single operations of an order: choose its unit, report by hand, send out and receive back."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.feed import OrderCard
from mes_server.contract.work_orders import (
    OutsideShipment,
    ProductionEntry,
    ProductionReport,
    ReceiveBackEntry,
    SendOutEntry,
    UnitChoice,
)
from mes_server.operations.choose_unit import choose_unit
from mes_server.operations.receive_back import ReceiveBack, receive_back
from mes_server.operations.report_production import Production, report_production
from mes_server.operations.send_out import SendOut, send_out
from mes_server.storage import outside, production_reports

router = APIRouter(
    prefix="/work-orders",
    tags=["work orders"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.post("/{number:path}/unit")
async def post_unit(server: ServerHere, call: CallHere, number: str, body: UnitChoice) -> OrderCard:
    """Put an operation that has not begun on another of the units that can do it."""
    answer = await choose_unit(
        server.pool,
        call,
        number=number,
        operation=body.operation,
        unit=body.unit,
        reason=body.reason,
    )
    return OrderCard.model_validate(answer)


@router.post("/{number:path}/report", status_code=201)
async def post_report(
    server: ServerHere, call: CallHere, number: str, body: ProductionEntry
) -> OrderCard:
    """Report pieces that no machine counted."""
    production = Production(good=body.good, scrap=body.scrap, reason=body.reason)
    answer = await report_production(
        server.pool, call, number=number, operation=body.operation, production=production
    )
    return OrderCard.model_validate(answer)


@router.get("/{number:path}/production-reports")
async def get_production_reports(
    server: ServerHere,
    response: Response,
    number: str,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[ProductionReport]:
    """What people reported as made on an order, newest first."""
    async with server.pool.connection() as connection:
        rows = await production_reports.find(connection, number, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [ProductionReport.model_validate(asdict(row)) for row in rows]


@router.post("/{number:path}/send-out", status_code=201)
async def post_send_out(
    server: ServerHere, call: CallHere, number: str, body: SendOutEntry
) -> OrderCard:
    """Send pieces, and components for them, to the supplier that does the operation; the first ones start it."""
    sending = SendOut(quantity=body.quantity, from_location=body.from_location, note=body.note)
    answer = await send_out(
        server.pool, call, number=number, operation=body.operation, sending=sending
    )
    return OrderCard.model_validate(answer)


@router.post("/{number:path}/receive-back", status_code=201)
async def post_receive_back(
    server: ServerHere, call: CallHere, number: str, body: ReceiveBackEntry
) -> OrderCard:
    """Receive pieces back, good and scrapped; they are the operation's progress."""
    receipt = ReceiveBack(good=body.good, scrap=body.scrap, note=body.note)
    answer = await receive_back(
        server.pool, call, number=number, operation=body.operation, receipt=receipt
    )
    return OrderCard.model_validate(answer)


@router.get("/{number:path}/shipments")
async def get_shipments(
    server: ServerHere,
    response: Response,
    number: str,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[OutsideShipment]:
    """What left for suppliers and came back, newest first."""
    async with server.pool.connection() as connection:
        rows = await outside.find(connection, number, before=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [OutsideShipment.model_validate(asdict(row)) for row in rows]
