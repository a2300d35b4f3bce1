"""People and their badges."""

from dataclasses import dataclass

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_one

_SQL = load("people")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """An active person."""

    id: int
    badge: str
    name: str
    roles: list[str]
    language: str


async def find_badge(connection: Connection, badge: str) -> PersonRow | None:
    """The active person with that badge."""
    return await fetch_one(connection, PersonRow, _SQL["by_badge"], {"badge": badge})
