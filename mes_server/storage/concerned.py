"""The units that an order, a scrap entry, a call or a place belongs to."""

from typing import Any

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column

_SQL = load("concerned")


async def units_of_order(
    connection: Connection, number: str, *, operation: int | None
) -> list[str]:
    """Paths of the units of an operation, or of the whole order."""
    return await _paths(connection, "of_order", number=number, operation=operation)


async def units_of_routing(connection: Connection, item: str) -> list[list[str]]:
    """For each operation of the item's routings: the units that can do it."""
    return await fetch_column(connection, _SQL["of_routing"], {"item": item})


async def units_of_scrap_report(connection: Connection, report_id: int) -> list[str]:
    """The unit of a scrap entry."""
    return await _paths(connection, "of_scrap_report", id=report_id)


async def units_of_signal(connection: Connection, number: int) -> list[str]:
    """Units that a replenishment call serves."""
    return await _paths(connection, "of_signal", id=number)


async def units_of_card(connection: Connection, code: str) -> list[str]:
    """Units at the place of a kanban card."""
    return await _paths(connection, "of_card", code=code)


async def units_of_container(connection: Connection, code: str) -> list[str]:
    """Units at the place of a container."""
    return await _paths(connection, "of_container", code=code)


async def units_of_location(connection: Connection, code: str) -> list[str]:
    """Units whose line side or output place this is; none for a store."""
    return await _paths(connection, "of_location", code=code)


async def _paths(connection: Connection, query: str, **values: Any) -> list[str]:
    return await fetch_column(connection, _SQL[query], values)
