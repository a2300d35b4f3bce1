"""Waiting for a condition in other processes, with an end to the patience."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_S = 0.1


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float, what: str) -> None:
    """Ask again and again until it holds; raises TimeoutError that names what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:g} s in vain for {what}")
        await asyncio.sleep(POLL_S)
