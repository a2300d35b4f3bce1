"""A correction of good pieces by a person restates what came out besides: posted for more, taken back for less.

What was taken away from where it came out stays posted, and counts for the next good pieces.
"""

from collections.abc import Sequence

from mes_server.operations.command import Transaction
from mes_server.operations.named import account_of
from mes_server.storage import further_outputs
from mes_server.storage.ledger import NewMovement
from mes_server.storage.work_orders import OperationRow


async def output_places(transaction: Transaction, row: OperationRow) -> frozenset[tuple[int, int]]:
    """(item, location) pairs that a correction books on; to be locked before anything is decided."""
    places = await further_outputs.places(transaction.connection, row.id)
    account = await account_of(transaction.connection, "PRODUCTION")
    return places | {(item, account.id) for item, _ in places}


async def restate_outputs(
    transaction: Transaction, row: OperationRow, *, reason: str
) -> Sequence[NewMovement]:
    """The movements that bring further outputs to the operation's good pieces as they are now; the caller books them.

    The operation and `output_places` are locked.
    """
    connection = transaction.connection
    account = await account_of(connection, "PRODUCTION")
    movements: list[NewMovement] = []
    for one in await further_outputs.due(connection, row.id):
        more = max(one.due - one.posted, -one.free)
        if more == 0 or (more < 0 and one.free <= 0):
            continue
        await further_outputs.post(connection, row.id, item_id=one.item_id, quantity=more)
        movements.append(
            NewMovement(
                kind="produce" if more > 0 else "reverse",
                item_id=one.item_id,
                lot_id=one.lot_id,
                from_id=account.id if more > 0 else one.location_id,
                to_id=one.location_id if more > 0 else account.id,
                quantity=abs(more),
                at=transaction.now,
                operation_id=row.id,
                equipment_id=row.equipment_id,
                reason=reason,
            )
        )
    return movements
