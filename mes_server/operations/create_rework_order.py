"""An order for pieces of another order that wait for rework: it consumes these pieces and makes good ones of them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.order_changes import check_rework
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.create_work_order import FIRST_OPERATION, NewOrder, new_order
from mes_server.operations.named import locked_order, unit_of
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.storage import order_changes, work_orders
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rework:
    """What the new order is called, how much it reworks, where and until when."""

    child: str
    quantity: Decimal
    to_unit: str
    """Path of the unit that reworks them."""
    due_at: datetime
    priority: int
    reason: str


async def create_rework_order(pool: Pool, call: Call, *, number: str, rework: Rework) -> Answer:
    """Create the rework order of one operation on the unit. Answers its OrderCard.

    Raises NotFound, NotSoManyToRework or AlreadyExists.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        rows = await locked_order(connection, number)
        last = rows[-1]
        waiting = Decimal(0)
        if last.output_lot_id is not None:
            waiting = await order_changes.awaiting_rework(
                connection,
                order_id=last.order_id,
                item_id=last.item_id,
                lot_id=last.output_lot_id,
            )
        check_rework(number, waiting=waiting, quantity=rework.quantity)
        unit = await unit_of(connection, rework.to_unit)
        order = NewOrder(
            number=rework.child,
            item=last.item,
            quantity=rework.quantity,
            equipment=unit.path,
            due_at=rework.due_at,
            priority=rework.priority,
            over_percent=Decimal(0),
        )
        child_id = await new_order(transaction, order, item_id=last.item_id)
        await work_orders.create_operation(
            connection, order_id=child_id, operation=FIRST_OPERATION, equipment_id=unit.id
        )
        await order_changes.link_rework(
            connection,
            parent_id=last.order_id,
            child_id=child_id,
            quantity=rework.quantity,
            at=transaction.now,
            command_id=transaction.command_id,
        )
        parent = await whole_order_outcome(transaction, last.order_id)
        return await whole_order_outcome(transaction, child_id, others=parent.touched)

    given = {"number": number, **asdict(rework)}
    return await run_command(pool, call, kind="create-rework-order", given=given, work=work)
