"""Housekeeping of history: roll-ups are brought up to date, facts that nobody needs any more are dropped."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from device_profiles.program import Clock
from mes_server.domain.shift_calendar import ShiftCalendar
from mes_server.operations.close_shifts import close_shifts
from mes_server.operations.settle_orders import settle_orders
from mes_server.storage import history, stock_reports
from mes_server.storage.database import Connection, Pool

BATCHES = 500
"""Batches of facts that are rolled up in one transaction."""
POSTINGS = 200_000
"""Postings that are summed by the day in one transaction."""
ROUNDS = 200
"""Transactions of one round of housekeeping; what is left waits for the next one."""

EVERY_S = 60.0
DROP_EVERY = 60
"""Rounds between two looks at what is too old."""

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What retention did."""

    horizon: datetime
    names: tuple[str, ...]
    """Months or chunks that are gone."""
    held_back_by: str | None
    """The open order for which older facts are kept than the setting says."""


async def roll_up_history(pool: Pool, *, now: datetime) -> int:
    """Bring signals and states by the hour up to date; returns how many batches are still to come."""
    left = 1
    for _ in range(ROUNDS):
        async with pool.connection() as connection:
            left = await history.roll_up(connection, batches=BATCHES)
        if not left:
            break
    async with pool.connection() as connection:
        await history.roll_up_states(connection, now=now)
    return left


async def roll_up_stock(pool: Pool) -> None:
    """Sum postings by the day, from which stock as of a time is told; before that it is only slower."""
    for _ in range(ROUNDS):
        async with pool.connection() as connection:
            if not await stock_reports.roll_up_stock(connection, most=POSTINGS):
                return


async def drop_old_facts(pool: Pool, *, keep_days: int, now: datetime) -> Dropped | None:
    """Drop facts that are older than so many days; those of open orders stay. None: everything is kept for ever."""
    if keep_days <= 0:
        return None
    async with pool.connection() as connection:
        return await _drop(connection, now - timedelta(days=keep_days))


async def _drop(connection: Connection, horizon: datetime) -> Dropped:
    need = await history.oldest_need(connection)
    held = need is not None and need.since < horizon
    if need is not None and held:
        horizon = need.since
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '2s'")
        names = await history.drop_before(connection, horizon)
    return Dropped(
        horizon=horizon,
        names=tuple(names),
        held_back_by=need.order if need is not None and held else None,
    )


async def keep_history(pool: Pool, clock: Clock, shifts: ShiftCalendar, *, keep_days: int) -> None:
    """Do all of it until cancelled; what fails is tried again next time."""
    rounds = 0
    while True:
        await clock.sleep(EVERY_S)
        try:
            left = await roll_up_history(pool, now=clock.now())
            await roll_up_stock(pool)
            await close_shifts(pool, shifts, now=clock.now())
            await settle_orders(pool, now=clock.now())
            if rounds % DROP_EVERY == 0 and not left:
                _tell(await drop_old_facts(pool, keep_days=keep_days, now=clock.now()))
            rounds += 1
        except (psycopg.Error, PoolTimeout) as error:
            _LOG.warning("keep_history_failed", error=str(error))


def _tell(dropped: Dropped | None) -> None:
    """What is gone, and what is kept longer than the setting says."""
    if dropped is None:
        return
    if dropped.names:
        _LOG.info("facts_dropped", before=dropped.horizon.isoformat(), parts=dropped.names)
    if dropped.held_back_by is not None:
        _LOG.warning(
            "facts_kept_longer", open_order=dropped.held_back_by, since=dropped.horizon.isoformat()
        )
