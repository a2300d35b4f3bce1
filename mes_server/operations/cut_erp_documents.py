"""What was booked becomes documents for the ERP system: each posting stands in exactly one, in one transaction with it."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from psycopg import Error
from psycopg_pool import PoolTimeout

from device_profiles.program import Clock
from mes_server.domain.b2mml import to_xml
from mes_server.domain.erp_document import Parcel, document_of, parcel
from mes_server.domain.refusal import plain
from mes_server.domain.webhook import ERP_DOCUMENT
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import erp_outbox, webhooks
from mes_server.storage.database import Connection, Pool
from mes_server.storage.erp_outbox import DocumentFilter, DocumentRow
from mes_server.storage.feed_hub import FeedHub
from mes_server.storage.webhooks import NewMessage, WebhookRow

POSTINGS_MAX = 5_000
"""Postings that are cut in one transaction."""

Mint = Callable[[], UUID]
_LOG: structlog.stdlib.BoundLogger = structlog.get_logger()


async def cut_documents(pool: Pool, *, now: datetime, mint: Mint) -> int:
    """Cut what was booked since the last time, and tell those who want it pushed; how many documents there are more."""
    cut = 0
    while True:
        async with pool.connection() as connection, connection.transaction():
            floor = await erp_outbox.take_turn(connection)
            postings = await erp_outbox.pending(connection, floor=floor, limit=POSTINGS_MAX)
            parcels = parcel(postings)
            await _keep(connection, parcels, now=now, mint=mint)
        cut += len(parcels)
        if len(postings) < POSTINGS_MAX:
            return cut


async def _keep(
    connection: Connection, parcels: list[Parcel], *, now: datetime, mint: Mint
) -> None:
    if not parcels:
        return
    site = await erp_outbox.site(connection)
    keys = [f"{one.work_order}/{one.operation}" for one in parcels if one.work_order]
    progress = await erp_outbox.progress(connection, keys)
    wanting = [one for one in await webhooks.find(connection) if ERP_DOCUMENT in one.topics]
    for one in parcels:
        identity = mint()
        sequence = await erp_outbox.add(
            connection,
            id=identity,
            kind=one.kind,
            work_order=one.work_order,
            operation=one.operation,
            postings=one.postings,
            document=document_of(
                one, site=site, progress=progress.get(f"{one.work_order}/{one.operation}")
            ),
            now=now,
        )
        if not wanting:
            continue
        which = DocumentFilter(after=sequence - 1, id=identity)
        [row] = await erp_outbox.find(connection, which, limit=1)
        for webhook in wanting:
            await push_document(connection, webhook, row, now=now)


async def push_document(
    connection: Connection, webhook: WebhookRow, row: DocumentRow, *, now: datetime
) -> None:
    """Put the document at the end of the webhook's queue, under an id that stays the same."""
    xml = webhook.format == "xml"
    body = to_xml(envelope(row)).decode() if xml else _json(row)
    await webhooks.enqueue_for(
        connection,
        webhook.id,
        NewMessage(event_id=event_id_of(row), topic=ERP_DOCUMENT, body=body),
        content_type="application/xml" if xml else "application/json",
        now=now,
    )


def event_id_of(row: DocumentRow) -> str:
    """The `webhook-id` under which a document is sent, each time."""
    return f"erp_{row.id}"


def _json(row: DocumentRow) -> str:
    told = {"type": ERP_DOCUMENT, "timestamp": row.created_at.isoformat(), "data": envelope(row)}
    return json.dumps(told, ensure_ascii=False)


def envelope(row: DocumentRow) -> dict[str, Any]:
    """A document in the words of the API."""
    return {
        "sequence": row.sequence,
        "id": row.id,
        "kind": row.kind,
        "created_at": row.created_at.isoformat(),
        "since": row.since.isoformat(),
        "until": row.until.isoformat(),
        "postings": row.postings,
        "quantity": plain(row.quantity),
        "acknowledged_at": row.acknowledged_at and row.acknowledged_at.isoformat(),
        "document": row.document,
    }


async def acknowledge_documents(pool: Pool, call: Call, *, through: int) -> Answer:
    """Note that the ERP system has everything up to a sequence. Answers `{through, acknowledged}`."""

    async def work(transaction: Transaction) -> Outcome:
        count = await erp_outbox.acknowledge(transaction.connection, through, now=transaction.now)
        return Outcome(answer={"through": through, "acknowledged": count})

    return await run_command(pool, call, kind="acknowledge-erp", given={"id": through}, work=work)


async def keep_cutting(
    pool: Pool, hub: FeedHub, clock: Clock, *, mint: Mint, every_s: float
) -> None:
    """Cut documents every so often until the process stops; what fails is tried again next time. 0: never."""
    while every_s > 0:
        await clock.sleep(every_s)
        try:
            if await cut_documents(pool, now=clock.now(), mint=mint):
                hub.poke()
        except (TimeoutError, Error, PoolTimeout) as error:
            _LOG.warning("erp_documents_failed", error=str(error))
