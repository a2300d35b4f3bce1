"""A person says that pieces which waited for rework at their operation are good again, or given up."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.rework import rework_done
from mes_server.domain.work_order import check_takes_counts
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_operation
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import rework
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReworkDone:
    """How many came back good, how many were given up, and what was done."""

    good: Decimal
    scrap: Decimal
    reason: str


async def report_rework(
    pool: Pool, call: Call, *, number: str, operation: int | None, done: ReworkDone
) -> Answer:
    """Give the operation its pieces back. Answers the OrderCard; nothing is produced, and nothing consumed by standard.

    Raises NotFound, WrongState, NotSoManyWaiting, or ReworkedByOrder for pieces that wait in stock.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        check_takes_counts(row.decided)
        reworked = rework_done(
            number=number,
            operation=row.operation,
            yields=row.yields,
            waiting=row.rework,
            good=done.good,
            scrap=done.scrap,
        )
        await rework.take_back(
            connection,
            row.id,
            reworked,
            reason=done.reason,
            at=transaction.now,
            person_id=transaction.person_id,
            command_id=transaction.command_id,
        )
        return await order_outcome(transaction, operation_id=row.id, equipment_id=row.equipment_id)

    given = {"number": number, "operation": operation, **asdict(done)}
    return await run_command(pool, call, kind="report-rework", given=given, work=work)
