"""Webhooks, and the messages that wait for them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("webhooks")

KEPT = timedelta(days=7)
"""How long delivered messages can be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """Who is told of what, and how that goes."""

    id: int
    name: str
    url: str
    topics: list[str]
    secret: str = field(repr=False)
    old_secret: str | None = field(repr=False)
    old_secret_until: datetime | None
    format: str
    failures: int
    next_try_at: datetime | None
    parked_at: datetime | None
    last_error: str
    last_delivered_at: datetime | None
    created_at: datetime
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message, and what became of it."""

    id: int
    event_id: str
    topic: str
    content_type: str
    body: str
    created_at: datetime
    attempts: int
    delivered_at: datetime | None
    status: int | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """Something to tell everybody who wants its topic."""

    event_id: str
    topic: str
    body: str


async def add(
    connection: Connection,
    *,
    name: str,
    url: str,
    topics: Sequence[str],
    secret: str,
    format: str,
    now: datetime,
    person_id: int | None,
) -> int | None:
    """Its number; None when the name is taken."""
    values = {
        "name": name, "url": url, "topics": list(topics), "secret": secret, "format": format, "now": now,
        "person_id": person_id,
    }  # fmt: skip
    return await fetch_value(connection, _SQL["add"], values)


async def change(
    connection: Connection,
    webhook_id: int,
    *,
    name: str,
    url: str,
    topics: Sequence[str],
    format: str,
) -> bool:
    """Change it; False when there is none."""
    values = {"id": webhook_id, "name": name, "url": url, "topics": list(topics), "format": format}
    return await fetch_value(connection, _SQL["change"], values) is not None


async def rotate(connection: Connection, webhook_id: int, *, secret: str, until: datetime) -> bool:
    """Another secret, the earlier one beside it until then; False when there is no such webhook."""
    values = {"id": webhook_id, "secret": secret, "until": until}
    return await fetch_value(connection, _SQL["rotate"], values) is not None


async def forget_messages(
    connection: Connection, webhook_id: int, event_ids: Sequence[str]
) -> None:
    """Take messages out of the queue, delivered or not."""
    values = {"id": webhook_id, "events": list(event_ids)}
    await connection.execute(_SQL["forget_messages"], values)


async def remove(connection: Connection, webhook_id: int, *, now: datetime) -> bool:
    """Tell nobody any more; False when there is none."""
    found = await fetch_value(connection, _SQL["remove"], {"id": webhook_id, "now": now})
    await connection.execute(_SQL["drop_pending"], {"id": webhook_id})
    return found is not None


async def find(
    connection: Connection, *, webhook_id: int | None = None, after: int = 0, limit: int = 500
) -> list[WebhookRow]:
    """Webhooks by number."""
    values = {"id": webhook_id, "after": after, "limit": limit}
    return await fetch_all(connection, WebhookRow, _SQL["find"], values)


async def lock_cursor(connection: Connection) -> str | None:
    """Up to where the feed was read, for this transaction alone; None before the first time."""
    return await fetch_value(connection, _SQL["lock_cursor"], {})


async def set_cursor(connection: Connection, position: str) -> None:
    """The feed was read up to here."""
    await connection.execute(_SQL["begin_cursor"], {"position": position})
    await connection.execute(_SQL["move_cursor"], {"position": position})


async def enqueue(connection: Connection, messages: Sequence[NewMessage], *, now: datetime) -> None:
    """Messages for every webhook that wants their topic; what an event has told already is not told again."""
    values = {
        "events": [one.event_id for one in messages],
        "topics": [one.topic for one in messages],
        "bodies": [one.body for one in messages],
        "now": now,
    }
    await connection.execute(_SQL["enqueue"], values)


async def enqueue_for(
    connection: Connection,
    webhook_id: int,
    message: NewMessage,
    *,
    content_type: str = "application/json",
    now: datetime,
) -> None:
    """One message for one webhook."""
    values = {
        "id": webhook_id, "event_id": message.event_id, "topic": message.topic, "body": message.body,
        "content_type": content_type, "now": now,
    }  # fmt: skip
    await connection.execute(_SQL["enqueue_for"], values)


async def overfull(connection: Connection, *, most: int) -> list[int]:
    """Webhooks for which more than so many messages wait."""
    return await fetch_column(connection, _SQL["overfull"], {"most": most})


async def drop_pending(connection: Connection, webhook_id: int) -> None:
    """Forget what waits."""
    await connection.execute(_SQL["drop_pending"], {"id": webhook_id})


async def due(connection: Connection, *, now: datetime) -> list[int]:
    """Webhooks that something waits for and whose time has come."""
    return await fetch_column(connection, _SQL["due"], {"now": now})


async def next_message(connection: Connection, webhook_id: int) -> MessageRow | None:
    """What is to be delivered next."""
    return await fetch_one(connection, MessageRow, _SQL["next_message"], {"id": webhook_id})


async def messages(
    connection: Connection,
    webhook_id: int,
    *,
    message_id: int | None = None,
    before: int | None = None,
    pending: bool | None = None,
    limit: int,
) -> list[MessageRow]:
    """Messages, newest first."""
    values = {
        "id": webhook_id, "message": message_id, "before": before, "pending": pending, "limit": limit,
    }  # fmt: skip
    return await fetch_all(connection, MessageRow, _SQL["messages"], values)


async def mark_delivered(
    connection: Connection, webhook_id: int, message_id: int, *, status: int, now: datetime
) -> None:
    """It arrived."""
    values = {"id": webhook_id, "message": message_id, "status": status, "now": now}
    await connection.execute(_SQL["delivered"], values)
    await connection.execute(_SQL["healthy"], values)


async def mark_failed(
    connection: Connection,
    webhook_id: int,
    message_id: int,
    *,
    status: int | None,
    error: str,
    next_try_at: datetime,
    park: bool,
    now: datetime,
) -> None:
    """It did not arrive."""
    values = {
        "id": webhook_id, "message": message_id, "status": status, "error": error, "next_try_at": next_try_at,
        "park": park, "now": now,
    }  # fmt: skip
    await connection.execute(_SQL["undelivered"], values)
    await connection.execute(_SQL["unhealthy"], values)


async def resume(connection: Connection, webhook_id: int) -> bool:
    """Try everything that waits at once; False when there is no such webhook."""
    return await fetch_value(connection, _SQL["resume"], {"id": webhook_id}) is not None


async def trim(connection: Connection, *, now: datetime) -> None:
    """Forget what was delivered longer than KEPT ago."""
    await connection.execute(_SQL["trim"], {"before": now - KEPT})
