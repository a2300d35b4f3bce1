"""Many questions of one page, asked beside the picture, which never waits for the slowest of them."""

import asyncio
from typing import Any, TypeVar

from pydantic import TypeAdapter

from hmi.pages.asked import Asked
from hmi.pages.visitor import Visitor
from hmi.server_client import Query

Shape = TypeVar("Shape")


def asked_of(visitor: Visitor, path: str, shape: type[Shape], query: Query) -> Asked[Shape]:
    """GET `path` under /api/v1, answered in `shape`."""
    adapter = TypeAdapter[Shape](shape)

    async def ask() -> Shape:
        told = await visitor.house.server.read(path, query, caller=visitor.caller())
        return adapter.validate_python(told.body)

    return Asked(visitor, ask)


class Aside:
    """Refreshes what it is given in the background; each answer shows in the first picture after it."""

    def __init__(self, *asked: Asked[Any]) -> None:
        self._asked = asked
        self._asking: asyncio.Task[None] | None = None

    def again(self) -> None:
        """Somebody changed something here."""
        for one in self._asked:
            one.again()

    def problem(self) -> dict[str, Any] | None:
        """The first thing that went wrong."""
        return next((one.problem for one in self._asked if one.problem is not None), None)

    async def refresh(self) -> None:
        """Start asking what it is time to ask, unless the last round is still under way."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_all())

    async def _ask_all(self) -> None:
        await asyncio.gather(*(one.refresh() for one in self._asked))
