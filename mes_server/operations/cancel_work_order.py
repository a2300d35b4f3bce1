"""An order is not made, or not made to its end: every operation that has not ended is aborted."""

from dataclasses import replace
from datetime import datetime

from mes_server.domain.order_changes import CANCELLED, check_open
from mes_server.domain.order_state import ENDED, STATE_WORDS, OrderState
from mes_server.domain.run_time import check_run_end
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_order_on_units
from mes_server.operations.note_change import note_change
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.storage import ledger, order_changes, reservations, work_orders
from mes_server.storage.database import Pool
from mes_server.storage.work_orders import OperationRow


async def cancel_work_order(
    pool: Pool, call: Call, *, number: str, at: datetime | None, reason: str
) -> Answer:
    """Abort what has not ended, at machine time `at` (None: now); what was made stays. Answers the first OrderCard.

    Raises NotFound, OrderChanged, WrongState when all operations have ended, RunEndsBeforeStart or InTheFuture.
    """

    async def work(transaction: Transaction) -> Outcome:
        rows = await locked_order_on_units(transaction.connection, number)
        check_open([row.decided for row in rows], verb=CANCELLED)
        open_rows = [row for row in rows if OrderState(row.state) not in ENDED]
        places: set[tuple[int, int]] = set()
        for row in open_rows:
            places |= await reservations.places_of_operation(transaction.connection, row.id)
            if row.yields and row.output_id is not None:
                places.add((row.item_id, row.output_id))  # what was to be made comes no more
        await ledger.lock(transaction.connection, frozenset(places))
        for row in open_rows:
            await _abort(transaction, row, at=at, reason=reason)
        outcome = await whole_order_outcome(transaction, rows[0].order_id)
        return replace(outcome, places=frozenset(places))  # what is set free serves what waits

    given = {"number": number, "at": at, "reason": reason}
    return await run_command(pool, call, kind="cancel-work-order", given=given, work=work)


async def _abort(
    transaction: Transaction, row: OperationRow, *, at: datetime | None, reason: str
) -> None:
    connection = transaction.connection
    started = await work_orders.open_run_start(connection, row.id)
    end = check_run_end(at, now=transaction.now, started=started)
    await work_orders.close_run(connection, row.id, at=end)
    await work_orders.set_state(connection, operation_id=row.id, state=OrderState.ABORTED, at=end)
    change = order_changes.Change(
        order_id=row.order_id,
        operation_id=row.id,
        what="cancel",
        before=STATE_WORDS[OrderState(row.state)]["en"],
        after=STATE_WORDS[OrderState.ABORTED]["en"],
    )
    await note_change(transaction, change, reason=reason)
