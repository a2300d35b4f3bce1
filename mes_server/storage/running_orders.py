"""Which order runs on which unit."""

from dataclasses import dataclass

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("running_orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningOrderRow:
    """A unit and its order."""

    equipment: str
    order: str


async def by_unit(connection: Connection) -> list[RunningOrderRow]:
    """The order that runs on each unit now; a unit where none runs is not listed."""
    return await fetch_all(connection, RunningOrderRow, _SQL["by_unit"], {})
