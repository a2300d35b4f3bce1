"""Kanban cards: given to loops, listed, scanned."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.replenishment import (
    CardCount,
    Cards,
    CardScan,
    CardScanned,
    CardState,
    KanbanCard,
)
from mes_server.domain import kanban
from mes_server.operations.kanban_cards import scan_card, set_cards
from mes_server.storage.cards import CardFilter, find_cards

router = APIRouter(
    prefix="/kanban-cards",
    tags=["replenishment"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)
CodeQuery = Annotated[str | None, Query(max_length=64)]


@router.get("")
async def get_cards(
    server: ServerHere,
    response: Response,
    item: CodeQuery = None,
    location: CodeQuery = None,
    state: CardState | None = None,
    code: CodeQuery = None,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Limit = 100,
) -> list[KanbanCard]:
    """Cards by code."""
    which = CardFilter(item=item, location=location, state=state, code=code, after=after)
    async with server.pool.connection() as connection:
        rows = await find_cards(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].code if rows else after)
    return [KanbanCard.model_validate(asdict(row)) for row in rows]


@router.put("")
async def put_cards(server: ServerHere, call: CallHere, body: CardCount) -> Cards:
    """Give a loop so many cards; new ones begin full, and only idle ones can go."""
    answer = await set_cards(
        server.pool, call, item=body.item, location=body.location, count=body.count
    )
    return Cards.model_validate(answer)


@router.post("/{code}/scan")
async def post_scan(server: ServerHere, call: CallHere, code: str, body: CardScan) -> CardScanned:
    """Somebody scans a card: full -> in use -> empty, or straight to the state given. An empty card calls."""
    state = None if body.state is None else kanban.CardState(body.state)
    return CardScanned.model_validate(await scan_card(server.pool, call, card=code, state=state))
