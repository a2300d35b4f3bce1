"""Pause, hold, complete, close and abort: the operation's run ends at a machine time. Nothing ends it by itself."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from mes_server.domain.run_time import check_run_end
from mes_server.domain.work_order import ChangeState, StateChanged, Verb, decide
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_on_unit
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import ledger, reservations, work_orders
from mes_server.storage.database import Pool

_GOES_ON = frozenset({Verb.SUSPEND, Verb.HOLD})
StopVerb = Literal[Verb.SUSPEND, Verb.HOLD, Verb.COMPLETE, Verb.CLOSE, Verb.ABORT]


async def stop_operation(
    pool: Pool,
    call: Call,
    *,
    verb: StopVerb,
    number: str,
    operation: int | None,
    at: datetime | None,
    reason: str,
) -> Answer:
    """Stop at machine time `at` (None: now). Answers the OrderCard.

    Raises NotFound, WrongState, ShortDelivery or StillOutside for a completion without a reason, or RunEndsBeforeStart and InTheFuture when `at` cannot be.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_on_unit(connection, number=number, operation=operation)
        event = decide(row.decided, ChangeState(verb=verb, reason=reason))
        assert isinstance(event, StateChanged)
        places = frozenset(await reservations.places_of_operation(connection, row.id))
        if verb not in _GOES_ON and row.yields and row.output_id is not None:
            places |= {(row.item_id, row.output_id)}  # what was to be made comes no more
        await ledger.lock(connection, places)
        started = await work_orders.open_run_start(connection, row.id)
        end = check_run_end(at, now=transaction.now, started=started)
        await work_orders.close_run(connection, row.id, at=end)
        await work_orders.set_state(
            connection,
            operation_id=row.id,
            state=event.state,
            at=end,
            short_reason=reason if verb is Verb.COMPLETE and _is_short(row) else "",
        )
        outcome = await order_outcome(
            transaction, operation_id=row.id, equipment_id=row.equipment_id
        )
        return replace(outcome, places=places)  # what the end sets free serves what waits

    given = {"number": number, "operation": operation, "at": at, "reason": reason}
    return await run_command(pool, call, kind=verb.value, given=given, work=work)


def _is_short(row: work_orders.OperationRow) -> bool:
    decided = row.decided
    return decided.good < decided.tolerance.least(decided.target)
