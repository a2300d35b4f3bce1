"""What items are besides their code, name and stock unit: classes, GTIN, serial numbering, further units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("item_details")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetailRow:
    """An item."""

    id: int
    code: str
    name: dict[str, str]
    unit: str
    procurement: str
    standard_cost: Decimal
    item_class: str
    abc_class: str | None
    gtin: str | None
    serialised: bool
    units: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Ids of what shows an item's name on screens."""

    places: list[int]
    operations: list[int]


async def save(connection: Connection, row: Mapping[str, Any]) -> int:
    """Make the item, or bring all of it to the row, further units too; its id."""
    given = {"row": Jsonb(dict(row)), "rows": Jsonb([dict(row)])}
    saved = await fetch_value(connection, _SQL["save"], given)
    assert isinstance(saved, int)
    await connection.execute(_SQL["drop_units"], given)
    await connection.execute(_SQL["set_units"], given)
    return saved


async def shown(connection: Connection, item_id: int) -> Shown:
    """Places and live operations whose cards show the item."""
    found = await fetch_one(connection, Shown, _SQL["shown"], {"item_id": item_id})
    assert found is not None
    return found


async def packed_in(connection: Connection, code: str) -> list[str]:
    """Units into whose whole number the item's replenishment loops round."""
    return await fetch_column(connection, _SQL["packed_in"], {"code": code})


async def set_details(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> set[int]:
    """Ids of the items that changed."""
    given = {"rows": Jsonb(list(rows))}
    changed: set[int] = set()
    for query in ("set_details", "drop_units", "set_units"):
        changed.update(await fetch_column(connection, _SQL[query], given))
    return changed


async def taken_gtin(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> tuple[str, str] | None:
    """(GTIN, item that has it) of the first row whose GTIN is another item's."""
    cursor = await connection.execute(_SQL["taken_gtins"], {"rows": Jsonb(list(rows))})
    found = await cursor.fetchone()
    return None if found is None else (found[0], found[1])


async def gtin_owners(connection: Connection, gtins: Sequence[str]) -> dict[str, str]:
    """GTIN -> item that has it."""
    cursor = await connection.execute(_SQL["gtin_owners"], {"gtins": list(gtins)})
    return dict(await cursor.fetchall())


async def unit_factors(
    connection: Connection, codes: Sequence[str]
) -> dict[str, dict[str, Fraction]]:
    """Item -> unit -> stock units in one of it."""
    cursor = await connection.execute(_SQL["unit_factors"], {"codes": list(codes)})
    factors: dict[str, dict[str, Fraction]] = {}
    for item, unit, numerator, denominator in await cursor.fetchall():
        factors.setdefault(item, {})[unit] = Fraction(numerator, denominator)
    return factors


async def by_gtin(connection: Connection, gtin: str) -> str | None:
    """Code of the item with that GTIN-14."""
    return await fetch_value(connection, _SQL["by_gtin"], {"gtin": gtin})


async def find(
    connection: Connection,
    *,
    code: str | None = None,
    item_class: str | None = None,
    abc_class: str | None = None,
    gtin: str | None = None,
    procurement: str | None = None,
    after: int = 0,
    limit: int,
) -> list[ItemDetailRow]:
    """Items, by id."""
    parameters = {
        "code": code,
        "item_class": item_class,
        "abc_class": abc_class,
        "gtin": gtin,
        "procurement": procurement,
        "after": after,
        "limit": limit,
    }
    return await fetch_all(connection, ItemDetailRow, _SQL["find"], parameters)
