"""What a command on an operation answers: its card as it is now."""

from mes_server.operations.command import Answer, Outcome, Transaction
from mes_server.storage import feed, work_orders
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
    """The card, and that the operation and its unit changed, besides what is `touched` already.

    The operation after it shows what this one made, so its card changes too.
    """
    after = await work_orders.next_of(transaction.connection, operation_id)
    changed = Touched(operations=frozenset({operation_id, *after}), units=frozenset({equipment_id}))
    return Outcome(
        answer=await order_card(transaction, operation_id),
        touched=changed | touched if touched is not None else changed,
    )


async def whole_order_outcome(
    transaction: Transaction,
    order_id: int,
    *,
    operation: int | None = None,
    others: Touched | None = None,
) -> Outcome:
    """The card of one operation (None: the first), and that all operations of the order and their units changed."""
    rows = await work_orders.operations_of(transaction.connection, order_id)
    shown = next(row for row in rows if operation is None or row.operation == operation)
    changed = Touched(
        operations=frozenset(row.id for row in rows),
        units=frozenset(row.equipment_id for row in rows),
    )
    return Outcome(
        answer=await order_card(transaction, shown.id),
        touched=changed | others if others is not None else changed,
    )
