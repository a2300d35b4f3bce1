"""/warehouse/stock: what lies where, found by place, item, lot or container, and what people do with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request
from pydantic import TypeAdapter

from hmi.house import House
from hmi.pages.asked import Asked
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.pages.warehouse import reading
from hmi.server_client import Refused
from hmi.views.formatting import Format
from hmi.views.receive import places_view
from hmi.views.where import (
    lines_view,
    lots_view,
    orders_to_return_from,
    sums_view,
    tree_view,
)
from mes_server.contract.containers import Container
from mes_server.contract.items import Scanned
from mes_server.contract.lots import Lot
from mes_server.contract.stock import StockLine

LINES_MAX = 500
CONTAINERS_MAX = 200
CHOICES = 20
_LOTS = TypeAdapter(list[Lot])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What lies where the visitor looks."""

    lines: list[StockLine] = field(default_factory=list[StockLine])
    containers: list[Container] = field(default_factory=list[Container])


class _Looking:
    """Where one visitor looks: at a place with all inside it, at an item, or at a lot."""

    def __init__(self, visitor: Visitor) -> None:
        self.wanted: Mapping[str, str] = {}
        self._visitor = visitor
        self.found = Asked(visitor, self._find)
        self.places = Asked(visitor, lambda: reading.places(visitor))

    async def refresh(self) -> None:
        """Ask again for what is looked at."""
        await self.places.refresh()
        if self.wanted:
            await self.found.refresh()

    async def look(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Question `look`: by `location`, `item` or `item` and `lot`; or by the `text` of a label, or typed.

        Answers the lots to choose from when the text is how several of them begin; {} else.
        """
        given = {
            name: str(body[name])[:64] for name in ("location", "item", "lot") if body.get(name)
        }
        choices: list[Lot] = []
        if body.get("text"):
            given, choices = await self._named(str(body["text"]).strip())
        if len(choices) == 1:
            given, choices = {"item": choices[0].item, "lot": choices[0].lot}, []
        if not choices:
            self.wanted = given
            self.found.forget()
        return {"choices": lots_view(choices, self._visitor.form())}

    async def _named(self, text: str) -> tuple[dict[str, str], list[Lot]]:
        """What a text names: a place, an item, a lot; else the lots whose code, or the supplier's, begins so."""
        server, caller = self._visitor.house.server, self._visitor.caller()
        try:
            told = await server.read("scan", {"barcode": text[:200]}, caller=caller)
        except Refused as refused:
            query = {"code": text[:64], "limit": CHOICES}
            lots = await server.read("lots", query, caller=caller)
            found = _LOTS.validate_python(lots.body)
            if not found:
                raise refused from None
            return {}, found
        scanned = Scanned.model_validate(told.body)
        if scanned.container:
            answer = await server.read(f"containers/{scanned.container}", {}, caller=caller)
            return {"location": Container.model_validate(answer.body).location}, []
        if scanned.location:
            return {"location": scanned.location}, []
        if scanned.item is None and scanned.lot:
            lots = await server.read("lots", {"code": scanned.lot, "limit": CHOICES}, caller=caller)
            return {}, _LOTS.validate_python(lots.body)
        named = {"item": scanned.item, "lot": scanned.lot}
        return {name: value for name, value in named.items() if value}, []

    async def _find(self) -> _Found:
        wanted, server = self.wanted, self._visitor.house.server
        caller = self._visitor.caller()
        by_place = "location" in wanted
        query = (
            {"location": wanted["location"], "below": "true"}
            if by_place
            else {"item": wanted["item"]}
        )
        rows = await server.rows("stock", query, caller=caller, most=LINES_MAX)
        lines = [StockLine.model_validate(row) for row in rows]
        if "lot" in wanted:
            lines = [line for line in lines if line.lot == wanted["lot"]]
        held = {} if by_place else {"item": wanted["item"]}
        packed = await server.rows("containers", held, caller=caller, most=CONTAINERS_MAX)
        return _Found(lines=lines, containers=[Container.model_validate(row) for row in packed])


def stock_page(house: House, request: Request) -> None:
    """Build the stock screen for one visitor."""
    visitor = visitor_of(request, house, station=reading.STATION)
    looking = _Looking(visitor)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        person, found, places = visitor.person(), looking.found.value, looking.places.value
        roles = () if person is None else person.roles
        shown = found or _Found()
        return {
            "tree": None if places is None else tree_view(places, form),
            "places": places_view(places or (), form),
            "wanted": dict(looking.wanted),
            "lines": None
            if found is None
            else lines_view(found.lines, found.containers, roles=roles, now=now, form=form),
            "sums": sums_view(shown.lines, form),
            "more": len(shown.lines) >= LINES_MAX,
            "orders": orders_to_return_from(house.model.orders.values(), form),
            "asked": looking.found.problem or looking.places.problem,
        }

    questions = {
        "look": looking.look,
        "label": partial(reading.label, visitor),
        "bin": partial(reading.suggested_bin, visitor),
    }
    show(
        visitor,
        Screen(
            name="stock",
            view=view,
            refresh=looking.refresh,
            questions=questions,
            answered=looking.found.again,
        ),
    )
