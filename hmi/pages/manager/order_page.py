"""/orders/{number}: one work order whole, with everything that may be done with it."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request

from hmi.house import House
from hmi.pages.aside import Aside, asked_of
from hmi.pages.panel_page import BOARD_STALE_MS, Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.pages.why_questions import why_questions
from hmi.views.formatting import Format
from hmi.views.order_detail import OrderTold, order_view
from hmi.views.order_history import OrderPast
from mes_server.contract.feed import OrderCard
from mes_server.contract.order_changes import OrderChangeRecord
from mes_server.contract.order_reports import OrderLot
from mes_server.contract.readiness import OrderReadiness
from mes_server.contract.reports import ConsumptionVariance
from mes_server.contract.review import Restatement
from mes_server.contract.work_orders import ProductionReport, ScrapReport

STATION = "orders"
ROWS = 200


class _OrderAsked:
    """Everything the server says of one order, asked beside the picture."""

    def __init__(self, visitor: Visitor, number: str) -> None:
        path, some = f"work-orders/{quote(number, safe='')}", {"limit": ROWS}
        of_order = {"order": number, **some}
        self.cards = asked_of(visitor, path, list[OrderCard], {})
        self.readiness = asked_of(visitor, f"{path}/readiness", OrderReadiness, {})
        self.lots = asked_of(visitor, f"{path}/lots", list[OrderLot], some)
        self.variance = asked_of(
            visitor, "reports/consumption-variance", ConsumptionVariance, of_order
        )
        self.changes = asked_of(visitor, f"{path}/changes", list[OrderChangeRecord], some)
        self.restatements = asked_of(visitor, "restatements", list[Restatement], of_order)
        self.scrap = asked_of(
            visitor, "scrap-reports", list[ScrapReport], {"number": number, **some}
        )
        self.reports = asked_of(visitor, f"{path}/production-reports", list[ProductionReport], some)
        self.all = Aside(
            self.cards, self.readiness, self.lots, self.variance, self.changes,
            self.restatements, self.scrap, self.reports,
        )  # fmt: skip

    def told(self) -> OrderTold:
        """What is known by now."""
        return OrderTold(
            readiness=self.readiness.value,
            lots=self.lots.value,
            variance=self.variance.value,
            past=OrderPast(
                changes=self.changes.value or (),
                restatements=self.restatements.value or (),
                scrap=self.scrap.value or (),
                reports=self.reports.value or (),
            ),
        )


def order_page(house: House, request: Request, number: str) -> None:
    """Build the screen of one order for one visitor."""
    visitor = visitor_of(request, house, station=STATION)
    asked = _OrderAsked(visitor, number)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        person, found = visitor.person(), asked.cards.value
        nothing = {"order": None, "number": number, "problem": asked.all.problem()}
        if not found:
            return nothing
        live = house.model.orders
        cards = [live.get(f"{card.number}/{card.operation}", card) for card in found]
        shown = order_view(
            cards,
            asked.told(),
            units=house.model.units,
            roles=() if person is None else person.roles,
            now=now,
            form=form,
        )
        return {**nothing, **shown}

    screen = Screen(
        name="order",
        view=view,
        refresh=asked.all.refresh,
        stale_after_ms=BOARD_STALE_MS,
        questions=why_questions(visitor),
        answered=asked.all.again,
    )
    show(visitor, screen)
