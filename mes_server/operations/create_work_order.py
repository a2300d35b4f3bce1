"""A work order of one operation on one unit; it is created not allowed to start."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.refusal import ORDER, AlreadyExists
from mes_server.domain.work_order import NotMade
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, unit_of
from mes_server.operations.order_outcome import order_outcome
from mes_server.storage import work_orders
from mes_server.storage.database import Pool

FIRST_OPERATION = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is to be made, where and until when; quantity in the item's unit."""

    number: str
    item: str
    quantity: Decimal
    equipment: str
    due_at: datetime
    priority: int
    over_percent: Decimal


async def create_work_order(pool: Pool, call: Call, order: NewOrder) -> Answer:
    """Create the order; raises NotFound, NotMade or AlreadyExists. Answers its OrderCard."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        item = await item_of(connection, order.item)
        if item.procurement != "make":
            raise NotMade(item=item.code)
        unit = await unit_of(connection, order.equipment)
        operation = await work_orders.create(
            connection,
            number=order.number,
            item_id=item.id,
            equipment_id=unit.id,
            quantity=order.quantity,
            due_at=order.due_at,
            priority=order.priority,
            over_percent=order.over_percent,
            operation=FIRST_OPERATION,
            now=transaction.now,
        )
        if operation is None:
            raise AlreadyExists(what=ORDER, name=order.number)
        return await order_outcome(transaction, operation_id=operation, equipment_id=unit.id)

    return await run_command(pool, call, kind="create-work-order", given=asdict(order), work=work)
