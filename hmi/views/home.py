"""The index: which screens there are, and how the units stand. Pure."""

from collections.abc import Iterable
from typing import Any

from hmi.views.board import by_line
from hmi.views.formatting import Format, millis
from hmi.views.run import unit_view
from hmi.views.state import state_view
from mes_server.contract.feed import UnitCard


def home_view(units: Iterable[UnitCard], *, form: Format) -> list[dict[str, Any]]:
    """Lines with their units."""
    return [
        {
            "line": line,
            "name": form.words.name(cards[0].line_name),
            "units": [_unit(card, form) for card in cards],
        }
        for line, cards in by_line(units).items()
    ]


def _unit(card: UnitCard, form: Format) -> dict[str, Any]:
    return {
        **unit_view(card, form),
        "state": {**state_view(card.state, form.words), "sinceMs": millis(card.state_since)},
        "order": None if card.order is None else card.order.number,
    }
