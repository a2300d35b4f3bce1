"""The things that people name, found, or the refusal that says there is no such thing."""

from collections.abc import Sequence

from mes_server.domain.location_tree import GROUPS, PlaceClosed
from mes_server.domain.refusal import (
    ITEM,
    LOCATION,
    LOT,
    ORDER,
    SIGNAL,
    UNIT,
    NotFound,
)
from mes_server.domain.stock import NotARealPlace
from mes_server.storage import ledger, lots, plant, replenishment, work_orders
from mes_server.storage.database import Connection, Overtaken


async def item_of(connection: Connection, code: str) -> work_orders.ItemRow:
    """The item with that code; raises NotFound."""
    item = await work_orders.find_item(connection, code)
    if item is None:
        raise NotFound(what=ITEM, name=code)
    return item


async def place_of(connection: Connection, code: str) -> lots.LocationRow:
    """The open real location with that code; raises NotFound, NotARealPlace or PlaceClosed."""
    location = await lots.find_location(connection, code)
    if location is None:
        raise NotFound(what=LOCATION, name=code)
    if not location.physical or location.kind in GROUPS:
        raise NotARealPlace(place=location.name)
    if not location.active:
        raise PlaceClosed(place=location.name)
    return location


async def account_of(connection: Connection, code: str) -> lots.LocationRow:
    """One of the ledger's own locations, e.g. SUPPLIER or SCRAP; raises NotFound."""
    location = await lots.find_location(connection, code)
    if location is None:
        raise NotFound(what=LOCATION, name=code)
    return location


async def unit_of(connection: Connection, path: str) -> plant.UnitRow:
    """The unit at that path; raises NotFound."""
    unit = await plant.find_unit(connection, path)
    if unit is None:
        raise NotFound(what=UNIT, name=path)
    return unit


async def lot_of(
    connection: Connection, *, item: str, lot: str, location_id: int | None = None
) -> lots.LotRow:
    """The lot of that item, with what lies of it at the location; raises NotFound."""
    found = await lots.find_lots(connection, lot=lot, item=item, location_id=location_id)
    if not found:
        raise NotFound(what=LOT, name=f"{item} {lot}")
    return found[0]


async def locked_order(connection: Connection, number: str) -> list[work_orders.OperationRow]:
    """The operations of an order, first to last, locked with it; raises NotFound."""
    order_id = await work_orders.lock_order(connection, number)
    if order_id is None:
        raise NotFound(what=ORDER, name=number)
    return await work_orders.lock_operations(connection, order_id)


async def locked_operation(
    connection: Connection, *, number: str, operation: int | None
) -> work_orders.OperationRow:
    """The operation (None: the order's first), locked with its order; raises NotFound."""
    rows = await locked_order(connection, number)
    return named_operation(rows, number=number, operation=operation)


async def locked_on_unit(
    connection: Connection, *, number: str, operation: int | None
) -> work_orders.OperationRow:
    """The operation (None: the order's first), locked after its unit, as facts lock them; raises NotFound."""
    order_id = await work_orders.lock_order(connection, number)
    if order_id is None:
        raise NotFound(what=ORDER, name=number)
    rows = await work_orders.operations_of(connection, order_id)
    row = named_operation(rows, number=number, operation=operation)
    await plant.lock_unit(connection, row.equipment_id)
    rows = await work_orders.lock_operations(connection, order_id)
    return named_operation(rows, number=number, operation=row.operation)


async def locked_order_on_units(
    connection: Connection, number: str
) -> list[work_orders.OperationRow]:
    """The operations of an order, first to last, locked after all their units; raises NotFound."""
    order_id = await work_orders.lock_order(connection, number)
    if order_id is None:
        raise NotFound(what=ORDER, name=number)
    rows = await work_orders.operations_of(connection, order_id)
    for equipment_id in sorted({row.equipment_id for row in rows}):
        await plant.lock_unit(connection, equipment_id)
    return await work_orders.lock_operations(connection, order_id)


def named_operation(
    rows: Sequence[work_orders.OperationRow], *, number: str, operation: int | None
) -> work_orders.OperationRow:
    """The operation of that number among an order's (None: the first); raises NotFound."""
    for row in rows:
        if operation is None or row.operation == operation:
            return row
    raise NotFound(what=ORDER, name=number if operation is None else f"{number}/{operation}")


async def locked_signal(
    connection: Connection,
    number: int,
    *,
    draws_from: frozenset[tuple[int, int]] = frozenset(),
) -> replenishment.SignalRow:
    """The replenishment signal, locked after its places, as facts lock them when they call; raises NotFound.

    Its places are the ends of its loop and where lots are picked for it; a pick adds what it `draws_from`.
    """
    places = await replenishment.places_of(connection, number)
    await ledger.lock(connection, places | draws_from)
    found = await replenishment.lock_signal(connection, number)
    if found is None:
        raise NotFound(what=SIGNAL, name=str(number))
    if not await replenishment.places_of(connection, number) <= places | draws_from:
        raise Overtaken(f"call {number} was picked meanwhile")
    return found
