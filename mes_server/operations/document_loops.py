"""The loops of a master data document: what it does not name of a loop stays as it is."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from mes_server.domain.import_form import Kind
from mes_server.domain.loop_rule import Method, SupplyKind
from mes_server.domain.loop_setting import SUPPLIER, check_loop
from mes_server.domain.refusal import NotFound
from mes_server.operations.import_draft import defaults
from mes_server.operations.named import item_of
from mes_server.operations.quantity import stock_quantity
from mes_server.operations.set_loop import write_loops
from mes_server.storage import import_supply
from mes_server.storage.database import Connection

Row = Mapping[str, Any]
"""A loop in the words of the API, decimals as text."""


async def save_document_loops(
    connection: Connection, rows: Sequence[Row]
) -> frozenset[tuple[int, int]]:
    """(item, location) of the loops that were new or changed; items and places are known.

    Raises LoopIncomplete, NotFound for a supplier, UnitUnknown for a pack, or CallOpen.
    """
    known = await import_supply.present(
        connection, "loops", sorted({str(row["item"]) for row in rows})
    )
    changed: list[dict[str, Any]] = []
    for row in rows:
        now = known.get(f"{row['item']}/{row['location']}")
        whole = defaults(Kind.LOOPS) | (now or {}) | _given(row)
        if now is None or any(not _same(whole[name], now[name]) for name in now):
            await _check(connection, whole)
            changed.append(whole)
    if not changed:
        return frozenset()
    places = await import_supply.loop_places(connection, changed)
    await write_loops(connection, changed, places=places)
    return places


def _given(row: Row) -> dict[str, Any]:
    """What a row says; one that names a source alone means a transfer from there."""
    if row.get("source") is not None and "kind" not in row:
        return {**row, "kind": SupplyKind.TRANSFER.value, "supplier": None}
    return dict(row)


async def _check(connection: Connection, row: Row) -> None:
    most = row["max_quantity"]
    check_loop(
        kind=SupplyKind(row["kind"]),
        method=Method(row["method"]),
        reorder_point=Decimal(row["reorder_point"]),
        max_quantity=None if most is None else Decimal(most),
        has_source=row["source"] is not None,
        has_supplier=row["supplier"] is not None,
    )
    code = row["supplier"]
    if code is not None and not await import_supply.which(connection, "live_suppliers", [code]):
        raise NotFound(what=SUPPLIER, name=code)
    if row["pack_unit"] is not None:
        item = await item_of(connection, row["item"])
        await stock_quantity(connection, item, Decimal(1), row["pack_unit"])


def _same(one: Any, other: Any) -> bool:
    """Whether two values are one; decimals by their value, however they are written."""
    if isinstance(one, bool) or one is None or other is None:
        return one == other
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return one == other
