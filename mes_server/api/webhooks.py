"""Webhooks: added, changed, tested, looked at, resumed and removed."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from mes_server.api.access import CallHere, readers_of, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import Server, ServerHere, wake_readers
from mes_server.contract.webhooks import (
    CreatedWebhook,
    Webhook,
    WebhookAttempt,
    WebhookChange,
    WebhookMessage,
)
from mes_server.domain.refusal import NotFound
from mes_server.domain.webhook import MESSAGE, TEST, WEBHOOK, make_secret
from mes_server.operations import webhooks as operations
from mes_server.operations.command import Call
from mes_server.operations.tell_webhooks import body_of
from mes_server.operations.try_webhook import try_webhook
from mes_server.storage import webhooks
from mes_server.storage.webhooks import MessageRow, WebhookRow

router = APIRouter(
    prefix="/webhooks",
    tags=["webhooks"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)
_READERS = [Depends(readers_of("read-webhooks"))]


@router.post("", status_code=201)
async def post_webhook(
    server: ServerHere, call: CallHere, request: Request, body: WebhookChange
) -> CreatedWebhook:
    """Tell a program of changes from now on. For engineers and administrators; the secret is in this answer only."""
    secret = make_secret(server.mint().bytes + server.mint().bytes)
    wanted = operations.Subscription(**body.model_dump())
    answer = await operations.add_webhook(
        server.pool, call, wanted, secret=secret, own_port=_own_port(request)
    )
    row = await _row(server, answer["id"])
    return CreatedWebhook.model_validate(asdict(row) | {"secret": answer["secret"]})


@router.get("", dependencies=_READERS)
async def get_webhooks(
    server: ServerHere,
    response: Response,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[Webhook]:
    """Webhooks by number, with what waits for each and why."""
    async with server.pool.connection() as connection:
        rows = await webhooks.find(connection, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Webhook.model_validate(asdict(row)) for row in rows]


@router.get("/{webhook_id}", dependencies=_READERS)
async def get_webhook(server: ServerHere, webhook_id: int) -> Webhook:
    """One webhook."""
    return Webhook.model_validate(asdict(await _row(server, webhook_id)))


@router.put("/{webhook_id}")
async def put_webhook(
    server: ServerHere, call: CallHere, request: Request, webhook_id: int, body: WebhookChange
) -> Webhook:
    """Another address, name or choice of topics; the secret and what waits stay."""
    wanted = operations.Subscription(**body.model_dump())
    await operations.change_webhook(
        server.pool, call, webhook_id, wanted, own_port=_own_port(request)
    )
    return Webhook.model_validate(asdict(await _row(server, webhook_id)))


@router.post("/{webhook_id}/rotate-secret")
async def post_rotate(server: ServerHere, call: CallHere, webhook_id: int) -> CreatedWebhook:
    """Exchange the secret: the new one is in this answer only.

    For 24 hours each delivery is signed with both, so that the receiver can change over without losing one.
    """
    secret = make_secret(server.mint().bytes + server.mint().bytes)
    answer = await operations.rotate_webhook(server.pool, call, webhook_id, secret=secret)
    row = await _row(server, webhook_id)
    return CreatedWebhook.model_validate(asdict(row) | {"secret": answer["secret"]})


@router.delete("/{webhook_id}", status_code=204)
async def delete_webhook(server: ServerHere, call: CallHere, webhook_id: int) -> None:
    """Tell it nothing any more; what waits is forgotten."""
    await operations.remove_webhook(server.pool, call, webhook_id)


@router.post("/{webhook_id}/resume")
async def post_resume(server: ServerHere, call: CallHere, webhook_id: int) -> Webhook:
    """Send what waits at once, in its order, also after it was parked."""
    await operations.resume_webhook(server.pool, call, webhook_id)
    return Webhook.model_validate(asdict(await _row(server, webhook_id)))


@router.post("/{webhook_id}/test")
async def post_test(server: ServerHere, call: CallHere, webhook_id: int) -> WebhookAttempt:
    """Send one signed message of type `test` now, and say how that ended."""
    row = await _row(server, webhook_id)
    text = body_of(topic=TEST, at=call.now, data={"webhook": row.name})
    message = MessageRow(
        id=0,
        event_id=f"tst_{call.command_id.hex}",
        topic=TEST,
        content_type="application/json",
        body=text,
        created_at=call.now,
        attempts=0,
        delivered_at=None,
        status=None,
        error="",
    )
    return await _attempt(server, call, row, message)


@router.get("/{webhook_id}/messages", dependencies=_READERS)
async def get_messages(
    server: ServerHere,
    response: Response,
    webhook_id: int,
    pending: Annotated[
        bool | None, Query(description="true: only what waits; false: only what arrived")
    ] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[WebhookMessage]:
    """Messages of a webhook, newest first; delivered ones are kept for seven days."""
    async with server.pool.connection() as connection:
        rows = await webhooks.messages(
            connection, webhook_id, before=after, pending=pending, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [WebhookMessage.model_validate(asdict(row)) for row in rows]


@router.post("/{webhook_id}/messages/{message_id}/resend")
async def post_resend(
    server: ServerHere, call: CallHere, webhook_id: int, message_id: int
) -> WebhookAttempt:
    """Send one message again now, under its own id, out of turn; what waits keeps its order."""
    row = await _row(server, webhook_id)
    async with server.pool.connection() as connection:
        found = await webhooks.messages(connection, webhook_id, message_id=message_id, limit=1)
    if not found:
        raise NotFound(what=MESSAGE, name=str(message_id))
    return await _attempt(server, call, row, found[0])


async def _attempt(
    server: Server, call: Call, row: WebhookRow, message: MessageRow
) -> WebhookAttempt:
    return WebhookAttempt.model_validate(await try_webhook(server.pool, call, row, message))


async def _row(server: Server, webhook_id: int) -> WebhookRow:
    async with server.pool.connection() as connection:
        rows = await webhooks.find(connection, webhook_id=webhook_id)
    if not rows:
        raise NotFound(what=WEBHOOK, name=str(webhook_id))
    return rows[0]


def _own_port(request: Request) -> int | None:
    """The port that this server listens on."""
    own = request.scope.get("server")
    return own[1] if own else None
