"""A movement is taken back by a mirrored posting, once; the ledger itself is never changed."""

from decimal import Decimal

from mes_server.domain.adjustment import NotReversible, check_reversible
from mes_server.domain.refusal import MOVEMENT, NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.posting_answer import posting_answer
from mes_server.storage import adjustments, issues, ledger, purchases, serials
from mes_server.storage.adjustments import PostingRow
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched


async def reverse_movement(pool: Pool, call: Call, *, movement: int, reason: str) -> Answer:
    """Book the mirror of a movement. Answers a Posting.

    What an order had been issued is issued no more; what came against a purchase line is expected again. Raises NotFound, NotReversible, AlreadyReversed, or StockTooLow
    when the stock is no longer where the movement brought it.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        found = await _posting(transaction, movement)
        if found.operation_id is not None:
            await adjustments.lock_operation(connection, found.operation_id)
        bought = await purchases.lock_receipt(connection, movement)
        ends = frozenset({(found.item_id, found.from_id), (found.item_id, found.to_id)})
        if bought is not None:
            ends |= {(bought.item_id, bought.location_id)}
        await ledger.lock(connection, ends)
        found = await _posting(transaction, movement)
        if await serials.of_movement(connection, movement):
            raise NotReversible(kind="serial")
        check_reversible(movement_id=movement, kind=found.kind, reversed_by=found.reversed_by)
        mirror = ledger.NewMovement(
            kind="reverse",
            item_id=found.item_id,
            lot_id=found.lot_id,
            from_id=found.to_id,
            to_id=found.from_id,
            quantity=found.quantity,
            at=transaction.now,
            operation_id=found.operation_id,
            equipment_id=found.equipment_id,
            reason=reason,
            reverses_id=movement,
        )
        answer = await posting_answer(transaction, mirror)
        await _uncount(transaction, found)
        if bought is not None:
            await purchases.take_back(connection, bought)
        return Outcome(
            answer=answer,
            touched=Touched(
                operations=frozenset(() if found.operation_id is None else (found.operation_id,))
            ),
            places=ends,
        )

    given = {"movement": movement, "reason": reason}
    return await run_command(pool, call, kind="reverse-movement", given=given, work=work)


async def _posting(transaction: Transaction, movement: int) -> PostingRow:
    found = await adjustments.posting(transaction.connection, movement)
    if found is None:
        raise NotFound(what=MOVEMENT, name=str(movement))
    return found


async def _uncount(transaction: Transaction, found: PostingRow) -> None:
    """What an operation has been issued follows the reversal, as it was stated at the movement's time."""
    if found.operation_id is None or "consumption" not in (found.from_kind, found.to_kind):
        return
    sign = Decimal(-1) if found.to_kind == "consumption" else Decimal(1)
    changed_at = await issues.changed_after(
        transaction.connection, operation_id=found.operation_id, at=found.at
    )
    await issues.add_issued_then(
        transaction.connection,
        {(found.item_id, changed_at): sign * found.quantity},
        operation_id=found.operation_id,
    )
