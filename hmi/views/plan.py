"""Replenishment loops, proposals, kanban cards and purchase orders, for whoever plans material. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from hmi.views.formatting import Format, millis
from hmi.views.stock import NEXT_STEP, URGENT, plain
from mes_server.contract.feed import OrderCard, SignalCard
from mes_server.contract.purchasing import Proposal, PurchaseOrder, Supplier
from mes_server.contract.replenishment import KanbanCard, Loop
from mes_server.contract.reports import CoverLine

BY_LEVEL = frozenset({"reorder_point", "min_max"})
BY_CARD = frozenset({"kanban", "two_bin"})
CARD_ORDER = ("empty", "ordered", "in_transit", "in_use", "full")
HOURS_A_DAY = 24
CERTAIN_DAYS = 100
"""Cover beyond this is told in whole days."""


def loops_view(
    loops: Iterable[Loop],
    cover: Mapping[str, CoverLine],
    *,
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """Active loops: what runs out first comes first, then what is below its level, then by item."""
    far = datetime.max.replace(tzinfo=now.tzinfo)
    ranked = sorted(
        (loop for loop in loops if loop.active),
        key=lambda loop: (loop.runs_out_at or far, not low(loop), loop.item, loop.location),
    )
    return [_loop(loop, cover.get(loop.item), now=now, form=form) for loop in ranked]


def low(loop: Loop) -> bool:
    """Whether the loop's own rule is due."""
    if loop.method in BY_CARD:
        return loop.empty_cards > 0
    return loop.method in BY_LEVEL and loop.projected <= loop.reorder_point


