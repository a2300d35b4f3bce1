"""Versions of what people edit, worked out from the content, so that nothing can change without another version."""

from typing import Literal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_value

_SQL = load("versions")

Thing = Literal["person", "location", "item", "loop"]


async def version_of(connection: Connection, thing: Thing, key: str) -> int:
    """The version of a thing by its code, badge or `item@location`; 0 when it is not there. Held in a transaction."""
    version = await fetch_value(connection, _SQL[thing], {"key": key})
    return version if isinstance(version, int) else 0
