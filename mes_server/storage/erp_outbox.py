"""Documents for the ERP system, and the postings that stand in none yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mes_server.domain.erp_document import Posting
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("erp_outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document as it was cut."""

    sequence: int
    id: str
    kind: str
    work_order: str | None
    operation: int | None
    created_at: datetime
    since: datetime
    until: datetime
    postings: int
    quantity: Decimal
    document: dict[str, Any]
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which documents; None takes all."""

    after: int = 0
    id: UUID | None = None
    kind: str | None = None
    order: str | None = None
    acknowledged: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All documents together."""

    documents: int
    postings: int
    quantity: Decimal
    last_sequence: int
    acknowledged: int


async def take_turn(connection: Connection) -> int:
    """Have the say about the outbox until the transaction ends; the mark up to which every posting is cut."""
    floor = await fetch_value(connection, _SQL["advance_floor"], {})
    if isinstance(floor, int):
        await connection.execute(_SQL["forget_postings"], {"floor": floor})
        return floor
    floor = await fetch_value(connection, _SQL["lock_cursor"], {})
    assert isinstance(floor, int)
    return floor


async def pending(connection: Connection, *, floor: int, limit: int) -> list[Posting]:
    """Postings that stand in no document yet, oldest first."""
    return await fetch_all(connection, Posting, _SQL["pending"], {"floor": floor, "limit": limit})


async def progress(connection: Connection, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`number/operation` -> how far it is."""
    cursor = await connection.execute(_SQL["progress"], {"keys": list(keys)})
    return dict(await cursor.fetchall())


async def site(connection: Connection) -> str:
    """The site's code."""
    return str(await fetch_value(connection, _SQL["site"], {}) or "")


async def add(
    connection: Connection,
    *,
    id: UUID,
    kind: str,
    work_order: str | None,
    operation: int | None,
    postings: Sequence[Posting],
    document: dict[str, Any],
    now: datetime,
) -> int:
    """Keep a document and note its postings; its sequence."""
    values = {
        "id": id,
        "kind": kind,
        "work_order": work_order,
        "operation": operation,
        "now": now,
        "since": min(one.at for one in postings),
        "until": max(one.at for one in postings),
        "postings": len(postings),
        "quantity": sum((one.quantity for one in postings), start=Decimal(0)),
        "document": Jsonb(document),
    }
    sequence = await fetch_value(connection, _SQL["add"], values)
    assert isinstance(sequence, int)
    marks = {"movements": [one.id for one in postings], "sequence": sequence}
    await connection.execute(_SQL["mark_postings"], marks)
    return sequence


async def find(connection: Connection, which: DocumentFilter, *, limit: int) -> list[DocumentRow]:
    """Documents in their order."""
    values = {
        "after": which.after,
        "id": which.id,
        "kind": which.kind,
        "order": which.order,
        "acknowledged": which.acknowledged,
        "limit": limit,
    }
    return await fetch_all(connection, DocumentRow, _SQL["find"], values)


async def acknowledge(connection: Connection, through: int, *, now: datetime) -> int:
    """Note that the ERP system has everything up to a sequence; how many documents that are."""
    cursor = await connection.execute(_SQL["acknowledge"], {"through": through, "now": now})
    return cursor.rowcount


async def totals(connection: Connection) -> Totals:
    """All documents together."""
    found = await fetch_one(connection, Totals, _SQL["totals"], {})
    assert found is not None
    return found
