"""Counts without an order, given to one."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from mes_server.domain.restatement import closed_before
from mes_server.storage import ingest
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load

_SQL = load("attribution")
_INGEST = load("ingest")


async def take_counts(
    connection: Connection,
    *,
    operation_id: int,
    equipment_id: int,
    since: datetime,
    until: datetime | None,
) -> int:
    """Attribute the unit's counts of [since, until) that belong to no order, and stage them; how many there were."""
    cursor = await connection.execute(
        _SQL["take_counts"],
        {
            "operation_id": operation_id,
            "equipment_id": equipment_id,
            "since": since,
            "until": until,
        },
    )
    return cursor.rowcount


async def clear_staged(connection: Connection) -> None:
    """What was staged is booked, and something else may be staged."""
    await connection.execute(_SQL["clear_staged"])


async def move_roll_ups(connection: Connection, *, now: datetime, command_id: UUID) -> None:
    """Move the staged counts from "no order" to their order, by hour and minute; hours that had closed are restated."""
    for step in ("leave_hours", "leave_minutes"):
        await connection.execute(_SQL[step])
    await roll_up(connection)
    restated = {"closed": closed_before(now), "now": now, "command_id": command_id}
    await connection.execute(_SQL["restate_left"], restated)
    await ingest.restate_hours(connection, now=now, ingest_id=None, command_id=command_id)


async def stage_report(
    connection: Connection,
    *,
    operation_id: int,
    equipment_id: int,
    good: Decimal,
    scrap: Decimal,
    at: datetime,
) -> None:
    """Stage what a person reported as made, as if a machine had counted it."""
    parameters = {
        "operation_id": operation_id,
        "equipment_id": equipment_id,
        "good": good,
        "scrap": scrap,
        "at": at,
    }
    await connection.execute(_SQL["stage_report"], parameters)


async def roll_up(connection: Connection) -> None:
    """Add the staged counts to the hours and minutes of their order."""
    for step in ("roll_up_hours", "roll_up_minutes"):
        await connection.execute(_INGEST[step])
