"""Release: routing and bill are frozen on the order, and from now on it may start."""

from collections.abc import Sequence

from mes_server.domain.order_state import OrderState
from mes_server.domain.work_order import (
    ChangeState,
    NoBill,
    StateChanged,
    UnitHasNoPlaces,
    Verb,
    decide,
)
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_order, named_operation
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.operations.readiness import check_material
from mes_server.storage import components, routings, stock_effects, work_orders
from mes_server.storage.database import Pool
from mes_server.storage.work_orders import OperationRow


async def release_work_order(
    pool: Pool,
    call: Call,
    *,
    number: str,
    operation: int | None,
    insist_on_material: bool = False,
) -> Answer:
    """Release an order with all its operations. Answers the OrderCard of the operation (None: the first).

    Raises NotFound, WrongState, UnitHasNoPlaces, NoBill, or MaterialMissing when it insists and the plant has not all.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        rows = await locked_order(connection, number)
        row = named_operation(rows, number=number, operation=operation)
        event = decide(row.decided, ChangeState(verb=Verb.RELEASE))
        assert isinstance(event, StateChanged)
        day = await stock_effects.plant_date(connection, now=transaction.now)
        if row.routed:
            routing = await routings.in_force(connection, item_id=row.item_id, day=day)
            if routing is not None:
                await routings.plan(connection, order_id=row.order_id, routing=routing)
                rows = await work_orders.operations_of(connection, row.order_id)
        planned = [one for one in rows if one.state == OrderState.NOT_ALLOWED_TO_START]
        _check_places(planned)
        if not await work_orders.freeze_bill(connection, row.order_id, day=day):
            raise NoBill(item=row.item)
        await components.freeze_extras(connection, row.order_id, day=day, now=transaction.now)
        for one in planned:
            if one.yields:
                await work_orders.set_output_lot(connection, one, now=transaction.now)
            await work_orders.set_state(
                connection, operation_id=one.id, state=event.state, at=transaction.now
            )
        if insist_on_material:
            await check_material(transaction, order_id=row.order_id, number=number)
        return await whole_order_outcome(transaction, row.order_id, operation=operation)

    given = {"number": number, "operation": operation}
    if insist_on_material:
        given["insist_on_material"] = True
    return await run_command(pool, call, kind="release", given=given, work=work)


def _check_places(rows: Sequence[OperationRow]) -> None:
    """Every operation takes from a line side, and the last one puts to an output place; raises UnitHasNoPlaces."""
    for row in rows:
        if row.line_side_id is None or (row.yields and row.output_id is None):
            raise UnitHasNoPlaces(unit=row.equipment_name)
