"""The work-order list: progress, predicted finish, risk. Pure."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Literal

from hmi.views.formatting import Format, millis
from hmi.views.state import order_state_view
from mes_server.contract.feed import OrderCard, OrderState, UnitCard
from mes_server.contract.items import ItemCard
from mes_server.contract.people import Role

Risk = Literal["late", "at_risk", "on_time", "done"]
_COUNTED = re.compile(r"(.*?)(\d+)")
ENDED = ("completed", "closed", "aborted")

ACTIONS: dict[OrderState, tuple[str, ...]] = {
    "not_allowed_to_start": ("release", "abort"),
    "allowed_to_start": ("start", "abort"),
    "running": ("pause", "hold", "complete"),
    "held": ("resume", "complete", "abort"),
    "suspended": ("resume", "complete", "abort"),
    "completed": ("close",),
    "closed": (),
    "aborted": (),
}
"""What the screen offers in each state; whether it is allowed, the server decides."""
PLANNING: frozenset[Role] = frozenset({"planner", "leader", "manager", "admin"})
SHOP_FLOOR: frozenset[Role] = frozenset({"operator", "leader", "admin"})
QUALITY: frozenset[Role] = frozenset({"quality"})
OFFERED_TO: dict[str, frozenset[Role]] = {
    "release": PLANNING,
    "close": PLANNING,
    "abort": PLANNING,
    "start": SHOP_FLOOR,
    "pause": SHOP_FLOOR,
    "resume": SHOP_FLOOR,
    "complete": SHOP_FLOOR,
    "hold": SHOP_FLOOR | QUALITY,
}
"""Who sees a button; the server asks again."""


def orders_view(
    cards: Iterable[OrderCard], *, roles: Collection[Role], now: datetime, form: Format
) -> list[dict[str, Any]]:
    """Rows by due date; `roles` are those of the person signed in, none when nobody is."""
    rows = sorted(cards, key=lambda card: (card.due_at, card.number, card.operation))
    return [_row(card, roles=roles, now=now, form=form) for card in rows]


def choices_view(
    items: Iterable[ItemCard], units: Iterable[UnitCard], numbers: Iterable[str], *, form: Format
) -> dict[str, Any]:
    """What a new order can be for and where, and the number that would come next."""
    made = sorted(
        (card for card in items if card.procurement == "make"), key=lambda card: card.code
    )
    return {
        "items": [
            {"value": card.code, "label": f"{card.code} · {form.words.name(card.name)}"}
            for card in made
        ],
        "units": [{"value": card.path, "label": form.words.name(card.name)} for card in units],
        "number": next_number(numbers),
    }


def next_number(numbers: Iterable[str]) -> str:
    """One more than the highest number that ends in digits, its form kept; empty when there is none."""
    found = [match for number in numbers if (match := _COUNTED.fullmatch(number))]
    if not found:
        return ""
    highest = max(found, key=lambda match: int(match[2]))
    return f"{highest[1]}{int(highest[2]) + 1:0{len(highest[2])}d}"


def risk(card: OrderCard, *, now: datetime) -> Risk:
    """Late when the due time has passed, at risk when the finish is predicted after it."""
    if card.state in ENDED:
        return "done"
    if card.due_at < now:
        return "late"
    if card.predicted_finish_at is not None and card.predicted_finish_at > card.due_at:
        return "at_risk"
    return "on_time"


def _row(
    card: OrderCard, *, roles: Collection[Role], now: datetime, form: Format
) -> dict[str, Any]:
    standing = risk(card, now=now)
    finish = card.predicted_finish_at
    return {
        "key": f"{card.number}/{card.operation}",
        "number": card.number,
        "operation": card.operation,
        "item": card.item,
        "itemName": form.words.name(card.item_name),
        "place": form.words.name(card.equipment_name),
        "equipment": card.equipment,
        "state": order_state_view(card.state, form.words),
        "unit": form.unit(card.unit),
        "good": form.amount(card.good, card.unit),
        "target": form.amount(card.target, card.unit),
        "scrap": form.amount(card.scrap, card.unit),
        "rework": form.amount(card.rework, card.unit),
        "percent": form.percent(card.good, card.target),
        "priority": card.priority,
        "due": form.moment(card.due_at, now),
        "dueMs": millis(card.due_at),
        "finish": None if finish is None else form.moment(finish, now),
        "finishMs": millis(finish),
        "started": None if card.started_at is None else form.moment(card.started_at, now),
        "ended": None if card.ended_at is None else form.moment(card.ended_at, now),
        "released": None if card.released_at is None else form.moment(card.released_at, now),
        "over": f"{card.over_percent.normalize():f} %",
        "risk": standing,
        "riskWord": form.words(f"risk.{standing}"),
        "actions": [verb for verb in ACTIONS[card.state] if OFFERED_TO[verb] & set(roles)],
    }
