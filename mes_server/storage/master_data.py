"""Items, locations, bills, loops and people, taken as rows of a document and compared with what is there."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column

_SQL = load("master_data")

Rows = Sequence[Mapping[str, Any]]
"""JSON rows in the words of the document; decimals as text."""


async def upsert_items(connection: Connection, rows: Rows) -> list[int]:
    """Ids of the items that were new or changed."""
    return await fetch_column(connection, _SQL["upsert_items"], {"rows": Jsonb(rows)})


async def items_with_stock_in_another_unit(connection: Connection, rows: Rows) -> list[str]:
    """Items that would change their unit although something is booked in it."""
    query = _SQL["items_with_stock_in_another_unit"]
    return await fetch_column(connection, query, {"rows": Jsonb(rows)})


async def unreal_locations(connection: Connection, rows: Rows) -> list[dict[str, str]]:
    """Names of the ledger's own accounts among the rows."""
    return await fetch_column(connection, _SQL["unreal_locations"], {"rows": Jsonb(rows)})


async def upsert_locations(connection: Connection, rows: Rows) -> int:
    """How many locations were new or changed."""
    changed = set(await fetch_column(connection, _SQL["upsert_locations"], {"rows": Jsonb(rows)}))
    return len(
        changed.union(await fetch_column(connection, _SQL["set_parents"], {"rows": Jsonb(rows)}))
    )


async def upsert_bills(connection: Connection, bills: Rows, components: Rows) -> int:
    """How many heads and components were new, changed or taken out."""
    heads = await fetch_column(connection, _SQL["upsert_bills"], {"rows": Jsonb(bills)})
    given = {"rows": Jsonb(components), "heads": Jsonb(bills)}
    dropped = await connection.execute(_SQL["drop_components"], given)
    changed = await fetch_column(connection, _SQL["upsert_components"], given)
    return len(heads) + dropped.rowcount + len(changed)


async def read_bills(connection: Connection) -> dict[str, list[str]]:
    """Item -> items of its bill."""
    return dict(await (await connection.execute(_SQL["bills"])).fetchall())


async def upsert_people(connection: Connection, rows: Rows) -> int:
    """How many people were new or changed."""
    return len(await fetch_column(connection, _SQL["upsert_people"], {"rows": Jsonb(rows)}))


async def missing_items(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Codes that are no item."""
    return await fetch_column(connection, _SQL["missing_items"], {"codes": list(codes)})


async def missing_locations(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Codes that are no location."""
    return await fetch_column(connection, _SQL["missing_locations"], {"codes": list(codes)})
