"""Another person than the asker approves an adjustment, or refuses it."""

from mes_server.domain.adjustment import ADJUSTMENT, AlreadyDecided, OwnAdjustment
from mes_server.domain.refusal import NotFound
from mes_server.operations.adjustment_answer import adjustment_words, difference
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import account_of
from mes_server.storage import adjustments, ledger
from mes_server.storage.database import Pool


async def decide_adjustment(
    pool: Pool, call: Call, *, adjustment: int, approve: bool, reason: str
) -> Answer:
    """Book what waits, or refuse it. Answers an Adjustment.

    Raises NotFound, AlreadyDecided, OwnAdjustment or StockTooLow.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        waiting = await adjustments.lock_waiting(connection, adjustment)
        if waiting is None:
            raise NotFound(what=ADJUSTMENT, name=str(adjustment))
        if waiting.state != "waiting":
            raise AlreadyDecided(id=adjustment)
        if waiting.asked_by is not None and waiting.asked_by == transaction.person_id:
            raise OwnAdjustment(person=waiting.asker or "")
        movement_id = await _book(transaction, waiting) if approve else None
        await adjustments.decide(
            connection,
            adjustment,
            state="booked" if approve else "refused",
            at=transaction.now,
            person_id=transaction.person_id,
            decision=reason,
            movement_id=movement_id,
        )
        [row] = await adjustments.find(connection, id_=adjustment, limit=1)
        moved = frozenset({(waiting.item_id, waiting.location_id)})
        return Outcome(answer=adjustment_words(row), places=moved if approve else frozenset())

    given = {"adjustment": adjustment, "approve": approve, "reason": reason}
    return await run_command(pool, call, kind="decide-adjustment", given=given, work=work)


async def _book(transaction: Transaction, waiting: adjustments.WaitingAdjustment) -> int:
    account = await account_of(transaction.connection, "ADJUSTMENT")
    posting = difference(
        kind="adjust",
        item_id=waiting.item_id,
        lot_id=waiting.lot_id,
        place_id=waiting.location_id,
        account_id=account.id,
        quantity=waiting.quantity,
        at=transaction.now,
        reason=waiting.reason,
    )
    [movement_id] = await ledger.book(
        transaction.connection,
        [posting],
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    return movement_id
