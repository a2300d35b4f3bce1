"""Components as they were stated at a fact's time: for orders whose components changed while they ran.

Steps of the hot path that run only where there is such an order (`operations` are locked, `tally` is filled).
"""

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.stock_effects import Place

_SQL = load("statements")


async def weigh_what_is_used(connection: Connection) -> None:
    """What scales weighed is the substitute, where one is in use; before anything else reads `tally`."""
    await connection.execute(_SQL["weigh_what_is_used"])


async def places(connection: Connection) -> frozenset[Place]:
    """Where facts of earlier times may consume, besides where present components do."""
    rows = await (await connection.execute(_SQL["places"])).fetchall()
    return frozenset((item, place) for item, place in rows)


async def demand_late(connection: Connection) -> None:
    """Facts of earlier times consume what was stated then; before `demand_backflush`."""
    await connection.execute(_SQL["demand_late"])


async def settle_late(connection: Connection) -> None:
    """What was weighed in earlier times counts for them; with `issue_weighed`."""
    await connection.execute(_SQL["settle_late"])
