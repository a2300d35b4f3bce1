"""The feed becomes messages, and the messages are delivered: in their order, at least once, again after a failure.

Messages are written in the transaction that moves the cursor, so nothing is missed or doubled by a restart; a message
that arrived but whose arrival could not be noted is sent again under the same id.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
import structlog
from psycopg import Error
from psycopg_pool import PoolTimeout

from device_profiles.program import Clock
from mes_server.domain.webhook import (
    FAILURES_MAX,
    PENDING_MAX,
    RESET,
    next_wait,
    sign,
)
from mes_server.storage import feed, webhooks
from mes_server.storage.database import Connection, Pool
from mes_server.storage.feed_hub import FeedHub
from mes_server.storage.webhooks import MessageRow, NewMessage, WebhookRow

PAGE = 200
"""Changes that become messages in one transaction."""
TIMEOUT_S = 10.0
"""How long a receiver may take to answer."""
ANSWER_MAX = 500
"""Characters of a receiver's answer that are kept."""
HOP = "Lineside-Hop"
"""Sent with every delivery; a request with it is refused by our own door, so nobody can build a loop."""
GONE, LOOP = 410, 508

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How one attempt ended."""

    status: int | None
    error: str

    @property
    def well(self) -> bool:
        """Whether the receiver took it."""
        return not self.error


def body_of(*, topic: str, at: datetime, data: object) -> str:
    """What a receiver gets: `{type, timestamp, data}`."""
    return json.dumps(
        {"type": topic, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False
    )


async def fan_out(pool: Pool, *, now: datetime) -> int:
    """Turn the next page of the feed into messages; returns how many changes were read."""
    async with pool.connection() as connection:
        if not await webhooks.find(connection, limit=1):
            return 0
        async with connection.transaction():
            return await _fan_out(connection, now)


async def _fan_out(connection: Connection, now: datetime) -> int:
    position = await webhooks.lock_cursor(connection)
    if position is None:
        return 0
    if not await feed.is_kept(connection, position):
        head = await feed.head(connection)
        _LOG.warning("webhooks_reset", position=position, head=head)
        await webhooks.enqueue(connection, [_reset(head, now)], now=now)
        await webhooks.set_cursor(connection, head)
        return 1
    page = await feed.read_page(connection, position, limit=PAGE, now=now)
    if page.through == position:
        return 0
    messages = [
        NewMessage(
            event_id=f"evt_{row.position}",
            topic=row.topic,
            body=body_of(
                topic=row.topic,
                at=row.at,
                data={"position": row.position, "key": row.key, "card": row.payload},
            ),
        )
        for row in page.rows
    ]
    await webhooks.enqueue(connection, messages, now=now)
    await webhooks.set_cursor(connection, page.through)
    await _relieve(connection, page.through, now)
    return PAGE


async def _relieve(connection: Connection, position: str, now: datetime) -> None:
    for webhook in await webhooks.overfull(connection, most=PENDING_MAX):
        await webhooks.drop_pending(connection, webhook)
        await webhooks.enqueue_for(connection, webhook, _reset(position, now), now=now)


def _reset(position: str, now: datetime) -> NewMessage:
    """Tells a receiver that changes are missing: it takes `GET /plant` anew."""
    data = {"position": position, "take": "/api/v1/plant"}
    return NewMessage(
        event_id=f"rst_{position}", topic=RESET, body=body_of(topic=RESET, at=now, data=data)
    )


async def send(
    http: httpx.AsyncClient, webhook: WebhookRow, message: MessageRow, *, now: datetime
) -> Delivered:
    """One attempt, signed."""
    body = message.body.encode()
    headers = {
        **sign(secrets=_secrets(webhook, now), message_id=message.event_id, at=now, body=body),
        "Content-Type": message.content_type,
        "User-Agent": "Lineside",
        HOP: "1",
    }
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer = await http.post(webhook.url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        return Delivered(status=None, error=f"{type(error).__name__}: {error}"[:ANSWER_MAX])
    if answer.is_success:
        return Delivered(status=answer.status_code, error="")
    said = answer.text[:ANSWER_MAX] if len(answer.content) < 100_000 else ""
    return Delivered(status=answer.status_code, error=f"HTTP {answer.status_code} {said}".strip())


def _secrets(webhook: WebhookRow, now: datetime) -> list[str]:
    """The secret, and the one before while receivers may not know the new one yet."""
    old, until = webhook.old_secret, webhook.old_secret_until
    return [webhook.secret, *([old] if old and until and now < until else [])]


def make_client() -> httpx.AsyncClient:
    """A client that waits no longer than it should, follows nobody, and takes no settings from its surroundings."""
    return httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)


class Messenger:
    """Runs beside the server: one task a receiver, so that a slow one holds up nobody else."""

    def __init__(
        self, *, pool: Pool, hub: FeedHub, clock: Clock, roll: Callable[[], float]
    ) -> None:
        self._pool, self._hub, self._clock, self._roll = pool, hub, clock, roll
        self._busy: set[int] = set()

    async def run(self) -> None:
        """Read the feed and deliver until the process stops; a database that is away is tried again each second."""
        async with make_client() as http, asyncio.TaskGroup() as tasks:
            while not self._hub.closed:
                commit = self._hub.next_commit()
                try:
                    read = await fan_out(self._pool, now=self._clock.now())
                    async with self._pool.connection() as connection:
                        due = await webhooks.due(connection, now=self._clock.now())
                except (Error, PoolTimeout) as error:
                    _LOG.warning("webhooks_interrupted", error=str(error))
                    await self._hub.wait(commit=asyncio.Event())
                    continue
                for webhook in set(due) - self._busy:
                    self._busy.add(webhook)
                    tasks.create_task(self._drain(http, webhook))
                if not read:
                    await self._hub.wait(commit=commit)

    async def _drain(self, http: httpx.AsyncClient, webhook_id: int) -> None:
        """Deliver what waits for one receiver, one after the other, until there is nothing or it fails."""
        try:
            while not self._hub.closed and await self._deliver_next(http, webhook_id):
                pass
        except (Error, PoolTimeout) as error:
            _LOG.warning("webhook_interrupted", webhook=webhook_id, error=str(error))
        finally:
            self._busy.discard(webhook_id)

    async def _deliver_next(self, http: httpx.AsyncClient, webhook_id: int) -> bool:
        """Whether there is more to do now."""
        async with self._pool.connection() as connection:
            found = await webhooks.find(connection, webhook_id=webhook_id)
            message = await webhooks.next_message(connection, webhook_id)
        if not found or found[0].parked_at is not None or message is None:
            return False
        webhook = found[0]
        delivered = await send(http, webhook, message, now=self._clock.now())
        now = self._clock.now()
        async with self._pool.connection() as connection, connection.transaction():
            if delivered.well:
                assert delivered.status is not None
                await webhooks.mark_delivered(
                    connection, webhook_id, message.id, status=delivered.status, now=now
                )
                return True
            failures = webhook.failures + 1
            park = failures >= FAILURES_MAX or delivered.status in (GONE, LOOP)
            await webhooks.mark_failed(
                connection,
                webhook_id,
                message.id,
                status=delivered.status,
                error=delivered.error,
                next_try_at=now + next_wait(failures, roll=self._roll()),
                park=park,
                now=now,
            )
        _LOG.warning(
            "webhook_failed",
            webhook=webhook.name,
            failures=failures,
            parked=park,
            error=delivered.error,
        )
        return False
