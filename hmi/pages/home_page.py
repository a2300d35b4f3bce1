"""/: which screen is wanted here."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.panel_page import BOARD_STALE_MS, Screen, show
from hmi.pages.visitor import visitor_of
from hmi.views.formatting import Format
from hmi.views.home import home_view


def home_page(house: House, request: Request) -> None:
    """Build the index for one visitor."""
    visitor = visitor_of(request, house, station="home")

    def view(now: datetime, form: Format) -> dict[str, Any]:
        return {"lines": home_view(house.model.units.values(), form=form)}

    screen = Screen(name="home", view=view, stale_after_ms=BOARD_STALE_MS, books=False)
    show(visitor, screen)
