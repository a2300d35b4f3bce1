"""/terminal/{unit path}: the operator's Run screen."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.operator.job_queue import JobQueue
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.views.formatting import Format
from hmi.views.run import run_view


def run_page(house: House, request: Request, unit: str) -> None:
    """Build the Run screen of a unit for one visitor."""
    visitor = visitor_of(request, house, station=unit)

    def order_here() -> object:
        card = house.model.units.get(unit)
        return None if card is None or card.order is None else card.order.number

    queue = JobQueue(visitor, unit, depends_on=order_here)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        card = house.model.units.get(unit)
        if card is None:
            return {"unit": None, "order": None}
        segments = house.model.states.get(unit, ())
        return {
            **run_view(card, segments, now=now, form=form),
            "reasons": _reasons(visitor, unit),
            "expected": queue.expected(),
        }

    show(visitor, Screen(name="run", view=view, unit=unit, refresh=queue.refresh))


def _reasons(visitor: Visitor, unit: str) -> list[dict[str, str]]:
    codes = visitor.house.reasons.ranked(unit)
    return [{"code": c, "word": visitor.words.optional(f"reason.{c}", c)} for c in codes]
