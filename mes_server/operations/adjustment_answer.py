"""An adjustment as commands answer it and lists show it, and the posting that it makes."""

from datetime import datetime
from decimal import Decimal

from mes_server.operations.command import Answer
from mes_server.storage import ledger
from mes_server.storage.adjustments import AdjustmentRow


def adjustment_words(row: AdjustmentRow) -> Answer:
    """An Adjustment in JSON."""
    return {
        "id": row.id,
        "item": row.item,
        "item_name": row.item_name,
        "unit": row.unit,
        "lot": row.lot,
        "location": row.location,
        "quantity": str(row.quantity),
        "value": str(row.value),
        "reason": row.reason,
        "state": row.state,
        "asked_at": row.asked_at.isoformat(),
        "asked_by": row.asked_by,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "decided_by": row.decided_by,
        "decision": row.decision,
        "movement": row.movement,
    }


def difference(
    *,
    kind: str,
    item_id: int,
    lot_id: int,
    place_id: int,
    account_id: int,
    quantity: Decimal,
    at: datetime,
    reason: str,
) -> ledger.NewMovement:
    """The posting of a difference: account -> place when it is found, place -> account when it is missing."""
    found = quantity > 0
    return ledger.NewMovement(
        kind=kind,
        item_id=item_id,
        lot_id=lot_id,
        from_id=account_id if found else place_id,
        to_id=place_id if found else account_id,
        quantity=abs(quantity),
        at=at,
        reason=reason,
    )
