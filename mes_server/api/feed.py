"""The live feed as server-sent events: `id:` is the position, `event:` the topic, `data:` a FeedEvent."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from mes_server.api.access import screens_only
from mes_server.api.feed_tail import Place
from mes_server.api.server import Server, ServerHere
from mes_server.storage.feed import UnknownPosition, place_of

router = APIRouter(tags=["live"], dependencies=[Depends(screens_only)])

BEAT_S = 2.0
"""A comment at least so often: a screen that hears nothing for longer knows that the server is frozen."""
_RESET = b"event: reset\ndata: {}\n\n"
_BEAT = b": beat\n\n"


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: 1048-17\nevent: stock\ndata: {"position": "1048-17", "topic": "stock", '
                '"key": "M1-LS/PP-RESIN", "at": "2026-03-02T12:00:00Z", "payload": {}}\n\n: beat\n\n',
            }
        }
    }
}


@router.get("/feed", response_class=StreamingResponse, responses=_STREAM)
async def get_feed(
    server: ServerHere,
    after: Annotated[str, Query(max_length=48)] = "0-0",
    last_event_id: Annotated[str | None, Header(max_length=48)] = None,
) -> StreamingResponse:
    """Changed cards after a position (`after`, or `Last-Event-ID` when a browser comes back), as long as you listen.

    `event: reset` means that the position is not, or no longer, known: take `/plant` again and follow its position.
    """
    try:
        place = place_of(last_event_id or after)
    except UnknownPosition:
        place = None
    return StreamingResponse(
        _events(server, place),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(server: Server, place: Place | None) -> AsyncIterator[bytes]:
    """The stream; no database connection is held while it waits or sends."""
    yield _BEAT
    beat_at = server.clock.monotonic()
    while not server.tail.closed:
        change = server.tail.next_change()
        page = None if place is None else server.tail.since(place)
        if page is None and place is not None:
            page = await server.tail.stored(place)
        if page is None:
            yield _RESET
            return
        for message in page.messages:
            yield message.data
        moved = page.through != place
        place = page.through
        if server.clock.monotonic() - beat_at >= BEAT_S:
            beat_at = server.clock.monotonic()
            yield _BEAT
        if not moved:
            await server.tail.wait(change)
