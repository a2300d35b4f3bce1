"""Kanban cards: found, scanned, and following the call or the proposal they went with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.storage.binary_values import integers
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("cards")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """A card and its loop."""

    id: int
    code: str
    state: str
    call: int | None
    proposal: int | None
    changed_at: datetime
    item: str
    item_name: dict[str, str]
    unit: str
    location: str
    location_name: dict[str, str]
    source: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCard:
    """A card that is about to change."""

    id: int
    code: str
    state: str
    loop_id: int
    item_id: int
    location_id: int
    order_quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFilter:
    """Which cards are asked for; `after` is the last code of the page before."""

    item: str | None = None
    location: str | None = None
    state: str | None = None
    code: str | None = None
    after: str = ""


async def find_cards(connection: Connection, which: CardFilter, *, limit: int) -> list[CardRow]:
    """Cards by code."""
    values = {
        "item": which.item,
        "location": which.location,
        "state": which.state,
        "code": which.code,
        "after": which.after,
        "limit": limit,
    }
    return await fetch_all(connection, CardRow, _SQL["find"], values)


async def place_of(connection: Connection, code: str) -> frozenset[tuple[int, int]]:
    """(item, location) of the card's container; empty when there is no such card."""
    cursor = await connection.execute(_SQL["place_of"], {"code": code})
    return frozenset((item, place) for item, place in await cursor.fetchall())


async def lock_card(connection: Connection, code: str) -> LockedCard | None:
    """The card, locked until the transaction ends."""
    return await fetch_one(connection, LockedCard, _SQL["lock"], {"code": code})


async def set_card_state(
    connection: Connection, card_id: int, *, state: str, now: datetime, person_id: int | None
) -> None:
    """Keep what a scan said."""
    values = {"card_id": card_id, "state": state, "now": now, "person_id": person_id}
    await connection.execute(_SQL["set_state"], values)


async def join_call(
    connection: Connection, card: LockedCard, *, reason: str, now: datetime, command_id: UUID
) -> int | None:
    """Let the loop's call grow by an empty card while nobody has accepted it; the call's number, or None."""
    values = {
        "card_id": card.id,
        "loop_id": card.loop_id,
        "quantity": card.order_quantity,
        "reason": reason,
        "now": now,
        "command_id": command_id,
    }
    return await fetch_value(connection, _SQL["join_call"], values)


async def join_proposal(connection: Connection, card: LockedCard) -> int | None:
    """Let the loop's proposal grow by an empty card while nobody has decided about it; its number, or None."""
    values = {"card_id": card.id, "loop_id": card.loop_id, "quantity": card.order_quantity}
    return await fetch_value(connection, _SQL["join_proposal"], values)


async def follow_supply(
    connection: Connection, places: Collection[tuple[int, int]], *, now: datetime
) -> None:
    """Bring the cards at these (item, location) pairs to what has come of what was bought or made for them."""
    ordered = sorted(places)
    values = {
        "items": integers(item for item, _ in ordered),
        "places": integers(place for _, place in ordered),
        "now": now,
    }
    await connection.execute(_SQL["follow_supply"], values)


async def leave_proposal(
    connection: Connection, proposal_id: int, *, now: datetime, person_id: int | None
) -> None:
    """Let the cards of a proposal be empty again."""
    values = {"proposal_id": proposal_id, "now": now, "person_id": person_id}
    await connection.execute(_SQL["leave_proposal"], values)


async def lock_loop_cards(connection: Connection, loop_id: int) -> dict[str, str]:
    """Code -> state of a loop's cards, locked."""
    cursor = await connection.execute(_SQL["lock_loop_cards"], {"loop_id": loop_id})
    return dict(await cursor.fetchall())


async def add_cards(
    connection: Connection,
    loop_id: int,
    codes: Sequence[str],
    *,
    now: datetime,
    person_id: int | None,
) -> None:
    """Give a loop more cards, full ones."""
    values = {"loop_id": loop_id, "codes": list(codes), "now": now, "person_id": person_id}
    await connection.execute(_SQL["add"], values)


async def drop_cards(connection: Connection, loop_id: int, codes: Sequence[str]) -> None:
    """Take cards from a loop."""
    await connection.execute(_SQL["drop"], {"loop_id": loop_id, "codes": list(codes)})


async def follow_call(
    connection: Connection,
    signal_id: int,
    *,
    state: str,
    delivered: Decimal,
    at: datetime,
    person_id: int | None,
) -> None:
    """Bring the cards of a call to the call's state."""
    values = {
        "signal_id": signal_id,
        "state": state,
        "delivered": delivered,
        "at": at,
        "person_id": person_id,
    }
    await connection.execute(_SQL["follow_call"], values)
