"""The jobs of one unit as the server ranks them; asked again when something changed, at most every few seconds."""

from collections.abc import Callable, Sequence
from typing import Any

from hmi.pages.visitor import Visitor
from hmi.server_client import Refused, Unreachable
from mes_server.contract.work_orders import QueueEntry

ASK_AGAIN_S = 3.0


class JobQueue:
    """What the feed does not carry: readiness needs the server's own reckoning."""

    def __init__(self, visitor: Visitor, unit: str, *, depends_on: Callable[[], object]) -> None:
        self.entries: Sequence[QueueEntry] | None = None
        """None until the server has answered once."""
        self.problem: dict[str, str] | None = None
        self._visitor = visitor
        self._unit = unit
        self._depends_on = depends_on
        self._answered_for: object = None
        self._asked_at = -ASK_AGAIN_S

    async def refresh(self) -> None:
        """Ask again when what it depends on changed since the last answer, or when that failed."""
        house = self._visitor.house
        now, asked_for = house.clock.monotonic(), self._depends_on()
        answered = self.entries is not None and self.problem is None
        if self._unit not in house.model.units or (answered and asked_for == self._answered_for):
            return
        if now - self._asked_at < ASK_AGAIN_S:
            return
        self._asked_at, self._answered_for = now, asked_for
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
