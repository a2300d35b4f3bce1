"""/trace: where a lot came from and went, and what a recall of it reaches."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request
from pydantic import TypeAdapter

from hmi.house import House
from hmi.pages.asking import Answer
from hmi.pages.panel_page import BOARD_STALE_MS, Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.pages.why_questions import why_questions
from hmi.server_client import Query, Refused
from hmi.views.formatting import Format
from hmi.views.trace import found_view, lot_view, places_of, recall_view, tree_view
from mes_server.contract.containers import SerialLine
from mes_server.contract.items import Scanned
from mes_server.contract.lots import Lot, LotCard
from mes_server.contract.order_reports import OrderLot
from mes_server.contract.people import Role
from mes_server.contract.trace import Genealogy, MassBalance, Recall

STATION = "trace"
FOUND_MAX = 20
MAY_HOLD: frozenset[Role] = frozenset({"quality", "leader", "admin"})
_LOTS, _SERIALS = TypeAdapter(list[Lot]), TypeAdapter(list[SerialLine])
_MADE = TypeAdapter(list[OrderLot])


def trace_page(house: House, request: Request) -> None:
    """Build the explorer for one visitor; what it shows is asked for by lot."""
    visitor = visitor_of(request, house, station=STATION)

    async def find(body: Mapping[str, Any]) -> Answer:
        found = await _find(visitor, str(body.get("text", "")).strip()[:200])
        return {"found": found}

    async def tree(body: Mapping[str, Any]) -> Answer:
        return await _tree(visitor, str(body.get("item", "")), str(body.get("lot", "")))

    def view(_: datetime, __: Format) -> dict[str, Any]:
        person = visitor.person()
        return {"mayHold": person is not None and bool(MAY_HOLD & set(person.roles))}

    questions = {**why_questions(visitor), "find": find, "tree": tree}
    screen = Screen(name="trace", view=view, stale_after_ms=BOARD_STALE_MS, questions=questions)
    show(visitor, screen)


async def _find(visitor: Visitor, text: str) -> list[dict[str, Any]]:
    """A label says item and lot by itself; anything else may be a lot, a numbered piece or an order."""
    if not text:
        return []
    scanned = await _scanned(visitor, text)
    code = (scanned.lot or scanned.serial or text)[:64]
    some = {"limit": FOUND_MAX}
    lots, serials, made = await asyncio.gather(
        _read(visitor, "lots", {"code": code, **some}),
        _read(visitor, "serials", {"serial": scanned.serial or code, **some}),
        _read(visitor, f"work-orders/{quote(text[:64], safe='')}/lots", some),
    )
    known = _LOTS.validate_python(lots)
    if scanned.item is not None and scanned.lot is not None:
        known = [one for one in known if (one.item, one.lot) == (scanned.item, scanned.lot)]
    return found_view(
        known,
        _SERIALS.validate_python(serials),
        _MADE.validate_python(made),
        now=visitor.house.clock.now(),
        form=visitor.form(),
    )


async def _scanned(visitor: Visitor, text: str) -> Scanned:
    """What a label says by itself; nothing when the server knows no such label."""
    try:
        return Scanned.model_validate(await _read(visitor, "scan", {"barcode": text}))
    except Refused as refused:
        if refused.problem.status not in (404, 422):
            raise
    names = ("item", "lot", "serial", "container", "quantity", "unit", "expires_on", "location")
    return Scanned.model_validate(dict.fromkeys(names))


async def _tree(visitor: Visitor, item: str, lot: str) -> Answer:
    path = f"lots/{quote(item, safe='')}/{quote(lot, safe='')}"
    told = await asyncio.gather(
        _read(visitor, path, {}),
        _read(visitor, f"{path}/balance", {}),
        _read(visitor, f"{path}/genealogy", {"direction": "back", "depth": 30}),
        _read(visitor, f"{path}/genealogy", {"direction": "forward", "depth": 30}),
        _read(visitor, f"{path}/recall", {}),
    )
    lot_card, balance = LotCard.model_validate(told[0]), MassBalance.model_validate(told[1])
    back, forward = (Genealogy.model_validate(one) for one in told[2:4])
    recall = Recall.model_validate(told[4])
    units, now, form = visitor.house.model.units, visitor.house.clock.now(), visitor.form()
    return {
        "lot": lot_view(lot_card, balance, now=now, form=form),
        "back": tree_view(back, {}, units=units, now=now, form=form),
        "forward": tree_view(forward, places_of(recall, form), units=units, now=now, form=form),
        "recall": recall_view(recall, units=units, now=now, form=form),
    }


async def _read(visitor: Visitor, path: str, query: Query) -> Any:
    told = await visitor.house.server.read(path, query, caller=visitor.caller())
    return told.body
