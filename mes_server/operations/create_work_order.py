"""A work order, on one unit or along its item's routing; it is created not allowed to start."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.refusal import ORDER, AlreadyExists
from mes_server.domain.routing import NoRouting
from mes_server.domain.work_order import NotMade
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, unit_of
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.storage import routings, stock_effects, work_orders
from mes_server.storage.database import Pool

FIRST_OPERATION = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is to be made, where and until when; quantity in the item's unit."""

    number: str
    item: str
    quantity: Decimal
    equipment: str | None
    """The one unit that makes it; None: along the item's routing."""
    due_at: datetime
    priority: int
    over_percent: Decimal | None
    """None is unlimited, here and below."""
    under_percent: Decimal | None = None


async def create_work_order(pool: Pool, call: Call, order: NewOrder) -> Answer:
    """Create the order; raises NotFound, NotMade, NoRouting or AlreadyExists. Answers its first OrderCard."""

    async def work(transaction: Transaction) -> Outcome:
        return await whole_order_outcome(transaction, await plan_order(transaction, order))

    return await run_command(pool, call, kind="create-work-order", given=asdict(order), work=work)


async def plan_order(transaction: Transaction, order: NewOrder) -> int:
    """The order with its operations, within a command; its id. Raises as create_work_order does."""
    connection = transaction.connection
    item = await item_of(connection, order.item)
    if item.procurement != "make":
        raise NotMade(item=item.code)
    order_id = await new_order(transaction, order, item_id=item.id)
    if order.equipment is not None:
        unit = await unit_of(connection, order.equipment)
        await work_orders.create_operation(
            connection, order_id=order_id, operation=FIRST_OPERATION, equipment_id=unit.id
        )
        return order_id
    day = await stock_effects.plant_date(connection, now=transaction.now)
    routing = await routings.in_force(connection, item_id=item.id, day=day)
    if routing is None:
        raise NoRouting(item=item.code)
    await routings.plan(connection, order_id=order_id, routing=routing)
    return order_id


async def new_order(transaction: Transaction, order: NewOrder, *, item_id: int) -> int:
    """The order without operations; its id. Raises AlreadyExists."""
    order_id = await work_orders.create(
        transaction.connection,
        work_orders.NewOrderRow(
            number=order.number,
            item_id=item_id,
            quantity=order.quantity,
            due_at=order.due_at,
            priority=order.priority,
            over_percent=order.over_percent,
            under_percent=order.under_percent,
        ),
        now=transaction.now,
    )
    if order_id is None:
        raise AlreadyExists(what=ORDER, name=order.number)
    return order_id
