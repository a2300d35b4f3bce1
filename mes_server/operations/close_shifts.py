"""Shifts that are over are closed: their figures are kept, and whatever comes later restates them."""

from datetime import datetime, timedelta

from mes_server.domain.restatement import GRACE
from mes_server.domain.shift_calendar import ShiftCalendar
from mes_server.storage import shift_figures
from mes_server.storage.database import Pool

SHIFTS = 100
"""Shifts of a unit that are closed in one transaction, while its facts wait."""
ROUNDS = 200
"""Transactions a unit each time; what is left waits for the next time."""
BACK = timedelta(days=400)
"""Shifts that are older are never closed: their figures are added up when somebody asks."""


async def close_shifts(pool: Pool, calendar: ShiftCalendar, *, now: datetime) -> int:
    """Close every unit's shifts that ended a grace before now; returns how many were."""
    async with pool.connection() as connection:
        units = await shift_figures.open_units(connection, oldest=now - BACK, until=now - GRACE)
    closed = 0
    for unit in units:
        closed += await _close(pool, calendar, unit, since=_first(calendar, unit), now=now)
    return closed


def _first(calendar: ShiftCalendar, unit: shift_figures.OpenUnit) -> datetime:
    """From where on: where we are, or the shift of the unit's first figures that we look back to."""
    if unit.closed_until is None:
        return calendar.begin_before(unit.since)
    if unit.closed_until == unit.since:
        return unit.since
    return max(unit.closed_until, calendar.begin_before(unit.since))


async def _close(
    pool: Pool,
    calendar: ShiftCalendar,
    unit: shift_figures.OpenUnit,
    *,
    since: datetime,
    now: datetime,
) -> int:
    """One unit's; another server may be at it, who then has closed them."""
    closed = 0
    reached = unit.closed_until
    for _ in range(ROUNDS):
        windows = calendar.over(since=since, now=now, most=SHIFTS)
        if not windows:
            break
        async with pool.connection() as connection, connection.transaction():
            await connection.execute("set local lock_timeout = '10s'")
            if await shift_figures.lock_unit(connection, unit.equipment_id) != reached:
                break
            await shift_figures.close(connection, unit.equipment_id, windows)
        closed += len(windows)
        reached = since = windows[-1].ended
    return closed
