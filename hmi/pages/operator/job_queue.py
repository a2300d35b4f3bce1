"""The jobs of one unit as the server ranks them; asked again when the plant changed, at most every few seconds."""

from collections.abc import Sequence
from typing import Any

from hmi.pages.visitor import Visitor
from hmi.server_client import Refused, Unreachable
from mes_server.contract.work_orders import QueueEntry

ASK_AGAIN_S = 3.0


class JobQueue:
    """What the feed does not carry: readiness needs the server's own reckoning."""

    def __init__(self, visitor: Visitor, unit: str) -> None:
        self.entries: Sequence[QueueEntry] | None = None
        """None until the server has answered once."""
        self.problem: dict[str, str] | None = None
        self._visitor = visitor
        self._unit = unit
        self._position: str | None = None
        self._asked_at = -ASK_AGAIN_S

    async def refresh(self) -> None:
        """Ask again when something changed since the last answer."""
        model, now = self._visitor.house.model, self._visitor.house.clock.monotonic()
        unchanged = self._position == model.position and self.problem is None
        if unchanged or now - self._asked_at < ASK_AGAIN_S or self._unit not in model.units:
            return
        self._asked_at, self._position = now, model.position
        try:
            server = self._visitor.house.server
            self.entries = await server.queue(self._unit, caller=self._visitor.caller())
            self.problem = None
        except Refused as refused:
            problem = refused.problem
            self.problem = {
                "title": problem.title,
                "detail": problem.detail,
                "instance": problem.instance,
            }
        except Unreachable:
            words = self._visitor.words
            self.problem = {
                "title": words("silent.title"),
                "detail": words("queue.silent"),
                "instance": "",
            }

    def expected(self) -> list[dict[str, Any]]:
        """Materials that may be loaded here: those of the running order, else what is mounted now."""
        words, card = self._visitor.words, self._visitor.house.model.units.get(self._unit)
        if card is None:
            return []
        found: dict[str, str] = {}
        for entry in self.entries or ():
            if card.order is not None and entry.number == card.order.number:
                found.update({need.item: words.name(need.item_name) for need in entry.materials})
        for lot in card.mounted:
            found.setdefault(lot.item, words.name(lot.item_name))
        return [{"item": item, "itemName": name} for item, name in found.items()]
