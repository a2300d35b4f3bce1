"""Whether orders have their material: looked at before release, and while they run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mes_server.domain.order_state import OrderState
from mes_server.domain.readiness import MaterialMissing, Ready, Supply, worst
from mes_server.domain.refusal import ORDER, NotFound, plain
from mes_server.operations.command import Transaction
from mes_server.storage import readiness, stock_effects
from mes_server.storage.database import Connection, Pool

OPEN_STATES = (
    OrderState.NOT_ALLOWED_TO_START,
    OrderState.ALLOWED_TO_START,
    OrderState.RUNNING,
    OrderState.HELD,
    OrderState.SUSPENDED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReadiness:
    """An order and its components."""

    order: readiness.OrderRow
    components: Sequence[tuple[readiness.ComponentRow, Supply]]

    @property
    def ready(self) -> Ready:
        """The state of the component that is furthest from ready."""
        return worst([supply.ready for _, supply in self.components])


async def read_readiness(pool: Pool, *, number: str, now: datetime) -> OrderReadiness:
    """One order, in whatever state; raises NotFound."""
    async with pool.connection() as connection, connection.transaction():
        orders = await readiness.find_orders(
            connection, states=list(OrderState), number=number, limit=1
        )
        if not orders:
            raise NotFound(what=ORDER, name=number)
        [found] = await _with_components(connection, orders, now=now)
        return found


async def list_readiness(
    pool: Pool,
    *,
    states: Sequence[str],
    equipment: str | None,
    after: int | None,
    limit: int,
    now: datetime,
) -> list[OrderReadiness]:
    """Orders with an operation in one of the states, due first."""
    async with pool.connection() as connection, connection.transaction():
        orders = await readiness.find_orders(
            connection, states=states, equipment=equipment, after=after, limit=limit
        )
        return await _with_components(connection, orders, now=now)


async def check_material(transaction: Transaction, *, order_id: int, number: str) -> None:
    """Refuse to go on while the plant has not all that the order needs; raises MaterialMissing."""
    connection = transaction.connection
    today = await stock_effects.plant_date(connection, now=transaction.now)
    missing = [
        f"{row.item} {plain(row.supply.missing)} {row.unit}"
        for row in await readiness.components(connection, [order_id], today=today)
        if row.supply.missing > 0
    ]
    if missing:
        raise MaterialMissing(number=number, missing=tuple(missing))


async def _with_components(
    connection: Connection, orders: Sequence[readiness.OrderRow], *, now: datetime
) -> list[OrderReadiness]:
    today = await stock_effects.plant_date(connection, now=now)
    rows = await readiness.components(connection, [order.id for order in orders], today=today)
    parts: dict[int, list[tuple[readiness.ComponentRow, Supply]]] = defaultdict(list)
    for row in rows:
        parts[row.work_order_id].append((row, row.supply))
    return [OrderReadiness(order=order, components=parts[order.id]) for order in orders]
