"""What the routers work with: the pool, the hub, the clock and the plant, put together by compose."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from device_profiles.plant import Plant
from device_profiles.program import Clock
from mes_server.api.feed_tail import FeedTail
from mes_server.domain.shift_calendar import ShiftCalendar
from mes_server.storage.database import Pool
from mes_server.storage.feed_hub import FeedHub


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Bearer tokens of the services that may call."""

    gateway: str
    hmi: str
    admin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One running server."""

    pool: Pool
    hub: FeedHub
    tail: FeedTail
    clock: Clock
    plant: Plant
    tokens: Tokens
    mint: Callable[[], UUID]
    """A new identity each time."""
    shifts: ShiftCalendar
    history_keep_days: int = 0
    """How long single facts are kept; 0: for ever."""


def server_of(request: Request) -> Server:
    """The server behind a request."""
    server = request.app.state.server
    assert isinstance(server, Server)
    return server


async def server_here(request: Request) -> Server:
    """`server_of` as a dependency: a plain function would wait for a thread, each time."""
    return server_of(request)


ServerHere = Annotated[Server, Depends(server_here)]


async def wake_readers(server: ServerHere, request: Request) -> AsyncIterator[None]:
    """For routers whose commands change what screens show: after the commit, the feed's readers look at once."""
    yield
    if request.method != "GET":
        server.hub.poke()
