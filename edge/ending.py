"""Ends tasks for certain: `asyncio.wait_for` of Python 3.11, just satisfied, swallows a cancellation."""

import asyncio
from typing import Any

CANCEL_AGAIN_S = 0.2
CANCELS_MAX = 50


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel until every task has ended, at most CANCELS_MAX times; what they raise is dropped."""
    left = {task for task in tasks if not task.done()}
    for _ in range(CANCELS_MAX):
        if not left:
            break
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*(task for task in tasks if task.done()), return_exceptions=True)
