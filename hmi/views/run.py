"""The operator's Run screen of one unit. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hmi.views.formatting import MINUS, Format, millis
from hmi.views.state import order_state_view, state_view
from mes_server.contract.feed import MountedLot, RunningOrder, State, StateSegment, UnitCard

LOT_LOW = timedelta(minutes=15)
"""A mounted lot that ends sooner is marked."""
NONE = "–"
"""Known not to be there, as distinct from unknown."""
PACE_BAR = Decimal("1.5")
"""Times the standard rate: the full length of the pace bar."""
BEHIND_PERCENT = 5
"""Of what the standard expects by now: further behind than this is marked."""


def run_view(
    card: UnitCard, segments: Sequence[StateSegment], *, now: datetime, form: Format
) -> dict[str, Any]:
    """Everything the Run screen shows, except who is signed in."""
    known = card.state != "unknown"
    return {
        "unit": unit_view(card, form),
        "state": {
            **state_view(card.state, form.words),
            "detail": readable(card.state_detail, card.state),
            "sinceMs": millis(card.state_since),
            "heard": None if card.last_heard_at is None else form.moment(card.last_heard_at, now),
        },
        "order": None if card.order is None else order_view(card.order, now=now, form=form),
        "rate": (_rate(card.rate_per_min, form) or NONE) if known else None,
        "standard": _rate(card.standard_per_min, form),
        "pace": _pace_bar(card.rate_per_min, card.standard_per_min) if known else None,
        "mounted": [_lot(lot, now=now, form=form) for lot in card.mounted],
        "noOrder": _no_order(card, form),
        "shortages": card.shortages,
        "strip": strip_view(segments, form),
    }


def unit_view(card: UnitCard, form: Format) -> dict[str, Any]:
    """How a unit is called."""
    return {
        "path": card.path,
        "code": card.path.rsplit("/", 1)[-1],
        "name": form.words.name(card.name),
        "line": form.words.name(card.line_name),
    }


def order_view(order: RunningOrder, *, now: datetime, form: Format) -> dict[str, Any]:
    """The order at a unit: counts, progress, pace and what may be done with it."""
    finish = order.predicted_finish_at
    produced = order.good + order.scrap + order.rework
    left = max(order.target - order.good, Decimal(0))
    return {
        "number": order.number,
        "operation": order.operation,
        "item": order.item,
        "itemName": form.words.name(order.item_name),
        "state": order_state_view(order.state, form.words),
        "unit": form.unit(order.unit),
        "good": form.amount(order.good, order.unit),
        "target": form.amount(order.target, order.unit),
        "scrap": form.amount(order.scrap, order.unit),
        "rework": form.amount(order.rework, order.unit),
        "produced": form.amount(produced, order.unit),
        "left": form.quantity(left, order.unit),
        "percent": form.percent(order.good, order.target),
        "over": form.quantity(order.good - order.target, order.unit)
        if order.good > order.target
        else None,
        "pace": pace_view(order.ahead, good=order.good, unit=order.unit, form=form),
        "finish": None if finish is None else form.moment(finish, now),
        "due": form.moment(order.due_at, now),
        "late": (finish or now) > order.due_at,
        "running": order.state == "running",
    }


def readable(detail: str, state: State) -> str:
    """The machine's own words about its state, unless they are a bare signal value or say the state once more."""
    words = detail.strip()
    says_it_again = words.lower() == state or (state, words.lower()) == ("running", "execute")
    return "" if words.lstrip("-").isdigit() or says_it_again else words


def pace_view(
    ahead: Decimal | None, *, good: Decimal, unit: str, form: Format
) -> dict[str, Any] | None:
    """Ahead of or behind the standard: sign, amount, word; coloured only when far behind. None without a standard."""
    if ahead is None:
        return None
    amount = form.amount(abs(ahead), unit)
    if abs(ahead) < 1:
        word = form.words("pace.even")
        return {"amount": "±0", "word": word, "icon": "drag_handle", "abnormal": False}
    if ahead > 0:
        word = form.words("pace.ahead")
        return {"amount": f"+{amount}", "word": word, "icon": "arrow_upward", "abnormal": False}
    return {
        "amount": f"{MINUS}{amount}",
        "word": form.words("pace.behind"),
        "icon": "arrow_downward",
        "abnormal": -ahead * 100 > (good - ahead) * BEHIND_PERCENT,
    }


def strip_view(segments: Sequence[StateSegment], form: Format) -> list[dict[str, Any]]:
    """The last eight hours: state, start, end; the open segment has no end."""
    return [
        {
            **state_view(segment.state, form.words),
            "detail": readable(segment.detail, segment.state),
            "startMs": millis(segment.start),
            "endMs": millis(segment.end),
            "from": form.clock(segment.start),
            "to": None if segment.end is None else form.clock(segment.end),
        }
        for segment in segments
    ]


def _lot(lot: MountedLot, *, now: datetime, form: Format) -> dict[str, Any]:
    ends = lot.runs_out_at
    return {
        "item": lot.item,
        "itemName": form.words.name(lot.item_name),
        "lot": lot.lot,
        "quantity": form.quantity(lot.quantity, lot.unit),
        "percent": form.percent(lot.quantity, lot.quantity_at_mount),
        "runsOutMs": millis(ends),
        "runsOut": None if ends is None else form.moment(ends, now),
        "low": lot.quantity <= 0 or (ends is not None and ends - now < LOT_LOW),
        "expires": lot.expires_on,
    }


def _rate(value: Decimal | None, form: Format) -> str | None:
    return None if value is None else form.number(value, 1)


def _pace_bar(rate: Decimal | None, standard: Decimal | None) -> dict[str, int] | None:
    """A bar up to one and a half times the standard, with a mark at the standard; in per cent of its length."""
    if rate is None or standard is None or standard <= 0:
        return None
    return {"fill": min(100, int(rate * 100 / (standard * PACE_BAR))), "mark": int(100 / PACE_BAR)}


def _no_order(card: UnitCard, form: Format) -> dict[str, str] | None:
    if card.no_order_good + card.no_order_scrap <= 0:
        return None
    return {"good": form.number(card.no_order_good), "scrap": form.number(card.no_order_scrap)}
