"""Administrators and engineers say who is told of what; a receiver that failed for long is resumed by hand."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mes_server.domain.refusal import AlreadyExists, NotFound
from mes_server.domain.webhook import (
    CALLS_ITSELF,
    NO_URL,
    NOT_FOUND_HOST,
    OLD_SECRET_FOR,
    WEBHOOK,
    WEBHOOKS_MAX,
    TooManyWebhooks,
    UrlUnusable,
)
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import feed, webhooks
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told of what, and in which form ERP documents come."""

    name: str
    url: str
    topics: Sequence[str]
    format: str


async def add_webhook(
    pool: Pool, call: Call, wanted: Subscription, *, secret: str, own_port: int | None
) -> Answer:
    """Register a receiver. Answers `{id, secret}`, the secret only once.

    Raises UrlUnusable, AlreadyExists or TooManyWebhooks.
    """
    await check_url(wanted.url, own_port=own_port)

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        known = await webhooks.find(connection)
        if len(known) >= WEBHOOKS_MAX:
            raise TooManyWebhooks(most=WEBHOOKS_MAX)
        if not known:
            await webhooks.set_cursor(connection, await feed.head(connection))
        added = await webhooks.add(
            connection,
            name=wanted.name,
            url=wanted.url,
            topics=wanted.topics,
            secret=secret,
            format=wanted.format,
            now=transaction.now,
            person_id=transaction.person_id,
        )
        if added is None:
            raise AlreadyExists(what=WEBHOOK, name=wanted.name)
        return Outcome(answer={"id": added})

    answer = await run_command(pool, call, kind="add-webhook", given=_given(wanted), work=work)
    async with pool.connection() as connection:
        [row] = await webhooks.find(connection, webhook_id=answer["id"])
    return {**answer, "secret": secret if row.secret == secret else None}


async def change_webhook(
    pool: Pool, call: Call, webhook_id: int, wanted: Subscription, *, own_port: int | None
) -> Answer:
    """Another address, name or choice of topics. Answers `{id}`; raises NotFound or UrlUnusable."""
    await check_url(wanted.url, own_port=own_port)

    async def work(transaction: Transaction) -> Outcome:
        changed = await webhooks.change(
            transaction.connection,
            webhook_id,
            name=wanted.name,
            url=wanted.url,
            topics=wanted.topics,
            format=wanted.format,
        )
        return _found(changed, webhook_id)

    given = {"id": webhook_id, **_given(wanted)}
    return await run_command(pool, call, kind="change-webhook", given=given, work=work)


async def rotate_webhook(pool: Pool, call: Call, webhook_id: int, *, secret: str) -> Answer:
    """Another secret; for a day deliveries are signed with the earlier one too. Answers `{id, secret}`, the secret
    only once; raises NotFound."""

    async def work(transaction: Transaction) -> Outcome:
        until = transaction.now + OLD_SECRET_FOR
        rotated = await webhooks.rotate(
            transaction.connection, webhook_id, secret=secret, until=until
        )
        return _found(rotated, webhook_id)

    answer = await run_command(
        pool, call, kind="rotate-webhook", given={"id": webhook_id}, work=work
    )
    async with pool.connection() as connection:
        found = await webhooks.find(connection, webhook_id=webhook_id)
    shown = bool(found) and found[0].secret == secret
    return {**answer, "secret": secret if shown else None}


async def remove_webhook(pool: Pool, call: Call, webhook_id: int) -> Answer:
    """Tell it nothing any more. Answers `{id}`; raises NotFound."""

    async def work(transaction: Transaction) -> Outcome:
        removed = await webhooks.remove(transaction.connection, webhook_id, now=transaction.now)
        return _found(removed, webhook_id)

    return await run_command(pool, call, kind="remove-webhook", given={"id": webhook_id}, work=work)


async def resume_webhook(pool: Pool, call: Call, webhook_id: int) -> Answer:
    """Try what waits at once, in its order. Answers `{id}`; raises NotFound."""

    async def work(transaction: Transaction) -> Outcome:
        return _found(await webhooks.resume(transaction.connection, webhook_id), webhook_id)

    return await run_command(pool, call, kind="resume-webhook", given={"id": webhook_id}, work=work)


def _given(wanted: Subscription) -> dict[str, object]:
    return {
        "name": wanted.name,
        "url": wanted.url,
        "topics": list(wanted.topics),
        "format": wanted.format,
    }


def _found(there: bool, webhook_id: int) -> Outcome:
    if not there:
        raise NotFound(what=WEBHOOK, name=str(webhook_id))
    return Outcome(answer={"id": webhook_id})


async def check_url(url: str, *, own_port: int | None) -> None:
    """Raises UrlUnusable for what is no http address, or our own."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise UrlUnusable(why=NO_URL) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UrlUnusable(why=NO_URL)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, port, type=socket.SOCK_STREAM
        )
    except OSError:
        raise UrlUnusable(why=NOT_FOUND_HOST) from None
    if port == own_port and any(_is_ours(family, address[0]) for family, _, _, _, address in found):
        raise UrlUnusable(why=CALLS_ITSELF)


def _is_ours(family: int, address: str | int) -> bool:
    """Whether an address is one of this machine's: nobody can listen on another's."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
