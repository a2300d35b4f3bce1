"""/replenishment: line-side stock, and the calls for more of it."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import visitor_of
from hmi.views.formatting import Format
from hmi.views.stock import calls_view, stock_view

STATION = "replenishment"


def replenishment_page(house: House, request: Request) -> None:
    """Build the board for one visitor, on a wall or in a hand."""
    visitor = visitor_of(request, house, station=STATION)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        return {
            "stock": stock_view(house.model.stock.values(), now=now, form=form),
            "calls": calls_view(house.model.signals.values(), now=now, form=form),
        }

    show(visitor, Screen(name="replenishment", view=view))
