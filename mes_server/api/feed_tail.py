"""One reader of the feed for all screens of this process: each change is read, made into a card and encoded once."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from psycopg import Error
from psycopg_pool import PoolTimeout

from device_profiles.program import Clock
from mes_server.contract.feed import FeedEvent
from mes_server.storage import feed
from mes_server.storage.database import Connection, Pool
from mes_server.storage.feed_hub import FeedHub

PAGE = 4_000
"""Changes read at a time; a card that changed several times among them is made once."""
REST = 2.0
"""Times as long as it read, the reader then leaves the server to others: it follows at once when little happens, and
takes a third of one core at most when much does."""
REST_MAX_S = 0.5
KEPT = 2_000
"""Messages kept in memory; a screen that is further behind is served from the database."""
Place = tuple[int, int]
"""A feed position that compares."""

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One change as a server-sent event."""

    place: Place
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages, and the place up to which there are no others."""

    messages: Sequence[Message]
    through: Place


class FeedTail:
    """Follows the feed from the moment `run` begins; screens ask for what came after their own place."""

    def __init__(self, *, pool: Pool, commits: FeedHub, clock: Clock) -> None:
        self._pool = pool
        self._commits = commits
        self._clock = clock
        self._news = FeedHub()
        self._kept: deque[Message] = deque()
        self._from: Place | None = None
        self._through: Place = (0, 0)

    @property
    def closed(self) -> bool:
        """True once the process is stopping."""
        return self._commits.closed

    def next_change(self) -> asyncio.Event:
        """Take this before asking `since` and `wait` for it afterwards."""
        return self._news.next_commit()

    async def wait(self, change: asyncio.Event) -> None:
        """Return when there is something new since `change` was taken, or after a second."""
        await self._news.wait(commit=change)

    def since(self, place: Place) -> Page | None:
        """Changes after `place`, oldest first; None when they are not all in memory, or the place is not reached yet."""
        if self._from is None or place < self._from or place > self._through:
            return None
        messages = [message for message in self._kept if message.place > place]
        return Page(messages=messages, through=max(place, self._through))

    async def stored(self, place: Place) -> Page | None:
        """The next changes after `place` from the database; None when they are no longer kept."""
        position = _position(place)
        async with self._pool.connection() as connection:
            if not await feed.is_kept(connection, position):
                return None
            return await self._page(position, connection)

    async def run(self) -> None:
        """Follow until the process stops; a database that is away is tried again each second."""
        while not self._commits.closed:
            try:
                await self._follow()
            except (Error, PoolTimeout) as error:
                _LOG.warning("feed_interrupted", error=str(error))
                await self._commits.wait(commit=asyncio.Event())
        self._news.close()

    def close(self) -> None:
        """Wake all screens for good."""
        self._news.close()

    async def _follow(self) -> None:
        """Read what is new; wait for the next commit when there was nothing."""
        commit = self._commits.next_commit()
        begun = self._clock.monotonic()
        async with self._pool.connection() as connection:
            if self._from is None:
                self._from = self._through = feed.place_of(await feed.head(connection))
            page = await self._page(_position(self._through), connection)
        if page.through == self._through:
            await self._commits.wait(commit=commit)
            return
        self._through = page.through
        self._kept.extend(page.messages)
        while len(self._kept) > KEPT:
            self._from = self._kept.popleft().place
        if page.messages:
            self._news.poke()
        spent = self._clock.monotonic() - begun
        await self._clock.sleep(min(REST * spent, REST_MAX_S))

    async def _page(self, position: str, connection: Connection) -> Page:
        page = await feed.read_page(connection, position, limit=PAGE, now=self._clock.now())
        return Page(
            messages=[
                Message(place=feed.place_of(row.position), data=_encode(row)) for row in page.rows
            ],
            through=feed.place_of(page.through),
        )


def _position(place: Place) -> str:
    return f"{place[0]}-{place[1]}"


def _encode(row: feed.FeedRow) -> bytes:
    event = FeedEvent.model_validate(
        {
            "position": row.position,
            "topic": row.topic,
            "key": row.key,
            "at": row.at,
            "payload": row.payload,
        }
    )
    return f"id: {row.position}\nevent: {row.topic}\ndata: {event.model_dump_json()}\n\n".encode()
