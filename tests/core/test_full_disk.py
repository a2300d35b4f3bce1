"""A disk that takes nothing costs measurements and minute-resolution, never a count, and heals by itself."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from edge.ending import end
from edge.outbox import Outbox
from edge.outbox_file import DiskUnusable, OutboxFile
from edge.tracker import Output
from gateway.contract.fact import Cause, CountFact
from tests.core.test_outbox import count, facts_from, measurement, opened, record


def fill_disk(outbox: Outbox) -> None:
    """SQLite says "full" for the next page, as it does on a full disk."""
    file = outbox._file  # pyright: ignore[reportPrivateUsage]
    assert file is not None
    file._db.execute("pragma max_page_count = 1")  # pyright: ignore[reportPrivateUsage]


def free_disk(outbox: Outbox) -> None:
    file = outbox._file  # pyright: ignore[reportPrivateUsage]
    assert file is not None
    file._db.execute("pragma max_page_count = 1000000")  # pyright: ignore[reportPrivateUsage]


async def test_a_full_disk_costs_measurements_and_minutes_but_no_count(tmp_path: Path) -> None:
    """What waits for the disk is merged in memory, and stored by itself when there is space again."""
    outbox = await opened(tmp_path / "o.sqlite")
    outbox.append(Output(facts=[count(1, cause=Cause.BASELINE)]))
    await outbox.commit()
    running = asyncio.create_task(outbox.run())
    try:
        fill_disk(outbox)
        with capture_logs() as said:
            for number in range(2, 9_002):
                outbox.append(
                    Output(
                        facts=[measurement(number % 60), count(number, second=number // 100)],
                        records={("d", "good"): record(number)},
                    )
                )
            await holds(lambda: any(entry["event"] == "disk takes nothing" for entry in said))
            await holds(lambda: len(outbox._facts) < 10)  # pyright: ignore[reportPrivateUsage]
            assert outbox.last_seq == 1
            free_disk(outbox)
            await holds(lambda: outbox.last_seq > 1)
        assert said[-1]["event"] == "disk takes facts again"
    finally:
        await end(running)
    facts = [fact for _, fact in await facts_from(outbox)]
    assert all(isinstance(fact, CountFact) for fact in facts)
    counts = [fact for fact in facts if isinstance(fact, CountFact)]
    assert sum(fact.delta for fact in counts) == counts[-1].total - counts[0].total + 1 == 9_001
    assert len(counts) < 10
    outbox.append(Output(facts=[measurement(1)]))
    await outbox.close()
    memory = OutboxFile(tmp_path / "o.sqlite", now_ms=2).memories()
    assert msgspec.json.decode(memory[0][2])["memory"]["raw"] == 9_001


async def test_a_commit_that_a_full_disk_refuses_leaves_nothing_half_done(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite")
    fill_disk(outbox)
    for number in range(1, 500):
        outbox.append(Output(facts=[count(number)]))
    for _ in range(2):
        with pytest.raises(DiskUnusable):
            await outbox.commit()
    assert outbox.last_seq == 0
    free_disk(outbox)
    await outbox.close()
    file = OutboxFile(tmp_path / "o.sqlite", now_ms=2)
    assert (file.bounds().first, file.bounds().last, file.bounds().facts) == (1, 499, 499)
    file.close()


async def holds(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_agent_that_ends_on_a_full_disk_says_so_and_ends_in_order(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite")
    outbox.append(Output(facts=[count(1)], records={("d", "good"): record(1)}))
    await outbox.commit()
    fill_disk(outbox)
    for number in range(2, 500):
        outbox.append(Output(facts=[count(number)], records={("d", "good"): record(number)}))
    with capture_logs() as said:
        await outbox.close()
    assert [(entry["event"], entry["lost"]) for entry in said] == [
        ("disk takes nothing at the end", 498)
    ]
    again = OutboxFile(tmp_path / "o.sqlite", now_ms=2)
    assert again.bounds().last == 1
    assert msgspec.json.decode(again.memories()[0][2])["memory"]["raw"] == 1
    again.close()
