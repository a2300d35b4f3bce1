"""Release: the bill is frozen on the order, and from now on it may start."""

from mes_server.domain.work_order import (
    ChangeState,
    NoBill,
    StateChanged,
    UnitHasNoPlaces,
    Verb,
    decide,
)
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_operation
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import work_orders
from mes_server.storage.database import Pool


async def release_work_order(pool: Pool, call: Call, *, number: str, operation: int) -> Answer:
    """Release one operation; raises NotFound, WrongState, UnitHasNoPlaces or NoBill. Answers its OrderCard."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        event = decide(row.decided, ChangeState(verb=Verb.RELEASE))
        assert isinstance(event, StateChanged)
        if row.line_side_id is None or row.output_id is None:
            raise UnitHasNoPlaces(unit=row.equipment_name)
        if not await work_orders.freeze_bill(connection, row, location_id=row.line_side_id):
            raise NoBill(item=row.item)
        await work_orders.set_output_lot(connection, row, now=transaction.now)
        await work_orders.set_state(
            connection, operation_id=row.id, state=event.state, at=transaction.now
        )
        return await order_outcome(transaction, operation_id=row.id, equipment_id=row.equipment_id)

    given = {"number": number, "operation": operation}
    return await run_command(pool, call, kind="release", given=given, work=work)
