"""What imports compare with and write to: items, locations, bills, lots and orders, in the words of the import."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column

_SQL = load("import_targets")

Fields = dict[str, Any]
Present = dict[str, Fields]
"""Key -> fields as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredMovement:
    """A movement that is to be taken back."""

    id: int
    item_id: int
    lot_id: int
    from_id: int
    to_id: int
    quantity: Decimal


async def present(
    connection: Connection,
    kind: Literal["items", "locations", "bills", "orders"],
    codes: Sequence[str],
) -> Present:
    """Items, locations and orders by code; every revision of the bills of items, by `item/revision`."""
    cursor = await connection.execute(_SQL[f"present_{kind}"], {"codes": list(codes)})
    return dict(await cursor.fetchall())


async def present_lots(
    connection: Connection, *, items: Sequence[str], lots: Sequence[str]
) -> Present:
    """Lots by `item/lot`, with `stock`: location -> quantity."""
    values = {"items": list(items), "codes": list(lots)}
    return dict(await (await connection.execute(_SQL["present_lots"], values)).fetchall())


async def which(
    connection: Connection,
    query: Literal["made_items", "known_units", "unreal_places", "stocked_places"],
    codes: Sequence[str],
) -> set[str]:
    """Those of the codes for which it is true."""
    return set(await fetch_column(connection, _SQL[query], {"codes": list(codes)}))


async def write_items(connection: Connection, rows: Sequence[Fields]) -> None:
    """Items as given, every field of them."""
    await connection.execute(_SQL["write_items"], {"rows": Jsonb(rows)})


async def write_locations(connection: Connection, rows: Sequence[Fields]) -> None:
    """Locations as given, with their parents."""
    await connection.execute(_SQL["write_locations"], {"rows": Jsonb(rows)})
    await connection.execute(_SQL["write_parents"], {"rows": Jsonb(rows)})


async def write_bills(connection: Connection, rows: Sequence[Fields]) -> None:
    """Whole bills as given."""
    for step in ("write_bills", "clear_bills", "write_components"):
        await connection.execute(_SQL[step], {"rows": Jsonb(rows)})


async def delete(
    connection: Connection,
    kind: Literal["items", "locations", "bills", "routings"],
    codes: Sequence[str],
) -> str | None:
    """Take things out again; the first one that something refers to, in which case nothing was taken out."""
    query = _SQL[f"delete_{kind}"]
    try:
        async with connection.transaction():
            await connection.execute(query, {"codes": list(codes)})
    except ForeignKeyViolation:
        for code in codes:
            try:
                async with connection.transaction():
                    await connection.execute(query, {"codes": [code]})
            except ForeignKeyViolation:
                return code
        raise
    return None


async def released_since(
    connection: Connection, items: Sequence[str], *, since: datetime
) -> list[str]:
    """Items whose orders were released since."""
    values = {"codes": list(items), "since": since}
    return await fetch_column(connection, _SQL["released_since"], values)


async def moved_lots(
    connection: Connection, lots: Sequence[str], *, beside: Sequence[int]
) -> list[str]:
    """Lots (`item/lot`) that were moved by other movements than these."""
    values = {"codes": list(lots), "movements": list(beside)}
    return await fetch_column(connection, _SQL["moved_lots"], values)


async def movements(connection: Connection, ids: Sequence[int]) -> list[MirroredMovement]:
    """Movements by id."""
    return await fetch_all(
        connection, MirroredMovement, _SQL["movements"], {"movements": list(ids)}
    )


async def started_orders(connection: Connection, numbers: Sequence[str]) -> list[str]:
    """Orders that somebody released or did more with."""
    return await fetch_column(connection, _SQL["started_orders"], {"codes": list(numbers)})


async def operations_of(connection: Connection, number: str) -> list[int]:
    """Numbers of the order's operations."""
    return await fetch_column(connection, _SQL["operations_of"], {"code": number})
