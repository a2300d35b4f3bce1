"""/orders: the work orders, their progress and their risk."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import visitor_of
from hmi.views.formatting import Format
from hmi.views.orders import orders_view

STATION = "orders"


def orders_page(house: House, request: Request) -> None:
    """Build the list for one visitor; what it offers depends on who is signed in."""
    visitor = visitor_of(request, house, station=STATION)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        person = visitor.person()
        roles = () if person is None else person.roles
        return {"orders": orders_view(house.model.orders.values(), roles=roles, now=now, form=form)}

    show(visitor, Screen(name="orders", view=view))
