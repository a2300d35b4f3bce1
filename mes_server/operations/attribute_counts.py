"""Pieces counted and material weighed outside any order become an order's: by a team leader, or because a start lies
before them."""

from collections.abc import Sequence
from datetime import datetime

from mes_server.domain.no_order_weighing import Weighed
from mes_server.domain.work_order import NothingToAttribute, check_takes_counts
from mes_server.operations.attribute_weighings import attribute_weighings
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_on_unit
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import attribution, ingest, ledger, stock_effects, weighing_attribution
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow


async def attribute_counts(
    pool: Pool,
    call: Call,
    *,
    number: str,
    operation: int | None,
    since: datetime,
    until: datetime,
    reason: str,
) -> Answer:
    """Give the operation what its unit counted and weighed during [since, until) outside any order.

    Answers the OrderCard; raises NotFound, WrongState or NothingToAttribute.
    """

    async def work(transaction: Transaction) -> Outcome:
        row = await locked_on_unit(transaction.connection, number=number, operation=operation)
        check_takes_counts(row.decided)
        touched = await attribute(transaction, row, since=since, until=until)
        if touched is None:
            raise NothingToAttribute(unit=row.equipment_name)
        return await order_outcome(
            transaction, operation_id=row.id, equipment_id=row.equipment_id, touched=touched
        )

    given = {
        "number": number,
        "operation": operation,
        "since": since,
        "until": until,
        "reason": reason,
    }
    return await run_command(pool, call, kind="attribute-counts", given=given, work=work)


async def attribute(
    transaction: Transaction, row: OperationRow, *, since: datetime, until: datetime | None
) -> Touched | None:
    """Book what the unit counted and weighed in that time without an order as the operation's: pieces by the steps that
    facts walk, weighings before them, so that backflush finds what was measured.

    The unit and the operation are locked. None when there was nothing.
    """
    connection = transaction.connection
    touched: Touched | None = None
    weighed = await weighing_attribution.take_weighings(
        connection, operation_id=row.id, equipment_id=row.equipment_id, since=since, until=until
    )
    if weighed:
        places = await weighing_attribution.places(
            connection, operation_id=row.id, equipment_id=row.equipment_id
        )
        await ledger.lock(connection, places)
        touched = await _book_weighed(transaction, row, weighed)
    counted = await attribution.take_counts(
        connection, operation_id=row.id, equipment_id=row.equipment_id, since=since, until=until
    )
    if counted:
        await attribution.move_roll_ups(
            connection, now=transaction.now, command_id=transaction.command_id
        )
        touched = (touched or Touched()) | await _book_staged(transaction)
    return touched


async def _book_weighed(
    transaction: Transaction, row: OperationRow, weighed: Sequence[Weighed]
) -> Touched:
    touched, instead = await attribute_weighings(transaction, row, weighed)
    if instead:
        await weighing_attribution.stage_instead(
            transaction.connection, instead, operation_id=row.id, equipment_id=row.equipment_id
        )
        touched |= await _book_staged(transaction)
        await attribution.clear_staged(transaction.connection)
    return touched


async def _book_staged(transaction: Transaction) -> Touched:
    connection = transaction.connection
    await stock_effects.clear_workspace(connection)  # weighings may have served what waited
    return await ingest.book(
        connection,
        ingest_id=None,
        now=transaction.now,
        today=await stock_effects.plant_date(connection, now=transaction.now),
        command_id=transaction.command_id,
    )
