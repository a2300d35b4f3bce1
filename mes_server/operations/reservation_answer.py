"""A reservation as commands answer it and lists show it."""

from mes_server.operations.command import Answer
from mes_server.storage.reservations import ReservationRow


def reservation_words(row: ReservationRow) -> Answer:
    """A Reservation in JSON."""
    return {
        "id": row.id,
        "order": row.order,
        "operation": row.operation,
        "item": row.item,
        "item_name": row.item_name,
        "unit": row.unit,
        "location": row.location,
        "location_name": row.location_name,
        "lot": row.lot,
        "hard": row.hard,
        "quantity": str(row.quantity),
        "remaining": str(row.remaining),
        "at": row.at.isoformat(),
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "person": row.person,
    }
