"""Another unit for an operation that has not begun, among those that can do it."""

from dataclasses import replace

from mes_server.domain.order_refusals import AlreadyStarted
from mes_server.domain.order_state import NOT_STARTED, OrderState
from mes_server.domain.routing import check_unit_can
from mes_server.domain.work_order import UnitHasNoPlaces
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.move_claims import Instead, move_claims
from mes_server.operations.named import locked_operation, unit_of
from mes_server.operations.note_change import note_change
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import order_changes, plant, routings
from mes_server.storage.database import Pool
from mes_server.storage.plant import UnitRow
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow


async def choose_unit(
    pool: Pool, call: Call, *, number: str, operation: int | None, unit: str, reason: str
) -> Answer:
    """Put the operation on the unit; what it consumes comes from that unit's line side. Answers the OrderCard.

    Raises NotFound, AlreadyStarted, UnitCannot or UnitHasNoPlaces.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        place = await unit_of(connection, unit)
        if OrderState(row.state) not in NOT_STARTED:
            raise AlreadyStarted(number=number, operation=row.operation, unit=row.equipment_name)
        units = await routings.units_of(connection, row.id)
        check_unit_can(number, operation=row.operation, unit=unit, units=units)
        output = await plant.output_of(connection, place.id)
        if place.line_side_id is None or (row.yields and output is None):
            raise UnitHasNoPlaces(unit=place.name)
        await routings.set_unit(
            connection, row.id, equipment_id=place.id, location_id=place.line_side_id
        )
        change = order_changes.Change(
            order_id=row.order_id,
            operation_id=row.id,
            what="unit",
            before=row.equipment,
            after=unit,
        )
        await note_change(transaction, change, reason=reason)
        claimed = await _claim_there(transaction, row, unit=place, line_side_id=place.line_side_id)
        outcome = await order_outcome(
            transaction,
            operation_id=row.id,
            equipment_id=place.id,
            touched=Touched(units=frozenset({row.equipment_id})),
        )
        return replace(outcome, places=claimed)

    given = {"number": number, "operation": operation, "to_unit": unit, "reason": reason}
    return await run_command(pool, call, kind="choose-unit", given=given, work=work)


async def _claim_there(
    transaction: Transaction, row: OperationRow, *, unit: UnitRow, line_side_id: int
) -> frozenset[tuple[int, int]]:
    """What was claimed at the line side that the operation leaves is claimed at the one it comes to."""
    if row.line_side_id == line_side_id:
        return frozenset()
    return await move_claims(
        transaction,
        operations=[row.id],
        leaves=lambda held: held.location_id == row.line_side_id,
        arrives=lambda held: (held.item_id, line_side_id),
        instead=lambda claims: [
            Instead(
                operation_id=row.id,
                equipment_id=unit.id,
                item=held.item,
                location_id=line_side_id,
                quantity=held.remaining,
            )
            for held in claims
        ],
    )
