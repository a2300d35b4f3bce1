"""A person says what was made where no machine counts: it is booked by the steps that facts walk."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.work_order import ReportProduction, decide
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_on_unit
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import attribution, ingest, production_reports, shift_figures, stock_effects
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """Pieces that were made, and why a person reports them."""

    good: Decimal
    scrap: Decimal
    reason: str


async def report_production(
    pool: Pool, call: Call, *, number: str, operation: int | None, production: Production
) -> Answer:
    """Book pieces on the operation. Answers the OrderCard.

    Raises NotFound, WrongState, BeyondUpstream or OverDelivery.
    """

    async def work(transaction: Transaction) -> Outcome:
        row = await locked_on_unit(transaction.connection, number=number, operation=operation)
        touched = await book_production(transaction, row, production)
        return await order_outcome(
            transaction, operation_id=row.id, equipment_id=row.equipment_id, touched=touched
        )

    given = {"number": number, "operation": operation, **asdict(production)}
    return await run_command(pool, call, kind="report-production", given=given, work=work)


async def book_production(
    transaction: Transaction, row: OperationRow, production: Production
) -> Touched:
    """Progress, output and consumption of what a person reported; unit and operation are locked.

    Raises WrongState, BeyondUpstream or OverDelivery.
    """
    connection = transaction.connection
    decide(row.decided, ReportProduction(good=production.good, scrap=production.scrap))
    await production_reports.add(
        connection,
        operation_id=row.id,
        good=production.good,
        scrap=production.scrap,
        reason=production.reason,
        at=transaction.now,
        person_id=transaction.person_id,
        command_id=transaction.command_id,
    )
    await attribution.stage_report(
        connection,
        operation_id=row.id,
        equipment_id=row.equipment_id,
        good=production.good,
        scrap=production.scrap,
        at=transaction.now,
    )
    await attribution.roll_up(connection)
    await shift_figures.restate_pieces(
        connection, now=transaction.now, command_id=transaction.command_id
    )
    return await ingest.book(
        connection,
        ingest_id=None,
        now=transaction.now,
        today=await stock_effects.plant_date(connection, now=transaction.now),
        command_id=transaction.command_id,
    )
