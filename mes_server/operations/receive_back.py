"""Pieces come back from the supplier that does an operation: they are its progress, as a machine's counts are elsewhere."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.outside import DoneHere, check_receive
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_on_unit
from mes_server.operations.order_outcome import order_outcome
from mes_server.operations.report_production import Production, book_production
from mes_server.storage import outside
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveBack:
    """What came back."""

    good: Decimal
    scrap: Decimal
    note: str


async def receive_back(
    pool: Pool, call: Call, *, number: str, operation: int | None, receipt: ReceiveBack
) -> Answer:
    """Book what came back as made. Answers the OrderCard.

    Raises NotFound, DoneHere, NotSoManyOutside, WrongState, BeyondUpstream or OverDelivery.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_on_unit(connection, number=number, operation=operation)
        if not row.outsourced:
            raise DoneHere(number=number, operation=row.operation)
        check_receive(
            number,
            quantity=receipt.good + receipt.scrap,
            sent=row.sent_out,
            produced=row.decided.produced,
        )
        await outside.add(
            connection,
            operation_id=row.id,
            good=receipt.good,
            scrap=receipt.scrap,
            note=receipt.note,
            at=transaction.now,
            person_id=transaction.person_id,
            command_id=transaction.command_id,
        )
        production = Production(
            good=receipt.good, scrap=receipt.scrap, reason=receipt.note or "received back"
        )
        touched = await book_production(transaction, row, production)
        return await order_outcome(
            transaction, operation_id=row.id, equipment_id=row.equipment_id, touched=touched
        )

    given = {"number": number, "operation": operation, **asdict(receipt)}
    return await run_command(pool, call, kind="receive-back", given=given, work=work)
