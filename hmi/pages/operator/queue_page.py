"""/terminal/{unit path}/queue: what may run here next."""

from datetime import datetime
from typing import Any

from fastapi import Request

from hmi.house import House
from hmi.pages.operator.job_queue import JobQueue
from hmi.pages.panel_page import Screen, show
from hmi.pages.visitor import visitor_of
from hmi.views.formatting import Format, millis
from hmi.views.queue import queue_view
from hmi.views.run import unit_view
from hmi.views.state import state_view


def queue_page(house: House, request: Request, unit: str) -> None:
    """Build the job queue of a unit for one visitor."""
    visitor = visitor_of(request, house, station=unit)
    queue = JobQueue(visitor, unit, depends_on=lambda: house.model.position)

    def view(now: datetime, form: Format) -> dict[str, Any]:
        card = house.model.units.get(unit)
        if card is None:
            return {"unit": None, "jobs": []}
        running = card.order.number if card.order is not None else None
        entries = queue.entries
        jobs = None
        if entries is not None:
            waiting = [entry for entry in entries if entry.number != running]
            jobs = queue_view(waiting, house.model.orders, now=now, form=form)
        return {
            "unit": unit_view(card, form),
            "state": {
                **state_view(card.state, form.words),
                "sinceMs": millis(card.state_since),
            },
            "running": running,
            "jobs": jobs,
            "queueProblem": queue.problem,
        }

    show(visitor, Screen(name="queue", view=view, unit=unit, refresh=queue.refresh))
