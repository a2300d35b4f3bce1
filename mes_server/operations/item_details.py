"""Items of a document: their classes, GTIN and units; and bills that name components in other units."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mes_server.domain.item_details import GtinTaken, exact_bill, gtin_14
from mes_server.domain.units import UnitUnknown, booked
from mes_server.storage import item_details
from mes_server.storage.database import Connection

Rows = Sequence[Mapping[str, Any]]


async def save_item_details(connection: Connection, rows: Rows) -> set[int]:
    """Ids of the items that changed; what a row leaves out stays. Raises GtinWrong or GtinTaken."""
    seen: dict[str, str] = {}
    spelled: list[dict[str, Any]] = []
    for row in rows:
        gtin = gtin_14(row["gtin"]) if row.get("gtin") else None
        if gtin is not None and seen.setdefault(gtin, row["code"]) != row["code"]:
            raise GtinTaken(gtin=gtin, item=seen[gtin])
        spelled.append({**row, "gtin": gtin})
    taken = await item_details.taken_gtin(connection, spelled)
    if taken is not None:
        raise GtinTaken(gtin=taken[0], item=taken[1])
    return await item_details.set_details(connection, spelled)


async def bills_in_stock_units(connection: Connection, bills: Rows) -> list[dict[str, Any]]:
    """The bills with every component in its stock unit, exactly; raises UnitUnknown."""
    named = {line["item"] for bill in bills for line in bill["components"] if line.get("unit")}
    if not named:
        return [dict(bill) for bill in bills]
    factors = await item_details.unit_factors(connection, sorted(named))
    return [_in_stock_units(bill, factors) for bill in bills]


def _in_stock_units(
    bill: Mapping[str, Any], factors: Mapping[str, Mapping[str, Fraction]]
) -> dict[str, Any]:
    lines: list[tuple[Fraction, Fraction]] = []
    for line in bill["components"]:
        unit, known = line.get("unit"), factors.get(line["item"], {})
        if unit and unit not in known:
            raise UnitUnknown(item=line["item"], unit=unit, units=tuple(sorted(known)))
        lines.append((Fraction(line["quantity"]), known[unit] if unit else Fraction(1)))
    base, quantities = exact_bill(Fraction(Decimal(bill["base_quantity"])), lines)
    components = [
        {**line, "quantity": str(booked(quantity))}
        for line, quantity in zip(bill["components"], quantities, strict=True)
    ]
    return {**bill, "base_quantity": str(booked(base)), "components": components}
