"""What a command on an operation answers: its card as it is now."""

from mes_server.operations.command import Answer, Outcome, Transaction
from mes_server.storage import feed
from mes_server.storage.touched import Touched


async def order_card(transaction: Transaction, operation_id: int) -> Answer:
    """The card of an operation, as this transaction leaves it."""
    pairs = [(operation_id, 0)]
    found = await feed.cards(transaction.connection, "order", pairs, now=transaction.now)
    return found[operation_id, 0]


async def order_outcome(
    transaction: Transaction,
    *,
    operation_id: int,
    equipment_id: int,
    touched: Touched | None = None,
) -> Outcome:
    """The card, and that the operation and its unit changed, besides what is `touched` already."""
    changed = Touched(operations=frozenset({operation_id}), units=frozenset({equipment_id}))
    return Outcome(
        answer=await order_card(transaction, operation_id),
        touched=changed | touched if touched is not None else changed,
    )
