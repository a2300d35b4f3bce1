"""/board: the plant overview, for a television or a desk."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.panel_page import BOARD_STALE_MS, Screen, show
from hmi.pages.visitor import visitor_of
from hmi.views.board import board_view
from hmi.views.formatting import Format


def board_page(house: House, request: Request) -> None:
    """Build the overview for one visitor."""
    visitor = visitor_of(request, house, station="board")

    def view(now: datetime, form: Format) -> dict[str, Any]:
        model = house.model
        return {"tiles": board_view(model.units.values(), model.states, now=now, form=form)}

    screen = Screen(name="board", view=view, stale_after_ms=BOARD_STALE_MS, books=False)
    show(visitor, screen)
