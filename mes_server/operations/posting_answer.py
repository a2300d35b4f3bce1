"""One movement booked, and the Posting that the command answers."""

from collections.abc import Sequence
from typing import Any

from mes_server.operations.command import Answer, Transaction
from mes_server.storage import ledger, movements


async def posting_answer(transaction: Transaction, movement: ledger.NewMovement) -> Answer:
    """Book the movement; the Posting in JSON. Raises StockTooLow."""
    [movement_id] = await ledger.book(
        transaction.connection,
        [movement],
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    [row] = await movements.find_movements(
        transaction.connection, movements.MovementFilter(id=movement_id), limit=1
    )
    return posting_words(row)


async def book_all(
    transaction: Transaction, booked: Sequence[ledger.NewMovement]
) -> list[dict[str, Any]]:
    """Book the movements; their Postings in JSON, in order. Raises StockTooLow."""
    ids = await ledger.book(
        transaction.connection,
        booked,
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    rows = await movements.find_movements(
        transaction.connection, movements.MovementFilter(ids=ids), limit=len(ids)
    )
    return [posting_words(row) for row in rows]


def posting_words(row: movements.MovementRow) -> dict[str, Any]:
    """A Posting in JSON."""
    return {
        "id": row.id,
        "kind": row.kind,
        "item": row.item,
        "lot": row.lot,
        "from_location": row.from_location,
        "to_location": row.to_location,
        "quantity": str(row.quantity),
        "unit": row.unit,
        "at": row.at.isoformat(),
        "booked_at": row.booked_at.isoformat(),
        "order": row.order,
        "equipment": row.equipment,
        "person": row.person,
        "reason": row.reason,
        "reverses": row.reverses,
    }
