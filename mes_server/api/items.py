"""Items, and what a scanned label names."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.items import ItemCard, Scanned
from mes_server.domain.refusal import ITEM, NotFound
from mes_server.operations.read_scan import read_scan_here
from mes_server.storage import item_details

router = APIRouter(tags=["items"], dependencies=[Depends(screens_only)])


@router.get("/items")
async def get_items(
    server: ServerHere,
    response: Response,
    item_class: Annotated[str | None, Query(max_length=64)] = None,
    abc_class: Literal["A", "B", "C"] | None = None,
    gtin: Annotated[str | None, Query(pattern=r"^\d{8,14}$")] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[ItemCard]:
    """Items with their classes, GTIN and units."""
    async with server.pool.connection() as connection:
        rows = await item_details.find(
            connection,
            item_class=item_class,
            abc_class=abc_class,
            gtin=gtin.zfill(14) if gtin else None,
            after=after,
            limit=limit,
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [ItemCard.model_validate(asdict(row)) for row in rows]


@router.get("/items/{code:path}")
async def get_item(server: ServerHere, code: str) -> ItemCard:
    """One item."""
    async with server.pool.connection() as connection:
        rows = await item_details.find(connection, code=code, limit=1)
    if not rows:
        raise NotFound(what=ITEM, name=code)
    return ItemCard.model_validate(asdict(rows[0]))


@router.get("/scan")
async def get_scan(
    server: ServerHere, barcode: Annotated[str, Query(min_length=1, max_length=200)]
) -> Scanned:
    """Item, lot, serial number, quantity, container or place of a scanned text, GS1 or plain."""
    async with server.pool.connection() as connection:
        return Scanned.model_validate(await read_scan_here(connection, barcode))
