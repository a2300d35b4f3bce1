"""Places as a tree, stock summed up it, and stock on its way between them."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.locations import (
    LocationChange,
    PlaceKind,
    SavedLocation,
    Shipment,
    ShipmentArrival,
    ShipmentEntry,
    StockTotal,
)
from mes_server.operations.named import account_of
from mes_server.operations.receive_shipment import receive_shipment
from mes_server.operations.save_location import Place, save_location
from mes_server.operations.send_stock import Consignment, send_stock
from mes_server.storage import locations, shipments
from mes_server.storage.stock import totals_below

router = APIRouter(tags=["locations"], dependencies=[Depends(screens_only), Depends(wake_readers)])
CodeQuery = Annotated[str | None, Query(max_length=64)]


@router.put("/locations/{code:path}")
async def put_location(
    server: ServerHere, call: CallHere, code: str, body: LocationChange
) -> SavedLocation:
    """Create, rename, move in the tree, close or open a place. Only an empty place that nothing uses is closed."""
    answer = await save_location(server.pool, call, code=code, place=Place(**body.model_dump()))
    return SavedLocation.model_validate(answer)


@router.get("/locations")
async def get_locations(
    server: ServerHere,
    response: Response,
    kind: PlaceKind | None = None,
    below: CodeQuery = None,
    active: bool | None = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[SavedLocation]:
    """Real places; `below` a place: it and all places inside."""
    async with server.pool.connection() as connection:
        rows = await locations.find(
            connection, kind=kind, below=below, active=active, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [SavedLocation.model_validate(asdict(row)) for row in rows]


@router.get("/stock/totals")
async def get_totals(
    server: ServerHere,
    response: Response,
    location: Annotated[str, Query(max_length=64)],
    item: CodeQuery = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[StockTotal]:
    """Each item in a place and all places below it."""
    async with server.pool.connection() as connection:
        await account_of(connection, location)
        rows = await totals_below(
            connection, location=location, item=item, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].position if rows else after)
    return [StockTotal.model_validate(asdict(row)) for row in rows]


@router.post("/shipments", status_code=201)
async def post_shipment(server: ServerHere, call: CallHere, body: ShipmentEntry) -> Shipment:
    """Send part of a lot to another place, over a place in transit."""
    answer = await send_stock(server.pool, call, Consignment(**body.model_dump()))
    return Shipment.model_validate(answer)


@router.post("/shipments/{shipment}/{step}")
async def post_arrival(
    server: ServerHere,
    call: CallHere,
    shipment: int,
    step: Literal["receive", "turn-back"],
    body: ShipmentArrival,
) -> Shipment:
    """Receive what was sent, wholly or in part, or turn it back to where it came from."""
    answer = await receive_shipment(
        server.pool,
        call,
        shipment=shipment,
        quantity=body.quantity,
        turn_back=step == "turn-back",
        reason=body.reason,
    )
    return Shipment.model_validate(answer)


@router.get("/shipments")
async def get_shipments(
    server: ServerHere,
    response: Response,
    location: CodeQuery = None,
    open: bool = True,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[Shipment]:
    """Stock on its way from or to a place; `open=false` shows what arrived too."""
    async with server.pool.connection() as connection:
        rows = await shipments.find(
            connection, open_=open, location=location, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Shipment.model_validate(asdict(row)) for row in rows]
