"""Bins near a place, for putting away."""

from mes_server.domain.put_away import Bin
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("bins")


async def bins_near(
    connection: Connection, *, location_id: int, item_id: int, lot_id: int | None
) -> list[Bin]:
    """Bins of the place's store, the most suitable first, at most 50."""
    parameters = {"location_id": location_id, "item_id": item_id, "lot_id": lot_id}
    return await fetch_all(connection, Bin, _SQL["near"], parameters)
