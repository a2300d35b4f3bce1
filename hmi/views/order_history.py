"""How an order went, and everything that people or late facts changed of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hmi.views.formatting import Format, millis
from mes_server.contract.feed import OrderCard
from mes_server.contract.order_changes import OrderChangeRecord
from mes_server.contract.review import Restatement
from mes_server.contract.work_orders import ProductionReport, ScrapReport

HISTORY_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPast:
    """What the server told of an order's past."""

    changes: Sequence[OrderChangeRecord] = ()
    restatements: Sequence[Restatement] = ()
    scrap: Sequence[ScrapReport] = ()
    reports: Sequence[ProductionReport] = ()


def history_view(
    cards: Sequence[OrderCard], told: OrderPast, *, now: datetime, form: Format
) -> list[dict[str, Any]]:
    """How it went, and everything that people or late facts changed, newest first."""
    unit = cards[0].unit
    entries = [
        *(entry for card in cards for entry in _went(card, now, form)),
        *(_changed(one, now, form) for one in told.changes),
        *(_restated(one, unit, now, form) for one in told.restatements if one.figure == "order"),
        *(_scrapped(one, unit, now, form) for one in told.scrap),
        *(_reported(one, unit, now, form) for one in told.reports),
    ]
    entries.sort(key=lambda entry: entry["ms"], reverse=True)
    return entries[:HISTORY_SHOWN]


def _entry(
    at: datetime, now: datetime, form: Format, *, icon: str, what: str, person: str | None
) -> dict[str, Any]:
    return {
        "ms": millis(at) or 0,
        "at": form.moment(at, now),
        "icon": icon,
        "what": what,
        "person": person or form.words("said.program"),
        "reason": "",
    }


def _went(card: OrderCard, now: datetime, form: Format) -> list[dict[str, Any]]:
    """When an operation was released, started and ended."""
    steps = {"released": card.released_at, "started": card.started_at, "ended": card.ended_at}
    return [
        {
            "ms": millis(at) or 0,
            "at": form.moment(at, now),
            "icon": {"released": "lock_open", "started": "play_arrow", "ended": "flag"}[step],
            "what": form.words(f"order.went.{step}", operation=card.operation),
            "person": form.words.name(card.equipment_name),
            "reason": "",
        }
        for step, at in steps.items()
        if at is not None
    ]


def _changed(one: OrderChangeRecord, now: datetime, form: Format) -> dict[str, Any]:
    thing = form.words.optional(f"order.changed.{one.what}", one.what)
    before, after = (form.told(text, now) for text in (one.before, one.after))
    what = f"{thing}: {before} → {after}" if before else f"{thing}: {after}"
    return {
        **_entry(one.at, now, form, icon="edit", what=what, person=one.person),
        "reason": one.reason,
    }


def _restated(one: Restatement, unit: str, now: datetime, form: Format) -> dict[str, Any]:
    what = form.words(
        "order.restated",
        before=form.amount(one.good_before, unit),
        after=form.quantity(one.good_after, unit),
        time=form.moment(one.fact_at, now),
    )
    person = one.person or form.words("order.late_fact")
    return _entry(one.at, now, form, icon="history", what=what, person=person)


def _scrapped(one: ScrapReport, unit: str, now: datetime, form: Format) -> dict[str, Any]:
    words = form.words
    what = f"{words(f'run.{one.disposition}')}: {form.quantity(Decimal(one.quantity), unit)}"
    if one.reversed_at is not None:
        taken_back = words("order.taken_back")
        what += f" ({taken_back})"
    entry = _entry(one.at, now, form, icon="delete_outline", what=what, person=one.person)
    return {**entry, "reason": words.optional(f"reason.{one.reason}", one.reason)}


def _reported(one: ProductionReport, unit: str, now: datetime, form: Format) -> dict[str, Any]:
    what = form.words(
        "order.reported",
        good=form.quantity(one.good, unit),
        scrap=form.quantity(one.scrap, unit),
    )
    entry = _entry(one.at, now, form, icon="edit_note", what=what, person=one.person)
    return {**entry, "reason": one.reason}
