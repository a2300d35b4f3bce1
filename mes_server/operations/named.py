"""The things that people name, found, or the refusal that says there is no such thing."""

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
from mes_server.storage import lots, plant, replenishment, work_orders
from mes_server.storage.database import Connection


async def item_of(connection: Connection, code: str) -> work_orders.ItemRow:
    """The item with that code; raises NotFound."""
    item = await work_orders.find_item(connection, code)
    if item is None:
        raise NotFound(what=ITEM, name=code)
    return item


async def place_of(connection: Connection, code: str) -> lots.LocationRow:
    """The real location with that code; raises NotFound or NotARealPlace."""
    location = await lots.find_location(connection, code)
    if location is None:
        raise NotFound(what=LOCATION, name=code)
    if not location.physical:
        raise NotARealPlace(place=location.name)
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


async def locked_operation(
    connection: Connection, *, number: str, operation: int
) -> work_orders.OperationRow:
    """The operation, locked; raises NotFound."""
    found = await work_orders.lock_operation(connection, number=number, operation=operation)
    if found is None:
        raise NotFound(what=ORDER, name=f"{number}/{operation}")
    return found


async def locked_on_unit(
    connection: Connection, *, number: str, operation: int
) -> work_orders.OperationRow:
    """The operation, locked after its unit, in the order in which facts lock them; raises NotFound."""
    unit = await work_orders.unit_of(connection, number=number, operation=operation)
    if unit is not None:
        await plant.lock_unit(connection, unit)
    return await locked_operation(connection, number=number, operation=operation)


async def locked_signal(connection: Connection, number: int) -> replenishment.SignalRow:
    """The replenishment signal, locked; raises NotFound."""
    found = await replenishment.lock_signal(connection, number)
    if found is None:
        raise NotFound(what=SIGNAL, name=str(number))
    return found
