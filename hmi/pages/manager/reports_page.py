"""/reports: stock, consumption, value, delivery and shifts, each with its formula and the rows behind it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request

from hmi.commands import UnknownVerb
from hmi.house import House
from hmi.pages.asking import Answer
from hmi.pages.panel_page import BOARD_STALE_MS, Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.pages.why_questions import why_questions
from hmi.views.formatting import Format
from hmi.views.report_tables import TABLES
from hmi.views.reports import SHIFTS, report_view, shifts_view
from mes_server.contract.history import Production

STATION = "reports"
ROWS = 100
SHIFT_DAYS = 3
DAYS_MAX = 3_660


def reports_page(house: House, request: Request) -> None:
    """Build the reports for one visitor; each is asked for when it is opened."""
    visitor = visitor_of(request, house, station=STATION)

    async def report(body: Mapping[str, Any]) -> Answer:
        name = str(body.get("name"))
        days = body.get("days")
        wanted = min(max(days, 1), DAYS_MAX) if isinstance(days, int) else None
        if name == SHIFTS:
            return await _shifts(visitor, wanted or SHIFT_DAYS)
        if name not in TABLES:
            raise UnknownVerb(name)
        return await _report(visitor, name, wanted, str(body.get("after") or ""))

    listed = [{"name": SHIFTS, "days": SHIFT_DAYS}] + [
        {"name": name, "days": table.days} for name, table in TABLES.items()
    ]

    def view(_: datetime, __: Format) -> dict[str, Any]:
        return {"reports": listed}

    questions = {**why_questions(visitor), "report": report}
    screen = Screen(name="reports", view=view, stale_after_ms=BOARD_STALE_MS, questions=questions)
    show(visitor, screen)


async def _report(visitor: Visitor, name: str, days: int | None, after: str) -> Answer:
    table = TABLES[name]
    query: dict[str, str] = {}
    if table.days is not None:
        query["days"] = str(days or table.days)
    page = {**query, "limit": str(ROWS), **({"after": after} if after else {})}
    told = await visitor.house.server.read(table.path, page, caller=visitor.caller())
    found = table.shape.model_validate(told.body)
    now, form = visitor.house.clock.now(), visitor.form()
    return report_view(name, found, told.next, query=query, now=now, form=form)


async def _shifts(visitor: Visitor, days: int) -> Answer:
    now, form = visitor.house.clock.now(), visitor.form()
    query = {
        "from": (now - timedelta(days=days)).isoformat(),
        "until": now.isoformat(),
        "window": "shift",
    }
    told = await visitor.house.server.read("history/production", query, caller=visitor.caller())
    production = Production.model_validate(told.body)
    return shifts_view(production, units=visitor.house.model.units, now=now, form=form)
