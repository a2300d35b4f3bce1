"""The plant overview: a tile per line. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from hmi.views.formatting import Format, millis
from hmi.views.run import order_view, readable, strip_view
from hmi.views.state import state_view
from mes_server.contract.feed import StateSegment, UnitCard

_GRAVITY = (
    "down",
    "quality_hold",
    "unknown",
    "blocked",
    "starved",
    "slow",
    "setup",
    "idle",
    "planned_stop",
    "running",
)


def board_view(
    units: Iterable[UnitCard],
    states: Mapping[str, Sequence[StateSegment]],
    *,
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """Tiles in the server's order of the lines."""
    return [_tile(cards, states, now=now, form=form) for cards in by_line(units).values()]


def by_line(units: Iterable[UnitCard]) -> dict[str, list[UnitCard]]:
    """Line -> its units, both in the order they come."""
    lines: dict[str, list[UnitCard]] = {}
    for card in units:
        lines.setdefault(card.line, []).append(card)
    return lines


def _tile(
    cards: list[UnitCard],
    states: Mapping[str, Sequence[StateSegment]],
    *,
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    """A line speaks through its gravest unit, and through the order of its last unit that has one."""
    gravest = min(cards, key=lambda card: _GRAVITY.index(card.state))
    with_order = [card for card in cards if card.order is not None]
    speaker = with_order[-1] if with_order else cards[-1]
    order = speaker.order
    no_order = sum((card.no_order_good + card.no_order_scrap for card in cards), Decimal(0))
    return {
        "line": cards[0].line,
        "name": form.words.name(cards[0].line_name),
        "path": speaker.path,
        "state": {
            **state_view(gravest.state, form.words),
            "detail": readable(gravest.state_detail, gravest.state),
            "sinceMs": millis(gravest.state_since),
        },
        "units": [
            {"name": form.words.name(card.name), "state": state_view(card.state, form.words)}
            for card in cards
        ]
        if len(cards) > 1
        else [],
        "order": None if order is None else order_view(order, now=now, form=form),
        "strip": strip_view(states.get(speaker.path, ()), form),
        "shortages": sum(card.shortages for card in cards),
        "noOrder": form.number(no_order) if no_order > 0 else None,
    }
