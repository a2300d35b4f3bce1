"""What the feed does not carry: read from the server, again when the plant changed, and told when that fails."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from hmi.pages.visitor import Visitor
from hmi.server_client import Refused, Unreachable

Answered = TypeVar("Answered")

ASK_AGAIN_S = 4.0
"""Between two questions, however much changes in the plant."""
ASK_ANYHOW_S = 15.0
"""Not everything that is listed shows in the feed."""


class Asked(Generic[Answered]):
    """One answer of the server for one visitor; `refresh` before each picture keeps it fresh."""

    def __init__(self, visitor: Visitor, ask: Callable[[], Awaitable[Answered]]) -> None:
        self.value: Answered | None = None
        """None until the server has answered once."""
        self.problem: dict[str, Any] | None = None
        self._visitor = visitor
        self._ask = ask
        self._asked_at: float | None = None
        self._answered_for: object = None

    def again(self) -> None:
        """Ask before the next picture: something was booked, or another question is wanted."""
        self._asked_at = None

    def forget(self) -> None:
        """The answer was to another question."""
        self.value, self.problem = None, None
        self.again()

    async def refresh(self) -> None:
        """Ask when it is time to; a failure keeps the last answer and says so."""
        house = self._visitor.house
        now, asked_for = house.clock.monotonic(), (house.model.position, self._visitor.person())
        if self._asked_at is not None:
            changed = asked_for != self._answered_for or self.problem is not None
            if now - self._asked_at < (ASK_AGAIN_S if changed else ASK_ANYHOW_S):
                return
        self._asked_at, self._answered_for = now, asked_for
        try:
            self.value = await self._ask()
            self.problem = None
        except Refused as refused:
            self.problem = refused.problem.model_dump(exclude={"status"})
        except (Unreachable, ValidationError):
            words = self._visitor.words
            self.problem = {
                "title": words("silent.title"),
                "detail": words("asked.silent"),
                "instance": "",
            }
