"""What a scanned text names here: an item with lot, serial number and quantity, a container, or a place."""

from mes_server.domain.barcode import Label, read_label
from mes_server.domain.refusal import LOT, NotFound
from mes_server.operations.command import Answer
from mes_server.storage import item_details, lots, work_orders
from mes_server.storage.database import Connection


async def read_scan_here(connection: Connection, barcode: str) -> Answer:
    """A Scanned in JSON; raises NotFound when nothing here has that name."""
    label = read_label(barcode)
    answer: Answer = {
        "item": await item_of_label(connection, label),
        "lot": label.lot,
        "serial": label.serial,
        "container": label.sscc,
        "quantity": None if label.quantity is None else str(label.quantity),
        "unit": label.unit,
        "expires_on": label.expires_on.isoformat() if label.expires_on else None,
        "location": None,
    }
    return (
        answer
        if label.plain is None or label.lot is not None
        else {
            **answer,
            **await _plain(connection, label.plain),
        }
    )


async def item_of_label(connection: Connection, label: Label) -> str | None:
    """Code of the item that the label names, by GTIN or by code; None when it is not known here."""
    if label.gtin is not None:
        return await item_details.by_gtin(connection, label.gtin)
    if label.item is not None and await work_orders.find_item(connection, label.item):
        return label.item
    return None


async def _plain(connection: Connection, text: str) -> Answer:
    """A plain code: of a place, an item, or a lot that only one item has."""
    place = await lots.find_location(connection, text)
    if place is not None and place.physical:
        return {"location": place.code}
    if await work_orders.find_item(connection, text):
        return {"item": text}
    found = await lots.find_lots(connection, lot=text, item=None, location_id=None)
    if not found:
        raise NotFound(what=LOT, name=text)
    only = len({one.item for one in found}) == 1
    return {"item": found[0].item if only else None, "lot": text}
