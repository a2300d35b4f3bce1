"""Units of items beside their stock unit."""

from mes_server.domain.units import ItemUnit
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("item_units")


async def units_of(connection: Connection, item_id: int) -> list[ItemUnit]:
    """Units in which the item may be counted, its stock unit aside."""
    return await fetch_all(connection, ItemUnit, _SQL["of_item"], {"item_id": item_id})
