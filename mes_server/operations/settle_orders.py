"""Orders that have ended are settled: what is left of them in process goes to stock, or is their variance.

It reads the ledger of all that they consumed, so it is no part of the command that closes them.
"""

from datetime import datetime

from mes_server.domain.settlement import settle
from mes_server.storage import costs, order_costs
from mes_server.storage.database import Pool

ORDERS_A_ROUND = 200
"""Orders that one round settles at most; the next one goes on."""


async def settle_orders(pool: Pool, *, now: datetime) -> int:
    """Settle what is due, each order in a transaction of its own; how many that were.

    What was posted on an order after it was settled is settled by itself, as soon as the hours of stock have it.
    """
    async with pool.connection() as connection:
        await order_costs.look_again(connection)
    for count in range(ORDERS_A_ROUND):
        async with pool.connection() as connection, connection.transaction():
            order_id = await order_costs.next_due(connection)
            if order_id is None:
                return count
            found = await order_costs.told(connection, order_id, at=now)
            assert found is not None
            item_id, told = found
            cost = told.beyond(await order_costs.settled(connection, order_id))
            if cost.in_process or cost.material or cost.made_value:
                [(stock, _)] = (await costs.states(connection, [item_id], at=now)).values()
                await order_costs.keep(
                    connection,
                    order_id,
                    item_id=item_id,
                    cost=cost,
                    settlement=settle(cost, stock),
                    at=now,
                )
            await order_costs.done(connection, order_id)
    return ORDERS_A_ROUND
