"""Bills of material with everything about them: revisions, dates, substitutes, co- and by-products."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column

_SQL = load("bills")

Rows = Sequence[Mapping[str, Any]]
"""JSON rows in the words of the document; decimals as text."""


async def save_extras(connection: Connection, bills: Rows) -> int:
    """Bring substitutes and outputs of these bills to the document; how many were new, changed or taken out."""
    heads = Jsonb([{"item": bill["item"], "revision": bill["revision"]} for bill in bills])
    changed = 0
    for kind, rows in (("substitutes", substitutes(bills)), ("outputs", outputs(bills))):
        given = {"heads": heads, "rows": Jsonb(rows)}
        changed += (await connection.execute(_SQL[f"drop_{kind}"], given)).rowcount
        changed += len(await fetch_column(connection, _SQL[f"upsert_{kind}"], given))
    return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFilter:
    """Which bills; None takes all. `after` is the last id of the page before."""

    item: str | None = None
    revision: str | None = None
    component: str | None = None
    """Bills that use this item, as a component or as its substitute."""
    in_force: bool | None = None
    after: int = 0


async def find(
    connection: Connection, which: BillFilter, *, day: date, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """(id, bill in the words of master data) by id; `day` says which are in force."""
    parameters = {**asdict(which), "day": day, "limit": limit}
    cursor = await connection.execute(_SQL["find"], parameters)
    return [(bill_id, bill) for bill_id, bill in await cursor.fetchall()]


async def find_one(
    connection: Connection, *, item: str, revision: str, day: date
) -> dict[str, Any] | None:
    """That revision of the item's bill, in the words of master data."""
    which = BillFilter(item=item, revision=revision)
    found = await find(connection, which, day=day, limit=1)
    return found[0][1] if found else None


def substitutes(bills: Rows) -> list[dict[str, Any]]:
    """A row a substitute."""
    return [
        {
            **other,
            "head": bill["item"],
            "revision": bill["revision"],
            "component": line["item"],
        }
        for bill in bills
        for line in bill["components"]
        for other in line.get("substitutes", ())
    ]


def outputs(bills: Rows) -> list[dict[str, Any]]:
    """A row a co- or by-product."""
    return [
        {**other, "head": bill["item"], "revision": bill["revision"]}
        for bill in bills
        for other in bill.get("outputs", ())
    ]
