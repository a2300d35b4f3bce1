"""Wakes the feed's readers: at once after a commit of this process, and each second for commits of other processes."""

import asyncio

POLL_S = 1.0
"""Readers look at least this often, so a commit of another process is seen within a second."""


class FeedHub:
    """One a process: `poke` after a commit, and readers wake."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def closed(self) -> bool:
        """True once the process is stopping: readers end their streams."""
        return self._closed

    def poke(self) -> None:
        """Something was committed."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def close(self) -> None:
        """Wake all readers for good."""
        self._closed = True
        self.poke()

    def next_commit(self) -> asyncio.Event:
        """Take this before reading and `wait` for it afterwards: a commit in between is not missed."""
        return self._changed

    async def wait(self, timeout_s: float = POLL_S, *, commit: asyncio.Event | None = None) -> None:
        """Return when something was committed (since `commit` was taken), or after `timeout_s`, at most POLL_S."""
        try:
            async with asyncio.timeout(min(timeout_s, POLL_S)):
                await (commit or self._changed).wait()
        except TimeoutError:
            return
