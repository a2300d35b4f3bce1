"""Wakes the feed's readers: at once after a commit of this process, and each second for commits of other processes."""

import asyncio

POLL_S = 1.0
"""Readers look at least this often, so a commit of another process is seen within a second."""


class FeedHub:
    """One a process. `poke` after a commit. A reader notes `generation`, reads after its position, then waits for a
    generation beyond the noted one, so that a commit between reading and waiting wakes it too."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._generation = 0
        self._closed = False

    @property
    def generation(self) -> int:
        """Grows with each poke."""
        return self._generation

    @property
    def closed(self) -> bool:
        """True once the process is stopping: readers end their streams."""
        return self._closed

    def poke(self) -> None:
        """Something was committed."""
        self._generation += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def close(self) -> None:
        """Wake all readers for good."""
        self._closed = True
        self.poke()

    async def wait(self, *, seen: int, timeout_s: float = POLL_S) -> None:
        """Return when something was committed after generation `seen`, or after `timeout_s` (at most POLL_S)."""
        if self._generation != seen or self._closed:
            return
        try:
            async with asyncio.timeout(min(timeout_s, POLL_S)):
                await self._changed.wait()
        except TimeoutError:
            return
