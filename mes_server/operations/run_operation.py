"""Start and resume: the operation runs on its unit from a machine time on, and the machine is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from mes_server.domain.outside import DoneOutside
from mes_server.domain.run_time import check_run_start
from mes_server.domain.work_order import ChangeState, StateChanged, UnitBusy, Verb, decide
from mes_server.operations.attribute_counts import attribute
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_on_unit
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import job_commands, work_orders
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched

Downloads = Mapping[str, str]
"""Path of each unit whose machine takes job orders -> the edge agent that writes them."""


async def run_operation(
    pool: Pool,
    call: Call,
    *,
    verb: Literal[Verb.START, Verb.RESUME],
    number: str,
    operation: int | None,
    at: datetime | None,
    downloads: Downloads,
) -> Answer:
    """Start or resume at machine time `at` (None: now); pieces counted since then become the order's.

    Answers the OrderCard.

    Raises NotFound, DoneOutside, WrongState, NothingUpstream, UnitBusy naming the order that runs there, or RunOverlaps and InTheFuture when `at`
    cannot be.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_on_unit(connection, number=number, operation=operation)
        if row.outsourced:
            raise DoneOutside(number=number, operation=row.operation)
        event = decide(row.decided, ChangeState(verb=verb))
        assert isinstance(event, StateChanged)
        running = await work_orders.running_on(connection, row.equipment_id)
        if running is not None:
            raise UnitBusy(unit=row.equipment_name, running=running)
        last_end = await work_orders.last_run_end(connection, row.equipment_id)
        start = check_run_start(at, now=transaction.now, last_end=last_end)
        await work_orders.open_run(connection, row, at=start)
        await work_orders.set_state(connection, operation_id=row.id, state=event.state, at=start)
        agent = downloads.get(row.equipment)
        if agent is not None:
            await job_commands.add(
                connection,
                command_id=transaction.command_id,
                agent=agent,
                equipment_id=row.equipment_id,
                operation_id=row.id,
                payload=_job_order(row, agent),
                at=transaction.now,
            )
        earlier = await attribute(transaction, row, since=start, until=None)
        return await order_outcome(
            transaction,
            operation_id=row.id,
            equipment_id=row.equipment_id,
            touched=earlier or Touched(),
        )

    given = {"number": number, "operation": operation, "at": at}
    return await run_command(pool, call, kind=verb.value, given=given, work=work)


def _job_order(row: work_orders.OperationRow, agent: str) -> dict[str, object]:
    """A JobOrderCommand, but for its position and id."""
    return {
        "agent": agent,
        "equipment": row.equipment,
        "work_order": row.number,
        "operation": row.operation,
        "item": row.item,
        "target_quantity": int(max(row.target - row.good, 0)),
        "setpoints": {},
    }
