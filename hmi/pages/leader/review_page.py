"""/review: everything that waits for somebody's judgement."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.aside import Aside, asked_of
from hmi.pages.panel_page import BOARD_STALE_MS, Screen, show
from hmi.pages.visitor import Visitor, visitor_of
from hmi.pages.why_questions import why_questions
from hmi.views.formatting import Format
from hmi.views.review import Waiting, review_view
from mes_server.contract.gateways import GatewayState
from mes_server.contract.review import (
    NoOrderCount,
    NoOrderWeighing,
    OverUpstream,
    QuarantinedFact,
)
from mes_server.contract.stock import Shortage
from mes_server.contract.webhooks import Webhook

STATION = "review"
ROWS = 200


class _ReviewAsked:
    """The lists of the server, asked beside the picture."""

    def __init__(self, visitor: Visitor) -> None:
        some = {"limit": ROWS}
        self.counts = asked_of(visitor, "no-order-counts", list[NoOrderCount], some)
        self.weighings = asked_of(visitor, "no-order-weighings", list[NoOrderWeighing], some)
        self.shortages = asked_of(visitor, "shortages", list[Shortage], some)
        self.quarantine = asked_of(visitor, "quarantine", list[QuarantinedFact], some)
        self.over_upstream = asked_of(visitor, "over-upstream", list[OverUpstream], some)
        self.gateways = asked_of(visitor, "gateways", list[GatewayState], some)
        self.webhooks = asked_of(visitor, "webhooks", list[Webhook], some)
        self.open = Aside(
            self.counts, self.weighings, self.shortages, self.quarantine, self.over_upstream,
            self.gateways,
        )  # fmt: skip
        self.guarded = Aside(self.webhooks)

    async def refresh(self) -> None:
        """Webhooks are shown to whom they concern; that others may not see them is no fault."""
        await self.open.refresh()
        await self.guarded.refresh()

    def again(self) -> None:
        """Something was booked here."""
        self.open.again()
        self.guarded.again()

    def waiting(self) -> Waiting | None:
        """None until the server told all that is open to everybody."""
        told = (
            self.counts.value, self.weighings.value, self.shortages.value,
            self.quarantine.value, self.over_upstream.value, self.gateways.value,
        )  # fmt: skip
        if self.open.problem() is None and any(one is None for one in told):
            return None
        return Waiting(
            counts=self.counts.value or (),
            weighings=self.weighings.value or (),
            shortages=self.shortages.value or (),
            quarantine=self.quarantine.value or (),
            over_upstream=self.over_upstream.value or (),
            gateways=self.gateways.value or (),
            webhooks=(self.webhooks.value or ()) if self.webhooks.problem is None else (),
        )


def review_page(house: House, request: Request) -> None:
    """Build the list for one visitor; what it offers depends on who is signed in."""
    visitor = visitor_of(request, house, station=STATION)
    asked = _ReviewAsked(visitor)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        waiting, person, model = asked.waiting(), visitor.person(), house.model
        sections = None
        if waiting is not None:
            sections = review_view(
                waiting,
                signals=model.signals.values(),
                orders=model.orders.values(),
                units=model.units,
                roles=() if person is None else person.roles,
                now=now,
                form=form,
            )
        return {"sections": sections, "problem": asked.open.problem()}

    screen = Screen(
        name="review",
        view=view,
        refresh=asked.refresh,
        stale_after_ms=BOARD_STALE_MS,
        questions=why_questions(visitor),
        answered=asked.again,
    )
    show(visitor, screen)
