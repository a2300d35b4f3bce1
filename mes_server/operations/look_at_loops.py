"""From time to time somebody looks at the loops: a forecast can come due although nothing moved."""

from datetime import datetime

from mes_server.storage import calls, feed, stock_effects
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched

LOOK_EVERY_S = 15.0
LOOPS_A_LOOK = 100
"""Loops that are looked at beside those whose orders run; the next look goes on behind them."""


async def look_at_loops(pool: Pool, *, after: int, now: datetime) -> int:
    """Raise what is due; returns the loop to go on after at the next look.

    Forecast loops of running orders are looked at each time, all others in turn.
    """
    async with pool.connection() as connection, connection.transaction():
        places, go_on = await calls.loops_to_look_at(connection, after=after, limit=LOOPS_A_LOOK)
        if places:
            await stock_effects.lock_places(connection, frozenset(places))
            raised = await calls.raise_due(
                connection, places=places, now=now, ingest_id=None, command_id=None
            )
            if raised:
                touched = Touched(signals=raised, stock=frozenset(places))
                await feed.emit(connection, touched=touched, now=now)
    return go_on
