"""Suppliers and purchase orders: made, confirmed, received against, closed."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import Server, ServerHere, wake_readers
from mes_server.contract.purchasing import (
    PurchaseConfirmation,
    PurchaseDelivery,
    PurchaseEnd,
    PurchaseOrder,
    PurchaseOrderNew,
    PurchaseReceived,
    Supplier,
)
from mes_server.domain.purchase import PURCHASE
from mes_server.domain.refusal import NotFound
from mes_server.operations.purchase_order import (
    LineChange,
    OrderedLine,
    confirm_purchase,
    create_purchase_order,
    end_purchase,
)
from mes_server.operations.receive_purchase import Delivery, receive_purchase
from mes_server.operations.save_supplier import save_supplier
from mes_server.storage.purchases import PurchaseFilter, find_purchases
from mes_server.storage.suppliers import find_suppliers

router = APIRouter(tags=["purchasing"], dependencies=[Depends(screens_only), Depends(wake_readers)])
CodeQuery = Annotated[str | None, Query(max_length=64)]


@router.get("/suppliers")
async def get_suppliers(
    server: ServerHere,
    response: Response,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Limit = 100,
) -> list[Supplier]:
    """Suppliers by code."""
    async with server.pool.connection() as connection:
        rows = await find_suppliers(connection, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].code if rows else after)
    return [Supplier(code=row.code, name=row.name, active=row.active) for row in rows]


@router.put("/suppliers")
async def put_supplier(server: ServerHere, call: CallHere, body: Supplier) -> Supplier:
    """Make a supplier, or give it another name; an inactive one gets no new orders."""
    answer = await save_supplier(
        server.pool, call, code=body.code, name=body.name, active=body.active
    )
    return Supplier.model_validate(answer)


@router.get("/purchase-orders")
async def get_purchase_orders(
    server: ServerHere,
    response: Response,
    supplier: CodeQuery = None,
    state: Literal["open", "confirmed", "closed", "cancelled"] | None = None,
    item: CodeQuery = None,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Limit = 100,
) -> list[PurchaseOrder]:
    """Purchase orders by number, with lines and receipts."""
    which = PurchaseFilter(supplier=supplier, state=state, item=item, after=after)
    async with server.pool.connection() as connection:
        rows = await find_purchases(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].number if rows else after)
    return [PurchaseOrder.model_validate(asdict(row)) for row in rows]


@router.get("/purchase-orders/{number}")
async def get_purchase_order(server: ServerHere, number: str) -> PurchaseOrder:
    """One purchase order."""
    return await _order(server, number)


@router.post("/purchase-orders", status_code=201)
async def post_purchase_order(
    server: ServerHere, call: CallHere, body: PurchaseOrderNew
) -> PurchaseOrder:
    """Order from a supplier; what is ordered counts as open supply at once."""
    lines = [OrderedLine(**line.model_dump()) for line in body.lines]
    await create_purchase_order(
        server.pool, call, number=body.number, supplier=body.supplier, lines=lines
    )
    return await _order(server, body.number)


@router.post("/purchase-orders/{number}/confirm")
async def post_confirmation(
    server: ServerHere, call: CallHere, number: str, body: PurchaseConfirmation
) -> PurchaseOrder:
    """The supplier confirms, maybe other quantities, prices and dates."""
    changes = [LineChange(**change.model_dump()) for change in body.changes]
    await confirm_purchase(
        server.pool, call, number=number, reference=body.reference, changes=changes
    )
    return await _order(server, number)


@router.post("/purchase-orders/{number}/lines/{line}/receive", status_code=201)
async def post_delivery(
    server: ServerHere, call: CallHere, number: str, line: int, body: PurchaseDelivery
) -> PurchaseReceived:
    """Goods arrive against a line, in part or whole; beyond the line's tolerance it is refused."""
    delivery = Delivery(number=number, line=line, **body.model_dump())
    return PurchaseReceived.model_validate(await receive_purchase(server.pool, call, delivery))


@router.post("/purchase-orders/{number}/close")
async def post_close(
    server: ServerHere, call: CallHere, number: str, body: PurchaseEnd
) -> PurchaseOrder:
    """Nothing more is expected of the order, or of one line."""
    await end_purchase(
        server.pool, call, number=number, line=body.line, cancelled=False, reason=body.reason
    )
    return await _order(server, number)


@router.post("/purchase-orders/{number}/cancel")
async def post_cancel(
    server: ServerHere, call: CallHere, number: str, body: PurchaseEnd
) -> PurchaseOrder:
    """Call the whole order off, while nothing of it has come."""
    await end_purchase(
        server.pool, call, number=number, line=None, cancelled=True, reason=body.reason
    )
    return await _order(server, number)


async def _order(server: Server, number: str) -> PurchaseOrder:
    async with server.pool.connection() as connection:
        rows = await find_purchases(connection, PurchaseFilter(number=number), limit=1)
    if not rows:
        raise NotFound(what=PURCHASE, name=number)
    return PurchaseOrder.model_validate(asdict(rows[0]))
