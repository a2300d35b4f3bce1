"""Ends tasks for certain: `asyncio.wait_for` of Python 3.11, just satisfied, swallows a cancellation."""

import asyncio
from typing import Any

CANCEL_AGAIN_S = 0.2


async def end(*tasks: asyncio.Task[Any], within_s: float = 10.0) -> set[asyncio.Task[Any]]:
    """Cancel until every task has ended, and return those that did not in time; what they raise is dropped."""
    left = {task for task in tasks if not task.done()}
    for _ in range(round(within_s / CANCEL_AGAIN_S)):
        if not left:
            break
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*(task for task in tasks if task.done()), return_exceptions=True)
    return left