def proposals_view(
    proposals: Iterable[Proposal],
    suppliers: Iterable[Supplier],
    orders: Iterable[OrderCard],
    *,
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """What is proposed: the latest first to start comes first; with the number that approving it will use."""
    names = {one.code: form.words.name(one.name) for one in suppliers}
    makers = {card.item: card.equipment for card in orders}
    ranked = sorted(proposals, key=lambda one: (one.start_at, one.id))
    return [
        _proposal(one, names, makers.get(one.item), now=now, form=form)
        for one in ranked
        if one.state == "proposed"
    ]


def transfers_view(
    signals: Iterable[SignalCard], *, now: datetime, form: Format
) -> list[dict[str, Any]]:
    """Open calls: transfers are asked for by the loops themselves."""
    rows = sorted(
        (card for card in signals if NEXT_STEP[card.state] is not None),
        key=lambda card: (card.due_at or card.raised_at, card.number),
    )
    return [
        {
            "number": card.number,
            "itemName": form.words.name(card.item_name),
            "quantity": form.quantity(card.quantity, card.unit),
            "sourceName": form.words.name(card.source_name),
            "placeName": form.words.name(card.location_name),
            "stateWord": form.words(f"call.state.{card.state}"),
            "due": None if card.due_at is None else form.moment(card.due_at, now),
            "late": card.due_at is not None and card.due_at < now,
        }
        for card in rows
    ]


def cards_view(cards: Iterable[KanbanCard], *, now: datetime, form: Format) -> list[dict[str, Any]]:
    """Kanban cards and bins, empty ones first."""
    ranked = sorted(cards, key=lambda card: (CARD_ORDER.index(card.state), card.item, card.code))
    return [
        {
            "code": card.code,
            "state": card.state,
            "stateWord": form.words(f"plan.card.{card.state}"),
            "itemName": form.words.name(card.item_name),
            "item": card.item,
            "placeName": form.words.name(card.location_name),
            "quantity": form.quantity(card.quantity, card.unit),
            "call": card.call,
            "changed": form.moment(card.changed_at, now),
        }
        for card in ranked
    ]


def purchases_view(
    orders: Iterable[PurchaseOrder], *, now: datetime, form: Format
) -> list[dict[str, Any]]:
    """Open purchase orders by their first due line."""

    def due(order: PurchaseOrder) -> datetime:
        return min((line.due_at for line in order.lines if line.open), default=order.created_at)

    return [
        {
            "number": order.number,
            "supplier": form.words.name(order.supplier_name),
            "stateWord": form.words(f"plan.purchase.{order.state}"),
            "late": any(line.open and line.due_at < now for line in order.lines),
            "lines": [
                {
                    "line": line.line,
                    "itemName": form.words.name(line.item_name),
                    "ordered": form.quantity(line.quantity, line.stock_unit),
                    "received": form.amount(line.received, line.stock_unit),
                    "percent": form.percent(line.received, line.quantity),
                    "due": form.moment(line.due_at, now),
                    "late": line.open and line.due_at < now,
                    "open": line.open,
                }
                for line in order.lines
            ],
        }
        for order in sorted(orders, key=lambda order: (due(order), order.number))
    ]


def _start(one: Proposal, now: datetime, form: Format) -> str:
    """By when something must be done: what is bought is ordered, what is made is begun."""
    time = form.moment(one.start_at, now)
    if one.kind == "make":
        return form.words("plan.start_make", time=time)
    return form.words("plan.start", time=time)


def _loop(loop: Loop, cover: CoverLine | None, *, now: datetime, form: Format) -> dict[str, Any]:
    unit = loop.unit
    coming = loop.called + loop.purchased + loop.made
    top = max(
        loop.max_quantity or loop.reorder_point + loop.order_quantity, loop.projected, Decimal(0)
    )
    lasts = loop.runs_out_at
    days = None if cover is None else cover.days_of_cover
    return {
        "key": f"{loop.item}@{loop.location}",
        "item": loop.item,
        "itemName": form.words.name(loop.item_name),
        "place": loop.location,
        "placeName": form.words.name(loop.location_name),
        "method": loop.method,
        "methodWord": form.words(f"plan.method.{loop.method}"),
        "kind": loop.kind,
        "kindWord": form.words(f"plan.kind.{loop.kind}"),
        "rule": _rule(loop, form),
        "projected": form.amount(loop.projected, unit),
        "unit": form.unit(unit),
        "onHand": form.quantity(loop.on_hand, unit),
        "coming": form.quantity(coming, unit) if coming > 0 else None,
        "next": None if loop.next_supply_at is None else form.moment(loop.next_supply_at, now),
        "fill": form.percent(max(loop.projected, Decimal(0)), top) or 0,
        "mark": form.percent(loop.reorder_point, top) if loop.method in BY_LEVEL else None,
        "low": low(loop),
        "runsOutMs": millis(lasts),
        "runsOut": None if lasts is None else form.moment(lasts, now),
        "urgent": lasts is not None and lasts - now < URGENT,
        "cover": None if days is None else form.number(days, int(days < CERTAIN_DAYS)),
        "rate": None
        if loop.rate_per_hour is None
        else form.words(
            "stock.rate", amount=form.rate(loop.rate_per_hour, unit), unit=form.unit(unit)
        ),
        "safety": form.quantity(loop.safety_stock, unit),
        "hasSafety": loop.safety_stock > 0,
        "call": loop.open_call,
        "proposal": loop.open_proposal,
    }


def _rule(loop: Loop, form: Format) -> str:
    """What the loop was told, in one line."""
    size = form.quantity(loop.order_quantity, loop.unit)
    match loop.method:
        case "min_max" if loop.max_quantity is not None:
            return form.words(
                "plan.rule.min_max",
                low=form.amount(loop.reorder_point, loop.unit),
                high=form.quantity(loop.max_quantity, loop.unit),
            )
        case "kanban" | "two_bin":
            return form.words(
                f"plan.rule.{loop.method}", count=loop.cards, empty=loop.empty_cards, size=size
            )
        case "on_demand" | "mrp":
            return form.words(f"plan.rule.{loop.method}", size=size)
        case _:
            level = form.amount(loop.reorder_point, loop.unit)
            return form.words("plan.rule.reorder_point", level=level, size=size)


def _proposal(
    one: Proposal,
    suppliers: Mapping[str, str],
    maker: str | None,
    *,
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    changed = one.quantity != one.proposed_quantity
    return {
        "id": one.id,
        "kind": one.kind,
        "kindWord": form.words(f"plan.kind.{one.kind}"),
        "item": one.item,
        "itemName": form.words.name(one.item_name),
        "place": one.location,
        "quantity": form.quantity(one.quantity, one.unit),
        "amount": plain(one.quantity),
        "unit": form.unit(one.unit),
        "was": form.quantity(one.proposed_quantity, one.unit) if changed else None,
        "start": _start(one, now, form),
        "due": form.moment(one.due_at, now),
        "dueMs": millis(one.due_at),
        "late": one.late,
        "supplier": None if one.supplier is None else suppliers.get(one.supplier, one.supplier),
        "needsSupplier": one.kind == "purchase" and one.supplier is None,
        "projected": None if one.projected is None else form.quantity(one.projected, one.unit),
        "run": one.run,
        "pegs": [str(peg.get("ref", "")) for peg in one.pegs][:5],
        "number": f"{'PO' if one.kind == 'purchase' else 'WO'}-P{one.id}",
        "equipment": maker if one.kind == "make" else None,
    }
