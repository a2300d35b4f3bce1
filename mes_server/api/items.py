"""Items, and what a scanned label names."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.bills import ETAG
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.items import ItemCard, ItemChange, Scanned
from mes_server.contract.shape import CODE
from mes_server.domain.refusal import ITEM, NotFound
from mes_server.operations.read_scan import read_scan_here
from mes_server.operations.save_item import save_item
from mes_server.storage import item_details
from mes_server.storage.versions import version_of

router = APIRouter(tags=["items"], dependencies=[Depends(screens_only)])


@router.get("/items")
async def get_items(
    server: ServerHere,
    response: Response,
    item_class: Annotated[str | None, Query(max_length=64)] = None,
    abc_class: Literal["A", "B", "C"] | None = None,
    gtin: Annotated[str | None, Query(pattern=r"^\d{8,14}$")] = None,
    procurement: Literal["make", "buy"] | None = None,
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
            procurement=procurement,
            after=after,
            limit=limit,
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [ItemCard.model_validate(asdict(row)) for row in rows]


@router.get("/items/{code:path}", responses=ETAG)
async def get_item(server: ServerHere, response: Response, code: str) -> ItemCard:
    """One item; its version is in `ETag`."""
    async with server.pool.connection() as connection:
        version = await version_of(connection, "item", code)
        rows = await item_details.find(connection, code=code, limit=1)
    if not rows:
        raise NotFound(what=ITEM, name=code)
    response.headers["ETag"] = f'"{version}"'
    return ItemCard.model_validate(asdict(rows[0]))


@router.put("/items/{code:path}", responses=ETAG, dependencies=[Depends(wake_readers)])
async def put_item(
    server: ServerHere,
    response: Response,
    call: CallHere,
    code: Annotated[str, Path(max_length=64, pattern=CODE)],
    body: ItemChange,
) -> ItemCard:
    """Make an item, or change it whole: what is left out is empty from now on.

    With `If-Match`, 412 says that somebody else was faster; `"0"` makes sure that it is new.
    """
    answer = await save_item(
        server.pool, call, code=code, item=body.model_dump(mode="json"), plant=server.plant
    )
    response.headers["ETag"] = f'"{answer["version"]}"'
    return ItemCard.model_validate(answer["item"])


@router.get("/scan")
async def get_scan(
    server: ServerHere, barcode: Annotated[str, Query(min_length=1, max_length=200)]
) -> Scanned:
    """Item, lot, serial number, quantity, container or place of a scanned text, GS1 or plain."""
    async with server.pool.connection() as connection:
        return Scanned.model_validate(await read_scan_here(connection, barcode))
