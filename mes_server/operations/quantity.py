"""Quantities as people enter them, in the item's stock unit."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from mes_server.domain.units import in_stock_unit
from mes_server.storage import item_units
from mes_server.storage.database import Connection
from mes_server.storage.work_orders import ItemRow


async def stock_quantity(
    connection: Connection,
    item: ItemRow,
    quantity: Decimal,
    unit: str | None,
    *,
    gained: bool = False,
) -> Decimal:
    """`quantity` of `unit` (None: the stock unit) in the stock unit; raises UnitUnknown or QuantityVanishes."""
    if unit is None or unit == item.unit:
        return quantity
    units = await item_units.units_of(connection, item.id)
    return in_stock_unit(
        quantity, unit=unit, item=item.code, stock_unit=item.unit, units=units, gained=gained
    )


def given_in_units(entry: Any, **more: Any) -> dict[str, Any]:
    """What a command was given, for its key and the log: an entry whose `unit` is one of quantity, not of equipment."""
    given = {**more, **asdict(entry)}
    counted_in = given.pop("unit")
    return given if counted_in is None else {**given, "counted_in": counted_in}
