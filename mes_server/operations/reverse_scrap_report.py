"""A scrap entry was wrong: a reversing posting takes it back, once."""

from mes_server.domain.refusal import SCRAP_REPORT, NotFound
from mes_server.domain.rework import check_still_waiting
from mes_server.domain.work_order import (
    AlreadyTakenBack,
    Disposition,
    GoodReclassified,
    TakeBackScrap,
    decide,
)
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_operation
from mes_server.operations.restate_outputs import output_places, restate_outputs
from mes_server.operations.scrap_answer import scrap_answer
from mes_server.storage import ledger, scrap_reports, work_orders
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow


async def reverse_scrap_report(pool: Pool, call: Call, *, report_id: int) -> Answer:
    """Take the entry back. Answers the ScrapReport; raises NotFound, NotRunning, NotSoManyWaiting, AlreadyTakenBack or StockTooLow."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        found = await scrap_reports.find_reports(connection, report_id=report_id, limit=1)
        if not found:
            raise NotFound(what=SCRAP_REPORT, name=str(report_id))
        [report] = found
        row = await locked_operation(connection, number=report.number, operation=report.operation)
        if report.disposition == Disposition.REWORK and not row.yields:
            check_still_waiting(
                number=row.number,
                operation=row.operation,
                waiting=row.rework,
                quantity=report.quantity,
            )
        event = decide(
            row.decided,
            TakeBackScrap(quantity=report.quantity, disposition=Disposition(report.disposition)),
        )
        assert isinstance(event, GoodReclassified)
        if not await scrap_reports.set_reversed(
            connection, report_id, at=transaction.now, person_id=transaction.person_id
        ):
            raise AlreadyTakenBack()
        mirrored = None if report.movement_id is None else await _mirrored(transaction, row, report)
        await work_orders.reclassify(
            connection, row.id, quantity=event.quantity, disposition=event.disposition.value
        )
        places = [] if mirrored is None else await _book_back(transaction, row, mirrored)
        return Outcome(
            answer=await scrap_answer(connection, report_id),
            touched=Touched(operations=row.shown, units=frozenset({row.equipment_id})),
            places=frozenset(places),
        )

    given = {"report": report_id}
    return await run_command(pool, call, kind="reverse-scrap-report", given=given, work=work)


async def _mirrored(
    transaction: Transaction, row: OperationRow, report: scrap_reports.ScrapReportRow
) -> ledger.NewMovement:
    """The entry's posting the other way round; has the say about all places that are booked on."""
    assert report.movement_id is not None
    posting = await scrap_reports.find_posting(transaction.connection, report.movement_id)
    assert posting is not None
    pair = {(posting.item_id, posting.from_id), (posting.item_id, posting.to_id)}
    await ledger.lock(transaction.connection, pair | await output_places(transaction, row))
    return ledger.NewMovement(
        kind="reverse",
        item_id=posting.item_id,
        lot_id=posting.lot_id,
        from_id=posting.to_id,
        to_id=posting.from_id,
        quantity=posting.quantity,
        at=transaction.now,
        operation_id=posting.operation_id,
        equipment_id=posting.equipment_id,
        reason=report.reason,
        reverses_id=report.movement_id,
    )


async def _book_back(
    transaction: Transaction, row: OperationRow, mirrored: ledger.NewMovement
) -> list[tuple[int, int]]:
    """Book it, with what comes out besides; where stock arrived."""
    besides = await restate_outputs(transaction, row, reason=mirrored.reason or "")
    await ledger.book(
        transaction.connection,
        [mirrored, *besides],
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    return [(one.item_id, one.to_id) for one in (mirrored, *besides)]
