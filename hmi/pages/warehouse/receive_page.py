"""/warehouse/receive: what suppliers bring, against their orders or without one, and where it is put."""

from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.asked import Asked
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import visitor_of
from hmi.pages.warehouse import reading
from hmi.views.formatting import Format
from hmi.views.receive import expected_view, places_view


def receive_page(house: House, request: Request) -> None:
    """Build the goods-in screen for one visitor."""
    visitor = visitor_of(request, house, station=reading.STATION)
    orders = Asked(visitor, lambda: reading.open_purchases(visitor))
    places = Asked(visitor, lambda: reading.places(visitor))

    async def refresh() -> None:
        await orders.refresh()
        await places.refresh()

    def view(now: datetime, form: Format) -> dict[str, Any]:
        known = reading.names_of(places.value)
        lines = None
        if orders.value is not None:
            lines = expected_view(orders.value, known, now=now, form=form)
        return {
            "lines": lines,
            "places": places_view(places.value or (), form),
            "asked": orders.problem or places.problem,
        }

    show(
        visitor,
        Screen(
            name="receive",
            view=view,
            refresh=refresh,
            questions={
                "label": partial(reading.label, visitor),
                "bin": partial(reading.suggested_bin, visitor),
            },
            answered=orders.again,
        ),
    )
