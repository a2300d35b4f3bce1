"""Places as a tree, tended by people."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from mes_server.domain.location_tree import Uses
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("locations")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """A place and what it lies in."""

    id: int
    code: str
    name: dict[str, str]
    kind: str
    parent: str | None
    active: bool


async def above(connection: Connection, code: str) -> list[tuple[str, str]]:
    """(code, kind) of a place and the places that it lies in, itself first; empty when there is no such place."""
    cursor = await connection.execute(_SQL["above"], {"code": code})
    return [(found, kind) for found, kind in await cursor.fetchall()]


async def parents(connection: Connection) -> dict[str, tuple[str, str | None]]:
    """Every real place -> (its kind, the place that it lies in)."""
    cursor = await connection.execute(_SQL["parents"])
    return {code: (kind, parent) for code, kind, parent in await cursor.fetchall()}


async def uses(connection: Connection, location_id: int) -> Uses:
    """What keeps a place from being closed."""
    found = await fetch_one(connection, Uses, _SQL["uses"], {"id": location_id})
    assert found is not None
    return found


async def save(
    connection: Connection,
    *,
    code: str,
    name: Mapping[str, str],
    kind: str,
    parent: str | None,
    active: bool,
) -> int:
    """Create or change a place; its id."""
    parameters = {
        "code": code,
        "name": Jsonb(dict(name)),
        "kind": kind,
        "parent": parent,
        "active": active,
    }
    found = await fetch_value(connection, _SQL["save"], parameters)
    assert found is not None
    return found


async def items_at(connection: Connection, location_id: int) -> list[int]:
    """Ids of the items that lie at a place."""
    return await fetch_column(connection, _SQL["stock_places"], {"id": location_id})


async def find(
    connection: Connection,
    *,
    code: str | None = None,
    kind: str | None = None,
    below: str | None = None,
    active: bool | None = None,
    after: int = 0,
    limit: int,
) -> list[PlaceRow]:
    """Real places, by id."""
    parameters = {
        "code": code,
        "kind": kind,
        "below": below,
        "active": active,
        "after": after,
        "limit": limit,
    }
    return await fetch_all(connection, PlaceRow, _SQL["find"], parameters)
