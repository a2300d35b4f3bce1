"""A person says that pieces counted good are not: they are reclassified and moved, and nothing is produced."""

from dataclasses import dataclass, replace
from decimal import Decimal

from mes_server.domain.stock import PiecesGone
from mes_server.domain.work_order import (
    Disposition,
    GoodReclassified,
    ReportScrap,
    UnitHasNoPlaces,
    decide,
)
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import account_of, item_of, locked_operation
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.operations.restate_outputs import output_places, restate_outputs
from mes_server.operations.scrap_answer import scrap_answer
from mes_server.storage import ledger, scrap_reports, work_orders
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched

_DESTINATION = {Disposition.SCRAP: "SCRAP", Disposition.REWORK: "REWORK"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrap:
    """How many pieces, why, and what becomes of them."""

    quantity: Decimal
    reason: str
    disposition: Disposition
    unit: str | None = None


async def report_scrap(
    pool: Pool, call: Call, *, number: str, operation: int | None, scrap: Scrap
) -> Answer:
    """Book a scrap entry. Answers a ScrapReport.

    Raises NotFound, UnitUnknown, NotRunning, MoreThanGood, PassedOn when the next operation has the pieces, or PiecesGone when fewer
    are still at the output place. Pieces between two operations are in no stock: there only the figures change.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        item = await item_of(connection, row.item)
        quantity = await stock_quantity(connection, item, scrap.quantity, scrap.unit)
        event = decide(row.decided, ReportScrap(quantity=quantity, disposition=scrap.disposition))
        assert isinstance(event, GoodReclassified)
        pieces = replace(scrap, quantity=quantity)
        movement = await _movement(transaction, row, pieces) if row.yields else None
        await work_orders.reclassify(
            connection, row.id, quantity=event.quantity, disposition=event.disposition.value
        )
        movement_id, places = (
            (None, []) if movement is None else await _book(transaction, row, movement)
        )
        report = await scrap_reports.add(
            connection,
            operation_id=row.id,
            disposition=scrap.disposition.value,
            quantity=quantity,
            reason=scrap.reason,
            at=transaction.now,
            person_id=transaction.person_id,
            command_id=transaction.command_id,
            movement_id=movement_id,
        )
        return Outcome(
            answer=await scrap_answer(connection, report),
            touched=Touched(operations=row.shown, units=frozenset({row.equipment_id})),
            places=frozenset(places),
        )

    given = given_in_units(scrap, number=number, operation=operation)
    return await run_command(pool, call, kind="report-scrap", given=given, work=work, streamed=True)


async def _book(
    transaction: Transaction, row: work_orders.OperationRow, movement: ledger.NewMovement
) -> tuple[int, list[tuple[int, int]]]:
    """(id of the movement, where stock changed); what came out with the pieces besides goes back."""
    besides = await restate_outputs(transaction, row, reason=movement.reason or "")
    [movement_id, *_] = await ledger.book(
        transaction.connection,
        [movement, *besides],
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    return movement_id, [(one.item_id, one.from_id) for one in (movement, *besides)]


async def _movement(
    transaction: Transaction, row: work_orders.OperationRow, scrap: Scrap
) -> ledger.NewMovement:
    """From the output place, out of the order's lot; raises PiecesGone when they are not there any more.

    Has the say about all places that the entry books on.
    """
    if row.output_id is None or row.output_lot_id is None:
        raise UnitHasNoPlaces(unit=row.equipment_name)
    to_id = (await account_of(transaction.connection, _DESTINATION[scrap.disposition])).id
    places = await output_places(transaction, row)
    own = {(row.item_id, row.output_id), (row.item_id, to_id)}
    await ledger.lock(transaction.connection, places | own)
    place, here = await scrap_reports.stock_here(
        transaction.connection,
        item_id=row.item_id,
        lot_id=row.output_lot_id,
        location_id=row.output_id,
    )
    if here < scrap.quantity:
        raise PiecesGone(number=row.number, place=place, here=here, quantity=scrap.quantity)
    return ledger.NewMovement(
        kind=scrap.disposition.value,
        item_id=row.item_id,
        lot_id=row.output_lot_id,
        from_id=row.output_id,
        to_id=to_id,
        quantity=scrap.quantity,
        at=transaction.now,
        operation_id=row.id,
        equipment_id=row.equipment_id,
        reason=scrap.reason,
    )
