"""/orders: the work orders, their progress and their risk; a new one is made here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import TypeAdapter

from hmi.house import House
from hmi.pages.asking import Answer
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import visitor_of
from hmi.views.formatting import Format
from hmi.views.orders import PLANNING, choices_view, orders_view
from mes_server.contract.items import ItemCard

STATION = "orders"
ITEMS_MAX = 2_000
"""Items that a new order can choose from."""
_ITEMS = TypeAdapter(list[ItemCard])


def orders_page(house: House, request: Request) -> None:
    """Build the list for one visitor; what it offers depends on who is signed in."""
    visitor = visitor_of(request, house, station=STATION)

    async def choices(_: Mapping[str, Any]) -> Answer:
        rows = await house.server.rows("items", {}, caller=visitor.caller(), most=ITEMS_MAX)
        return choices_view(
            _ITEMS.validate_python(rows),
            house.model.units.values(),
            [card.number for card in house.model.orders.values()],
            form=visitor.form(),
        )

    def view(now: datetime, form: Format) -> dict[str, Any]:
        person = visitor.person()
        roles = () if person is None else person.roles
        return {
            "orders": orders_view(house.model.orders.values(), roles=roles, now=now, form=form),
            "mayCreate": bool(PLANNING & set(roles)),
        }

    show(visitor, Screen(name="orders", view=view, questions={"choices": choices}))
