"""The job queue of a unit: what may run next, and what keeps it from starting. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from hmi.views.formatting import Format
from hmi.views.state import order_state_view
from mes_server.contract.feed import OrderCard
from mes_server.contract.work_orders import MaterialNeed, QueueEntry


def queue_view(
    entries: Sequence[QueueEntry],
    orders: Mapping[str, OrderCard],
    *,
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """One card a job, in the server's order; a job whose card is not here yet is left out until it is."""
    pairs = ((entry, orders.get(f"{entry.number}/{entry.operation}")) for entry in entries)
    return [_job(entry, card, now=now, form=form) for entry, card in pairs if card is not None]


def _job(entry: QueueEntry, card: OrderCard, *, now: datetime, form: Format) -> dict[str, Any]:
    return {
        "key": f"{entry.number}/{entry.operation}",
        "number": entry.number,
        "operation": entry.operation,
        "item": card.item,
        "itemName": form.words.name(card.item_name),
        "state": order_state_view(card.state, form.words),
        "target": form.quantity(card.target, card.unit),
        "good": form.quantity(card.good, card.unit) if card.good > 0 else None,
        "due": form.moment(card.due_at, now),
        "late": card.due_at < now,
        "startable": not entry.blocked_by,
        "verb": "resume" if card.state in ("held", "suspended") else "start",
        "blocked": list(entry.blocked_by),
        "materials": [_need(need, form) for need in entry.materials],
    }


def _need(need: MaterialNeed, form: Format) -> dict[str, Any]:
    return {
        "item": need.item,
        "itemName": form.words.name(need.item_name),
        "ready": need.ready,
        "required": form.quantity(Decimal(need.required), need.unit),
        "here": form.quantity(Decimal(need.line_side), need.unit),
        "elsewhere": form.quantity(Decimal(need.elsewhere), need.unit),
    }
