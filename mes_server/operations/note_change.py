"""Every change of an order leaves what it was, what it became, who and why."""

from mes_server.operations.command import Transaction
from mes_server.storage import order_changes


async def note_change(
    transaction: Transaction, change: order_changes.Change, *, reason: str
) -> None:
    """Keep the change in the order's history."""
    await order_changes.note(
        transaction.connection,
        change,
        reason=reason,
        at=transaction.now,
        person_id=transaction.person_id,
        command_id=transaction.command_id,
    )
