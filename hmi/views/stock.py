"""Line-side stock and the calls for more of it. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from hmi.views.formatting import Format, millis
from mes_server.contract.feed import SignalCard, SignalPick, SignalState, StockCard

URGENT = timedelta(minutes=30)
"""A call or a place that runs out sooner is marked."""
Level = Literal["short", "out", "low", "ok", "unmanaged"]
LEVELS: tuple[Level, ...] = ("short", "out", "low", "ok", "unmanaged")
NEXT_STEP: dict[SignalState, str | None] = {
    "raised": "accept",
    "accepted": "pick",
    "picked": "deliver",
    "delivered": None,
    "closed": None,
    "cancelled": None,
}


def stock_view(cards: Iterable[StockCard], *, now: datetime, form: Format) -> list[dict[str, Any]]:
    """Places at the lines: what runs out first comes first, then by standing and name."""
    far = datetime.max.replace(tzinfo=now.tzinfo)
    ranked = sorted(
        (card for card in cards if card.location_kind == "line_side"),
        key=lambda card: (
            card.runs_out_at or far,
            LEVELS.index(level(card)),
            card.location,
            card.item,
        ),
    )
    return [_stock(card, now=now, form=form) for card in ranked]


def calls_view(
    signals: Iterable[SignalCard], *, now: datetime, form: Format
) -> list[dict[str, Any]]:
    """Open calls by time to stock-out, then those delivered lately."""
    far = datetime.max.replace(tzinfo=now.tzinfo)
    rows = sorted(
        signals,
        key=lambda card: (
            NEXT_STEP[card.state] is None,
            card.runs_out_at or far,
            card.raised_at,
            card.number,
        ),
    )
    return [_call(card, now=now, form=form) for card in rows if card.state != "cancelled"]


def level(card: StockCard) -> Level:
    """How a place stands, by the figures the server gives."""
    if card.shortage > 0:
        return "short"
    if card.on_hand <= 0:
        return "out"
    if card.reorder_point is None:
        return "unmanaged"
    return "low" if card.on_hand <= card.reorder_point else "ok"


def _stock(card: StockCard, *, now: datetime, form: Format) -> dict[str, Any]:
    scale = max(
        card.on_hand, (card.reorder_point or Decimal(0)) + (card.order_quantity or Decimal(0))
    )
    standing = level(card)
    return {
        "key": f"{card.location}/{card.item}",
        "item": card.item,
        "itemName": form.words.name(card.item_name),
        "location": card.location,
        "locationName": form.words.name(card.location_name),
        "level": standing,
        "levelWord": form.words(f"stock.level.{standing}"),
        "onHand": form.amount(card.on_hand, card.unit),
        "unit": form.unit(card.unit),
        "fill": form.percent(card.on_hand, scale) if scale > 0 else 0,
        "mark": form.percent(card.reorder_point, scale)
        if card.reorder_point is not None and scale > 0
        else None,
        "reorder": _optional(card.reorder_point, card.unit, form),
        "shortage": form.quantity(card.shortage, card.unit) if card.shortage > 0 else None,
        "projected": form.quantity(card.projected, card.unit),
        "runsOutMs": millis(card.runs_out_at),
        "runsOut": None if card.runs_out_at is None else form.moment(card.runs_out_at, now),
        "urgent": card.runs_out_at is not None and card.runs_out_at - now < URGENT,
        "rate": None
        if card.rate_per_hour is None
        else form.words(
            "stock.rate",
            amount=form.rate(card.rate_per_hour, card.unit),
            unit=form.unit(card.unit),
        ),
        "source": card.source,
        "sourceOnHand": _optional(card.source_on_hand, card.unit, form),
        "call": card.open_signal,
        "lots": [
            {
                "lot": lot.lot,
                "quantity": form.quantity(lot.quantity, card.unit),
                "held": lot.status == "held",
                "mounted": lot.mounted_at is not None,
            }
            for lot in card.lots
        ],
    }


def _call(card: SignalCard, *, now: datetime, form: Format) -> dict[str, Any]:
    return {
        "number": card.number,
        "state": card.state,
        "stateWord": form.words(f"call.state.{card.state}"),
        "next": NEXT_STEP[card.state],
        "item": card.item,
        "itemName": form.words.name(card.item_name),
        "quantity": form.quantity(card.quantity, card.unit),
        "amount": plain(card.quantity),
        "unit": form.unit(card.unit),
        "source": card.source,
        "sourceName": form.words.name(card.source_name),
        "location": card.location,
        "locationName": form.words.name(card.location_name),
        "onHand": form.quantity(card.on_hand, card.unit),
        "runsOutMs": millis(card.runs_out_at),
        "runsOut": None if card.runs_out_at is None else form.moment(card.runs_out_at, now),
        "urgent": card.on_hand <= 0
        or (card.runs_out_at is not None and card.runs_out_at - now < URGENT),
        "raisedMs": millis(card.raised_at),
        "acceptedBy": card.accepted_by,
        "delivered": None if card.delivered_at is None else form.moment(card.delivered_at, now),
        "picks": [_pick(pick, card.unit, form) for pick in card.picks],
        "suggested": [_pick(pick, card.unit, form) for pick in card.suggested],
    }


def _pick(pick: SignalPick, unit: str, form: Format) -> dict[str, str]:
    return {
        "key": f"{pick.lot}|{pick.location}",
        "lot": pick.lot,
        "location": pick.location,
        "locationName": form.words.name(pick.location_name) if pick.location_name else "",
        "quantity": form.quantity(pick.quantity, unit),
        "amount": plain(pick.quantity),
    }


def plain(value: Decimal) -> str:
    """The amount exactly, as a keypad would type it: 12.5, never 1E+1."""
    return f"{value.normalize():f}"


def _optional(value: Decimal | None, unit: str, form: Format) -> str | None:
    return None if value is None else form.quantity(value, unit)
