"""/warehouse/plan: replenishment loops, what they propose, kanban cards and open purchase orders."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.asked import Asked
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.pages.warehouse import reading
from hmi.views.formatting import Format
from hmi.views.plan import (
    cards_view,
    loops_view,
    proposals_view,
    purchases_view,
    transfers_view,
)
from mes_server.contract.purchasing import Proposal, Supplier
from mes_server.contract.replenishment import KanbanCard, Loop
from mes_server.contract.reports import CoverLine, DaysOfCover

COVER_DAYS = 30
"""Days of consumption that days of cover are told from."""


class _Planning:
    """What the page reads besides the feed."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.loops = Asked(
            visitor, lambda: reading.listed(visitor, "replenishment-loops", {}, Loop)
        )
        self.proposals = Asked(visitor, self._proposals)
        self.cards = Asked(visitor, lambda: reading.listed(visitor, "kanban-cards", {}, KanbanCard))
        self.purchases = Asked(visitor, lambda: reading.open_purchases(visitor))
        self.suppliers = Asked(visitor, lambda: reading.listed(visitor, "suppliers", {}, Supplier))
        self.cover = Asked(visitor, self._cover)

    def all(self) -> tuple[Asked[Any], ...]:
        """Every question, the most wanted first."""
        return (
            self.proposals,
            self.loops,
            self.cards,
            self.purchases,
            self.suppliers,
            self.cover,
        )

    async def refresh(self) -> None:
        """Ask what is due."""
        for asked in self.all():
            await asked.refresh()

    def again(self) -> None:
        """Somebody decided something."""
        for asked in (self.proposals, self.loops, self.cards, self.purchases):
            asked.again()

    async def _proposals(self) -> list[Proposal]:
        return await reading.listed(self._visitor, "proposals", {"state": "proposed"}, Proposal)

    async def _cover(self) -> dict[str, CoverLine]:
        server, caller = self._visitor.house.server, self._visitor.caller()
        told = await server.read(
            "reports/days-of-cover", {"days": COVER_DAYS, "limit": 500}, caller=caller
        )
        return {row.item: row for row in DaysOfCover.model_validate(told.body).rows}


def plan_page(house: House, request: Request) -> None:
    """Build the planning board for one visitor."""
    visitor = visitor_of(request, house, station=reading.STATION)
    planning = _Planning(visitor)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        suppliers = planning.suppliers.value or ()
        loops, proposals = planning.loops.value, planning.proposals.value
        cards, purchases = planning.cards.value, planning.purchases.value
        return {
            "loops": None
            if loops is None
            else loops_view(loops, planning.cover.value or {}, now=now, form=form),
            "proposals": None
            if proposals is None
            else proposals_view(
                proposals, suppliers, house.model.orders.values(), now=now, form=form
            ),
            "transfers": transfers_view(house.model.signals.values(), now=now, form=form),
            "cards": cards_view(cards or (), now=now, form=form),
            "purchases": purchases_view(purchases or (), now=now, form=form),
            "suppliers": [
                {"code": one.code, "name": form.words.name(one.name)}
                for one in suppliers
                if one.active
            ],
            "asked": next((one.problem for one in planning.all() if one.problem), None),
        }

    show(
        visitor,
        Screen(name="plan", view=view, refresh=planning.refresh, answered=planning.again),
    )
