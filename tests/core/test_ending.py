"""A task is ended even when a cancellation of it gets lost."""

import asyncio

from edge.ending import end


async def test_a_task_that_loses_its_first_cancellation_is_ended_by_the_next() -> None:
    begun = asyncio.Event()
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while True:
            try:
                begun.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    task = asyncio.create_task(stubborn())
    await begun.wait()
    await end(task)
    assert task.cancelled()
    assert lost == 1


async def test_what_a_task_raised_does_not_reach_whoever_ends_it() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    task = asyncio.create_task(broken())
    await asyncio.wait([task])
    await end(task)
    assert task.done()
