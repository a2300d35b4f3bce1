"""/warehouse/count: blind cycle counts, and the differences for whoever decides."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.asked import Asked
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.pages.warehouse import reading
from hmi.views.count import DECIDERS, differences_view, sheets_view, tasks_view
from hmi.views.formatting import Format
from hmi.views.receive import places_view
from mes_server.contract.cycle_counts import CountList, CountResult, CountTask


class _Counting:
    """What one visitor looks at: the sheets, the lines of the chosen one, and what waits for a decision."""

    def __init__(self, visitor: Visitor) -> None:
        self.chosen: int | None = None
        self._visitor = visitor
        self.sheets = Asked(visitor, lambda: reading.listed(visitor, "counts", {}, CountList))
        self.tasks = Asked(visitor, self._tasks)
        self.differences = Asked(visitor, self._differences)
        self.places = Asked(visitor, lambda: reading.places(visitor))

    async def refresh(self) -> None:
        """Ask for what is looked at."""
        await self.sheets.refresh()
        await self.places.refresh()
        if self.chosen is not None:
            await self.tasks.refresh()
        if self.decides:
            await self.differences.refresh()

    def again(self) -> None:
        """Something was counted or decided."""
        for asked in (self.sheets, self.tasks, self.differences):
            asked.again()

    async def choose(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Question `choose`: look at the lines of sheet `list`; null: at none."""
        wanted = body.get("list")
        self.chosen = wanted if isinstance(wanted, int) else None
        self.tasks.forget()
        return {}

    @property
    def decides(self) -> bool:
        """Whether the person signed in may see differences."""
        person = self._visitor.person()
        return person is not None and not DECIDERS.isdisjoint(person.roles)

    async def _tasks(self) -> list[CountTask]:
        return await reading.listed(self._visitor, f"counts/{self.chosen}/tasks", {}, CountTask)

    async def _differences(self) -> dict[int, list[CountResult]]:
        waiting = {"state": "waiting"}
        return {
            sheet.id: await reading.listed(
                self._visitor, f"counts/{sheet.id}/results", waiting, CountResult
            )
            for sheet in self.sheets.value or ()
            if sheet.waiting
        }


def count_page(house: House, request: Request) -> None:
    """Build the stocktake for one visitor."""
    visitor = visitor_of(request, house, station=reading.STATION)
    counting = _Counting(visitor)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        sheets, tasks, differences = counting.sheets, counting.tasks, counting.differences
        shown = counting.decides and differences.value is not None
        return {
            "sheets": None
            if sheets.value is None
            else sheets_view(sheets.value, now=now, form=form),
            "chosen": counting.chosen,
            "tasks": None if tasks.value is None else tasks_view(tasks.value, form),
            "decides": counting.decides,
            "differences": differences_view(differences.value or {}, now=now, form=form)
            if shown
            else [],
            "places": places_view(counting.places.value or (), form),
            "asked": sheets.problem or tasks.problem or differences.problem,
        }

    questions = {"choose": counting.choose, "label": partial(reading.label, visitor)}
    show(
        visitor,
        Screen(
            name="count",
            view=view,
            refresh=counting.refresh,
            questions=questions,
            answered=counting.again,
        ),
    )
