"""Every figure can be asked why."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from mes_server.api.access import screens_only
from mes_server.api.pages import Limit
from mes_server.api.server import ServerHere
from mes_server.contract.evidence import WhyGood, WhyMovement
from mes_server.domain.refusal import MOVEMENT, ORDER, NotFound
from mes_server.operations.posting_answer import posting_words
from mes_server.storage import feed, work_orders
from mes_server.storage.evidence import (
    EventRow,
    Place,
    events_of_movement,
    events_of_operation,
    find_command,
    find_ingest,
)
from mes_server.storage.movements import MovementFilter, find_movements

router = APIRouter(prefix="/why", tags=["why"], dependencies=[Depends(screens_only)])
After = Annotated[str | None, Query(pattern=r"^-?\d{1,16}-\d{1,19}$")]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUALITY = {"g": "good", "u": "uncertain", "q": "quarantined"}


@router.get("/movements/{movement_id}")
async def get_why_movement(
    server: ServerHere, movement_id: int, after: After = None, limit: Limit = 100
) -> WhyMovement:
    """The batch of facts, or the person's command, behind a row of the ledger."""
    async with server.pool.connection() as connection:
        rows = await find_movements(connection, MovementFilter(id=movement_id), limit=1)
        if not rows:
            raise NotFound(what=MOVEMENT, name=str(movement_id))
        [row] = rows
        batch = command = None
        events: list[EventRow] = []
        if row.ingest_id is not None:
            batch = await find_ingest(connection, row.ingest_id)
            events = await events_of_movement(
                connection,
                movement_id=movement_id,
                ingest_id=row.ingest_id,
                after=_place(after),
                limit=limit,
            )
        if row.command_id is not None:
            command = await find_command(connection, row.command_id)
    return WhyMovement.model_validate(
        {
            "posting": posting_words(row),
            "batch": asdict(batch) if batch else None,
            "command": asdict(command) if command else None,
            "readings": [_reading(event) for event in events],
            "next": _next(events, limit),
        }
    )


@router.get("/work-orders/{number:path}/good")
async def get_why_good(
    server: ServerHere, number: str, operation: int = 10, after: After = None, limit: Limit = 100
) -> WhyGood:
    """The machine's counts behind an operation's figures."""
    async with server.pool.connection() as connection:
        found = await work_orders.find_operation(connection, number=number, operation=operation)
        if found is None:
            raise NotFound(what=ORDER, name=f"{number}/{operation}")
        cards = await feed.cards(connection, "order", [(found, 0)], now=server.clock.now())
        events = await events_of_operation(
            connection, operation_id=found, after=_place(after), limit=limit
        )
    return WhyGood.model_validate(
        {
            "order": cards[found, 0],
            "readings": [_reading(event) for event in events],
            "next": _next(events, limit),
        }
    )


def _reading(event: EventRow) -> dict[str, Any]:
    return {**asdict(event), "quality": _QUALITY[event.quality]}


def _place(after: str | None) -> Place:
    """The last event of the page before: `microseconds since 1970 - sequence`."""
    if after is None:
        return Place(at=_EPOCH, seq=-1)
    micros, _, seq = after.rpartition("-")
    return Place(at=_EPOCH + timedelta(microseconds=int(micros)), seq=int(seq))


def _next(events: list[EventRow], limit: int) -> str | None:
    if len(events) < limit:
        return None
    micros = (events[-1].at - _EPOCH) // timedelta(microseconds=1)
    return f"{micros}-{events[-1].seq}"
