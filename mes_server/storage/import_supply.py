"""What imports of suppliers, units, loops and purchase orders compare with and write to."""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column

_SQL = load("import_supply")

Fields = dict[str, Any]
Present = dict[str, Fields]
"""Key -> fields as they are."""
SupplyTable = Literal["suppliers", "units", "loops", "purchases"]


async def present(connection: Connection, table: SupplyTable, codes: Sequence[str]) -> Present:
    """Suppliers by code, units by `item/unit` and loops by `item/location` of items, lines by `number/line` of orders."""
    cursor = await connection.execute(_SQL[f"present_{table}"], {"codes": list(codes)})
    return dict(await cursor.fetchall())


async def stock_units(connection: Connection, codes: Sequence[str]) -> dict[str, str]:
    """Item -> stock unit."""
    return dict(
        await (await connection.execute(_SQL["stock_units"], {"codes": list(codes)})).fetchall()
    )


async def which(
    connection: Connection,
    query: Literal["open_places", "live_suppliers", "used_units"],
    codes: Sequence[str],
) -> set[str]:
    """Those of the codes for which it is true."""
    return set(await fetch_column(connection, _SQL[query], {"codes": list(codes)}))


async def loop_places(connection: Connection, rows: Sequence[Fields]) -> frozenset[tuple[int, int]]:
    """(item, location) ids of loops."""
    named = [{"item": row["item"], "location": row["location"]} for row in rows]
    cursor = await connection.execute(_SQL["loop_places"], {"rows": Jsonb(named)})
    return frozenset((item, place) for item, place in await cursor.fetchall())


async def write(
    connection: Connection, table: Literal["suppliers", "units", "loops"], rows: Sequence[Fields]
) -> None:
    """Things as given, every field of them."""
    await connection.execute(_SQL[f"write_{table}"], {"rows": Jsonb(list(rows))})


async def delete_suppliers(connection: Connection, codes: Sequence[str]) -> str | None:
    """Take suppliers out again; the first one that something refers to, in which case that one stays."""
    for code in codes:
        try:
            async with connection.transaction():
                await connection.execute(_SQL["delete_suppliers"], {"codes": [code]})
        except ForeignKeyViolation:
            return code
    return None


async def delete_units(connection: Connection, keys: Collection[str]) -> None:
    """Take further units out again."""
    await connection.execute(_SQL["delete_units"], {"codes": sorted(keys)})


async def delete_loops(connection: Connection, keys: Collection[str]) -> None:
    """Take loops out again; those that called already are switched off."""
    for step in ("delete_loops", "switch_off_loops"):
        await connection.execute(_SQL[step], {"codes": sorted(keys)})
