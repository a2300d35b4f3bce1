"""A shipment as commands answer it and lists show it."""

from mes_server.operations.command import Answer
from mes_server.storage.shipments import ShipmentRow


def shipment_words(row: ShipmentRow) -> Answer:
    """A Shipment in JSON."""
    return {
        "id": row.id,
        "item": row.item,
        "item_name": row.item_name,
        "unit": row.unit,
        "lot": row.lot,
        "from_location": row.from_location,
        "transit_location": row.transit_location,
        "to_location": row.to_location,
        "quantity": str(row.quantity),
        "received": str(row.received),
        "turned_back": str(row.turned_back),
        "open": str(row.open),
        "sent_at": row.sent_at.isoformat(),
        "sent_by": row.sent_by,
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
    }
