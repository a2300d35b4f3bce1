"""One work order whole: its operations, whether its material is there, what it used, and what was changed. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from hmi.views import addresses
from hmi.views.formatting import Format, millis
from hmi.views.order_history import OrderPast, history_view
from hmi.views.orders import ENDED, risk
from hmi.views.state import order_state_view
from mes_server.contract.feed import OrderCard, OrderRelation, OrderState, UnitCard
from mes_server.contract.order_reports import OrderLot
from mes_server.contract.people import Role
from mes_server.contract.readiness import ComponentReadiness, OrderReadiness
from mes_server.contract.reports import ConsumptionVariance, VarianceLine

PLANNING: frozenset[Role] = frozenset({"planner", "leader", "manager", "admin"})
SHOP_FLOOR: frozenset[Role] = frozenset({"operator", "leader", "admin"})
QUALITY: frozenset[Role] = frozenset({"quality"})
OPERATION_ACTIONS: dict[OrderState, tuple[str, ...]] = {
    "not_allowed_to_start": (),
    "allowed_to_start": ("start",),
    "running": ("pause", "hold", "complete"),
    "held": ("resume", "complete"),
    "suspended": ("resume", "complete"),
    "completed": ("close",),
    "closed": (),
    "aborted": (),
}
"""What is offered beside an operation; whether it is allowed, the server decides."""
OFFERED_TO: dict[str, frozenset[Role]] = {
    "release": PLANNING,
    "change": PLANNING,
    "split": PLANNING,
    "rework_order": PLANNING | QUALITY,
    "cancel": PLANNING,
    "close": PLANNING,
    "start": SHOP_FLOOR,
    "pause": SHOP_FLOOR,
    "resume": SHOP_FLOOR,
    "complete": SHOP_FLOOR,
    "hold": SHOP_FLOOR | QUALITY,
}
FIGURES = ("good", "scrap", "rework")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTold:
    """What the server told of an order; None: not yet."""

    readiness: OrderReadiness | None = None
    lots: Sequence[OrderLot] | None = None
    variance: ConsumptionVariance | None = None
    past: OrderPast = field(default_factory=OrderPast)


def order_view(
    cards: Sequence[OrderCard],
    told: OrderTold,
    *,
    units: Mapping[str, UnitCard],
    roles: Collection[Role],
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    """The order through its operations, first one first; `cards` must not be empty."""
    ordered = sorted(cards, key=lambda card: card.operation)
    return {
        "order": _head(ordered, roles=roles, now=now, form=form),
        "operations": [
            _operation(card, units, roles=roles, now=now, form=form) for card in ordered
        ],
        "material": None if told.readiness is None else _material(told.readiness, now, form),
        "used": None if told.variance is None else _used(told, now=now, form=form),
        "made": [_lot(one, now=now, form=form) for one in told.lots or () if one.produced],
        "history": history_view(ordered, told.past, now=now, form=form),
        "reworkUnits": [
            {"value": path, "label": form.words.name(card.name)} for path, card in units.items()
        ],
    }


def order_path(number: str) -> str:
    """Where the screen of an order is."""
    return f"/orders/{addresses.part(number)}"


def lot_path(item: str, lot: str) -> str:
    """Where the traceability of a lot is."""
    return addresses.with_query("/trace", {"item": item, "lot": lot})


def _head(
    cards: Sequence[OrderCard], *, roles: Collection[Role], now: datetime, form: Format
) -> dict[str, Any]:
    """The order speaks through its last operation, whose good pieces are its output."""
    last = next((card for card in reversed(cards) if card.yields), cards[-1])
    standing, finish = risk(last, now=now), last.predicted_finish_at
    leading = _leading(cards)
    return {
        "number": last.number,
        "version": max(card.order_version for card in cards),
        "item": last.item,
        "itemName": form.words.name(last.item_name),
        "unit": form.unit(last.unit),
        "state": order_state_view(leading.state, form.words),
        "good": form.amount(last.good, last.unit),
        "target": form.amount(last.target, last.unit),
        "amount": f"{last.target.normalize():f}",
        "missing": None
        if last.good >= last.target
        else form.quantity(last.target - last.good, last.unit),
        "percent": form.percent(last.good, last.target),
        "priority": last.priority,
        "due": form.moment(last.due_at, now),
        "dueMs": millis(last.due_at),
        "finish": None if finish is None else form.moment(finish, now),
        "risk": standing,
        "riskWord": form.words(f"risk.{standing}"),
        "over": form.words("order.no_most")
        if last.over_unlimited
        else f"+{form.exact(last.over_percent)} %",
        "under": form.words("order.no_least")
        if last.under_percent is None
        else f"−{form.exact(last.under_percent)} %",
        "overDelivery": form.quantity(last.over_delivery, last.unit)
        if last.over_delivery > 0
        else None,
        "bill": last.bill_revision,
        "routing": last.routing_revision,
        "short": last.ended_short_reason,
        "parents": [_relation(one, last.unit, form) for one in last.parents],
        "children": [_relation(one, last.unit, form) for one in last.children],
        "actions": _order_actions(cards, roles),
        "rework": f"{sum((card.rework for card in cards), Decimal(0)).normalize():f}",
        "reworkAt": last.equipment,
    }


def _leading(cards: Sequence[OrderCard]) -> OrderCard:
    """The operation that says how the order stands: one that runs, else the first that has not ended, else the last."""
    running = [card for card in cards if card.state == "running"]
    waiting = [card for card in cards if card.state not in ENDED]
    return (running or waiting or [cards[-1]])[0]


def _order_actions(cards: Sequence[OrderCard], roles: Collection[Role]) -> list[str]:
    states = {card.state for card in cards}
    open_ = bool(states - set(ENDED))
    wanted = {
        "release": "not_allowed_to_start" in states,
        "change": open_,
        "split": open_,
        "rework_order": any(card.rework > 0 for card in cards),
        "cancel": open_,
    }
    return [verb for verb, fits in wanted.items() if fits and OFFERED_TO[verb] & set(roles)]


def _relation(relation: OrderRelation, unit: str, form: Format) -> dict[str, str]:
    return {
        "number": relation.number,
        "href": order_path(relation.number),
        "word": form.words(f"order.relation.{relation.kind}"),
        "quantity": form.quantity(relation.quantity, unit),
    }


def _operation(
    card: OrderCard,
    units: Mapping[str, UnitCard],
    *,
    roles: Collection[Role],
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    finish = card.predicted_finish_at
    here = units.get(card.equipment)
    running = (
        here is not None
        and here.order is not None
        and here.order.number == card.number
        and here.order.operation == card.operation
    )
    ahead = here.order.ahead if running and here is not None and here.order is not None else None
    return {
        "number": card.operation,
        "name": form.words.name(card.operation_name),
        "place": form.words.name(card.equipment_name),
        "units": [
            form.words.name(units[path].name) if path in units else path
            for path in card.units
            if path != card.equipment
        ],
        "terminal": f"/terminal/{addresses.path(card.equipment)}",
        "state": order_state_view(card.state, form.words),
        "unit": form.unit(card.unit),
        **{name: form.amount(getattr(card, name), card.unit) for name in FIGURES},
        "why": {name: _why(card, name) for name in FIGURES},
        "target": form.amount(card.target, card.unit),
        "percent": form.percent(card.good, card.target),
        "finish": None if finish is None else form.moment(finish, now),
        "ahead": None if ahead is None else form.quantity(abs(ahead), card.unit),
        "behind": ahead is not None and ahead < 0,
        "started": None if card.started_at is None else form.moment(card.started_at, now),
        "ended": None if card.ended_at is None else form.moment(card.ended_at, now),
        "available": None
        if card.upstream_good is None or card.available is None
        else form.quantity(card.available, card.unit),
        "overUpstream": form.quantity(card.over_upstream, card.unit)
        if card.over_upstream > 0
        else None,
        "outside": form.quantity(card.outside, card.unit) if card.outside > 0 else None,
        "short": card.target > card.good,
        "actions": [
            verb for verb in OPERATION_ACTIONS[card.state] if OFFERED_TO[verb] & set(roles)
        ],
    }


def _why(card: OrderCard, figure: str) -> str:
    return addresses.with_query(
        f"why/progress/{addresses.part(card.number)}",
        {"operation": card.operation, "figure": figure},
    )


def _material(readiness: OrderReadiness, now: datetime, form: Format) -> dict[str, Any]:
    return {
        "ready": readiness.ready,
        "readyWord": form.words(f"ready.{readiness.ready}"),
        "rows": [_component(one, now, form) for one in readiness.components],
    }


def _component(one: ComponentReadiness, now: datetime, form: Format) -> dict[str, Any]:
    return {
        "key": f"{one.operation}/{one.item}",
        "operation": one.operation,
        "item": one.item,
        "itemName": form.words.name(one.item_name),
        "location": one.location,
        "place": None if one.location_name is None else form.words.name(one.location_name),
        "needed": form.quantity(one.needed, one.unit),
        "issued": form.quantity(one.issued, one.unit),
        "here": form.quantity(one.here, one.unit),
        "toBring": form.quantity(one.to_bring, one.unit) if one.to_bring > 0 else None,
        "missing": form.quantity(one.missing, one.unit) if one.missing > 0 else None,
        "ready": one.ready,
        "readyWord": form.words(f"ready.{one.ready}"),
        "comes": None if one.comes_at is None else form.moment(one.comes_at, now),
        "elsewhere": [
            f"{form.words.name(place.location_name)} {form.quantity(place.quantity, one.unit)}"
            for place in one.elsewhere
        ],
        "incoming": [
            form.words(
                f"order.incoming.{supply.kind}",
                reference=supply.reference,
                quantity=form.quantity(supply.quantity, one.unit),
                time=form.moment(supply.at, now),
            )
            for supply in one.incoming
        ],
    }


def _used(told: OrderTold, *, now: datetime, form: Format) -> dict[str, Any]:
    variance = told.variance
    assert variance is not None
    total = sum((row.variance_value for row in variance.rows), Decimal(0))
    return {
        "formula": variance.formula,
        "rows": [_variance(row, told.lots, now=now, form=form) for row in variance.rows],
        "total": form.money(total),
        "dearer": total > 0,
    }


def _variance(
    row: VarianceLine, lots: Sequence[OrderLot] | None, *, now: datetime, form: Format
) -> dict[str, Any]:
    share = form.share(row.variance, row.standard)
    return {
        "key": f"{row.operation}/{row.item}",
        "operation": row.operation,
        "item": row.item,
        "itemName": form.words.name(row.item_name),
        "standard": form.quantity(row.standard, row.unit),
        "actual": form.quantity(row.actual, row.unit),
        "waiting": form.quantity(row.waiting, row.unit) if row.waiting > 0 else None,
        "variance": form.difference(row.variance, row.unit),
        "share": share,
        "more": row.variance > 0,
        "value": form.money(row.variance_value),
        "why": addresses.with_query(
            f"why/consumption/{addresses.part(row.order)}",
            {"operation": row.operation, "item": row.item},
        ),
        "lots": [
            _lot(one, now=now, form=form)
            for one in lots or ()
            if one.item == row.item and one.operation == row.operation and one.consumed
        ],
    }


def _lot(one: OrderLot, *, now: datetime, form: Format) -> dict[str, Any]:
    quantity = one.produced if one.consumed is None else one.consumed
    return {
        "lot": one.lot,
        "item": one.item,
        "itemName": form.words.name(one.item_name),
        "quantity": "?" if quantity is None else form.quantity(quantity, one.unit),
        "held": one.status == "held",
        "since": None if one.since is None else form.moment(one.since, now),
        "until": None if one.until is None else form.moment(one.until, now),
        "href": lot_path(one.item, one.lot),
    }
