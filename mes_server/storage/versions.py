"""Versions of what people edit, worked out from the content, so that nothing can change without another version."""

from typing import Literal

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_value

_SQL = load("versions")

Thing = Literal["person", "location", "item", "bill", "loop"]


async def version_of(connection: Connection, thing: Thing, key: str) -> int:
    """The version of a thing by its code, badge, `item@revision` or `item@location`; 0 when it is not there."""
    version = await fetch_value(connection, _SQL[thing], {"key": key})
    return version if isinstance(version, int) else 0


async def lock_version(connection: Connection, thing: Thing, key: str) -> int:
    """`version_of`, with the thing held until the transaction ends: nobody else edits it, or makes it, meanwhile."""
    await connection.execute(_SQL["hold"], {"thing": thing, "key": key})
    if thing in ("item", "bill"):
        await connection.execute(_SQL[f"lock_{thing}"], {"key": key})
    return await version_of(connection, thing, key)
