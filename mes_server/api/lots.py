"""Lots: listed by what they are, and one of them with all that is known of it."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.lots import Lot, LotCard
from mes_server.domain.refusal import LOT, NotFound
from mes_server.operations.posting_answer import posting_words
from mes_server.storage import lot_cards, stock_effects
from mes_server.storage.lot_cards import LotDetail, LotFilter

router = APIRouter(prefix="/lots", tags=["stock"], dependencies=[Depends(screens_only)])
CodeQuery = Annotated[str | None, Query(max_length=64)]
_BASE = "/api/v1"


@router.get("")
async def get_lots(
    server: ServerHere,
    response: Response,
    code: Annotated[
        str | None,
        Query(min_length=1, max_length=64, description="How its code, or the supplier's, begins"),
    ] = None,
    item: CodeQuery = None,
    status: Annotated[
        Literal["available", "held"] | None, Query(description="Only free ones, or held ones")
    ] = None,
    expires_before: Annotated[
        date | None, Query(description="Only those that expire before this day")
    ] = None,
    supplier_lot: Annotated[
        str | None, Query(max_length=64, description="The supplier's own code, exactly")
    ] = None,
    location: CodeQuery = None,
    below: Annotated[bool, Query(description="Also at the places inside the location")] = False,
    has_stock: Annotated[
        bool | None,
        Query(description="true: only what lies somewhere; false: only what is used up"),
    ] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Limit = 100,
) -> list[Lot]:
    """Lots of one item or of all, used up or not, with their stock in all.

    With `code`, exact ones come first, then the newest; without, they come in the order in which they became known.
    """
    text = code.strip() if code else None
    which = LotFilter(
        code=text or None,
        item=item,
        status=status,
        expires_before=expires_before,
        supplier_lot=supplier_lot,
        location=location,
        below=below,
        has_stock=has_stock,
    )
    async with server.pool.connection() as connection:
        day = await stock_effects.plant_date(connection, now=server.clock.now())
        rows = await lot_cards.find(connection, which, day=day, after=after, limit=limit)
    last = after + len(rows) if which.code else (rows[-1].id if rows else after)
    mark_next(response, rows, limit=limit, after=last)
    return [Lot.model_validate(asdict(row)) for row in rows]


@router.get("/{item}/{lot:path}")
async def get_lot(server: ServerHere, item: str, lot: str) -> LotCard:
    """One lot with its status, where it lies, containers, units that use it, where it came from, its last movements.

    `links` lead to its genealogy both ways, the recall report, all its movements, and why each balance is what it is.
    """
    async with server.pool.connection() as connection, connection.transaction():
        await connection.execute("set transaction isolation level repeatable read, read only")
        day = await stock_effects.plant_date(connection, now=server.clock.now())
        found = await lot_cards.detail(connection, f"{item}/{lot}", day=day)
    if found is None:
        raise NotFound(what=LOT, name=f"{item}/{lot}")
    return LotCard.model_validate(_card(found))


def _card(found: LotDetail) -> dict[str, Any]:
    return {
        **asdict(found.line),
        "at": [asdict(one) for one in found.at],
        "containers": [asdict(one) for one in found.containers],
        "mounted": [asdict(one) for one in found.mounted],
        "serials": found.serials,
        "origin": found.origin and posting_words(found.origin),
        "last_movements": [posting_words(row) for row in found.last_movements],
        "links": _links(found),
    }


def _links(found: LotDetail) -> list[dict[str, str]]:
    item, lot = found.line.item, found.line.lot
    here = f"{_BASE}/lots/{quote(item, safe='')}/{quote(lot, safe='')}"
    links = [
        {"rel": "origins", "href": f"{here}/genealogy?direction=back"},
        {"rel": "uses", "href": f"{here}/genealogy?direction=forward"},
        {"rel": "recall", "href": f"{here}/recall"},
        {"rel": "movements", "href": f"{_BASE}/movements?{urlencode({'item': item, 'lot': lot})}"},
    ]
    for place in found.at:
        asked = urlencode({"item": item, "location": place.location, "lot": lot})
        links.append({"rel": "why", "href": f"{_BASE}/why/balance?{asked}"})
    return links
