"""Facts wait on disk, in gapless order, with the memory they were derived from, until they are acknowledged."""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import outbox as outbox_module
from edge.outbox import Outbox, OutboxLimits
from edge.shedding import merged_per_minute, without_measurements
from edge.totalizer import CounterMemory
from edge.tracker import CounterRecord, Output
from gateway.contract.fact import (
    AnyFact,
    Cause,
    CountFact,
    JobAnswerFact,
    MeasurementFact,
    Quality,
    StateFact,
)
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import MESSAGE_BYTES_MAX

START = datetime(2026, 11, 22, 8, tzinfo=UTC)


def count(
    number: int, *, signal: str = "good", cause: Cause = Cause.STEP, second: int = 0
) -> CountFact:
    at = START + timedelta(seconds=second or number)
    return CountFact(
        equipment="w/a/l/u",
        signal=signal,
        at=at,
        arrived=at,
        epoch=1,
        total=number,
        delta=1,
        raw=number,
        cause=cause,
    )


def measurement(second: int) -> MeasurementFact:
    at = START + timedelta(seconds=second)
    return MeasurementFact(
        equipment="w/a/l/u", signal="t", at=at, arrived=at, value=2.5, unit="Cel"
    )


def record(raw: int) -> CounterRecord:
    return CounterRecord(
        memory=CounterMemory(
            epoch=1, raw=raw, total=raw, at=START, seen=START, monotonic_s=1.5, boot="b"
        ),
        source_time=START,
        source_value=raw,
    )


async def test_what_a_machine_said_to_a_job_order_outlives_the_agent(tmp_path: Path) -> None:
    """A server restored from an older backup may ask a later run of the agent."""
    outbox = await opened(tmp_path / "o.sqlite")
    answers = [
        JobAnswerFact(
            equipment="w/a/l/u", signal="job_order", at=START, arrived=START,
            command_id=f"c{number}", accepted=number % 2 == 0, reason="busy",
        )
        for number in range(1_200)
    ]  # fmt: skip
    outbox.append(Output(facts=[*answers]))
    await outbox.commit()
    outbox.acknowledge(1_200)
    outbox.append(Output(facts=[answers[-1]]))
    await outbox.close()
    outbox = await opened(tmp_path / "o.sqlite")
    remembered = await outbox.answers()
    assert [*remembered.values()] == answers[-1_000:]
    await outbox.close()


async def facts_from(
    outbox: Outbox, first: int = 1, limit: int = 10_000
) -> list[tuple[int, AnyFact]]:
    rows = await outbox.read(first, limit)
    return [(seq, msgspec.json.decode(data, type=AnyFact)) for seq, data in rows]


async def opened(path: Path, *, now_ms: int = 1000, facts_max: int = 500_000) -> Outbox:
    outbox = Outbox(path, now_ms=now_ms, limits=OutboxLimits(facts_max=facts_max))
    await outbox.open()
    return outbox


async def store(outbox: Outbox, facts: Sequence[AnyFact]) -> None:
    outbox.append(Output(facts=[*facts]))
    while outbox.last_seq < 0 or not await _all_committed(outbox):
        pass


async def _all_committed(outbox: Outbox) -> bool:
    before = outbox.last_seq
    await outbox.commit()
    return outbox.last_seq == before


async def test_a_fact_and_its_memory_survive_together(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite")
    outbox.append(Output(facts=[count(1), count(2)], records={("d", "good"): record(2)}))
    await outbox.close()
    again = Outbox(tmp_path / "o.sqlite", now_ms=9999)
    records = await again.open()
    assert records == {("d", "good"): record(2)}
    assert [(seq, fact) for seq, fact in await facts_from(again)] == [(1, count(1)), (2, count(2))]
    assert (again.epoch, again.last_seq, again.backlog) == (1000, 2, 2)
    await again.close()


async def test_a_new_file_has_a_larger_epoch_and_starts_at_one(tmp_path: Path) -> None:
    first = await opened(tmp_path / "a.sqlite", now_ms=1000)
    second = await opened(tmp_path / "b.sqlite", now_ms=2000)
    assert (first.epoch, second.epoch, second.last_seq) == (1000, 2000, 0)
    await first.close()
    await second.close()


async def test_facts_are_trimmed_only_when_acknowledged(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite")
    await store(outbox, [count(n) for n in range(1, 11)])
    assert outbox.oldest_seq == 1
    outbox.acknowledge(4)
    await outbox.commit()
    assert (outbox.oldest_seq, outbox.backlog) == (5, 6)
    assert [seq for seq, _ in await facts_from(outbox, 5)] == [5, 6, 7, 8, 9, 10]
    await outbox.close()


async def test_sequences_go_on_after_everything_was_trimmed_and_the_agent_restarted(
    tmp_path: Path,
) -> None:
    outbox = await opened(tmp_path / "o.sqlite")
    await store(outbox, [count(1), count(2)])
    outbox.acknowledge(2)
    await outbox.close()
    again = await opened(tmp_path / "o.sqlite")
    assert (again.oldest_seq, again.last_seq, again.backlog) == (3, 2, 0)
    await store(again, [count(3)])
    assert [seq for seq, _ in await facts_from(again, 3)] == [3]
    await again.close()


async def test_facts_are_read_from_disk_as_from_memory(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite")
    await store(outbox, [count(n) for n in range(1, 6)])
    in_memory = await facts_from(outbox, 2, 3)
    await outbox.close()
    again = await opened(tmp_path / "o.sqlite")
    assert await facts_from(again, 2, 3) == in_memory
    await again.close()


async def test_what_could_not_be_stored_is_stored_later_in_order(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite")
    blocker = sqlite3.connect(tmp_path / "o.sqlite", isolation_level=None, timeout=0)
    blocker.execute("begin immediate")
    outbox.append(Output(facts=[count(1)], records={("d", "good"): record(1)}))
    failed = False
    try:
        await outbox.commit()
    except sqlite3.OperationalError:
        failed = True
    assert failed
    blocker.execute("rollback")
    blocker.close()
    outbox.append(Output(facts=[count(2)], records={("d", "good"): record(2)}))
    await outbox.commit()
    assert [fact.raw for _, fact in await facts_from(outbox) if isinstance(fact, CountFact)] == [
        1,
        2,
    ]
    await outbox.close()


async def test_a_damaged_file_is_set_aside_and_a_new_epoch_begins(tmp_path: Path) -> None:
    (tmp_path / "o.sqlite").write_bytes(b"not a database at all" * 500)
    outbox = await opened(tmp_path / "o.sqlite", now_ms=5000)
    assert (outbox.epoch, outbox.last_seq) == (5000, 0)
    assert (tmp_path / "o.sqlite.damaged-5000").exists()
    await outbox.close()


async def test_a_full_outbox_gives_up_measurements_and_minutes_but_no_count(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite", facts_max=1000)
    made = 0
    for _ in range(30):
        facts: list[AnyFact] = []
        for _ in range(50):
            made += 1
            facts += [count(made), measurement(made)]
        await store(outbox, facts)
    held = await facts_from(outbox)
    assert [seq for seq, _ in held] == list(range(1, len(held) + 1))
    assert len(held) <= 1100
    counts = [fact for _, fact in held if isinstance(fact, CountFact)]
    assert sum(fact.delta for fact in counts) == made
    assert counts[-1].total == made
    await outbox.close()


async def test_what_was_on_the_wire_keeps_its_sequence_when_the_outbox_is_full(
    tmp_path: Path,
) -> None:
    outbox = await opened(tmp_path / "o.sqlite", facts_max=1000)
    first = [count(n) if n % 2 else measurement(n) for n in range(1, 401)]
    await store(outbox, first)
    outbox.note_sent(400)
    await store(outbox, [measurement(n) for n in range(401, 1200)])
    held = await facts_from(outbox)
    assert [fact for _, fact in held[:400]] == first
    assert len(held) == 400
    await outbox.close()


def test_counts_of_one_minute_merge_with_their_sum_and_last_total() -> None:
    facts = [count(n) for n in range(1, 131)]
    merged = [fact for fact in merged_per_minute(facts) if isinstance(fact, CountFact)]
    assert [(fact.delta, fact.total) for fact in merged] == [(59, 59), (60, 119), (11, 130)]
    assert merged[1].since == facts[59].at


def test_baselines_and_quarantined_counts_never_merge() -> None:
    suspect = msgspec.structs.replace(
        count(3), cause=Cause.SUSPECT, quality=Quality.QUARANTINED, delta=0, claimed=99
    )
    facts: list[AnyFact] = [count(1, cause=Cause.BASELINE), count(2), suspect, count(4), count(5)]
    assert [getattr(fact, "cause", None) for fact in merged_per_minute(facts)] == [
        Cause.BASELINE,
        Cause.STEP,
        Cause.SUSPECT,
        Cause.STEP,
    ]


def test_signals_merge_apart_and_measurements_go_first() -> None:
    facts: list[AnyFact] = [
        count(1),
        count(1, signal="scrap"),
        measurement(1),
        count(2),
        count(2, signal="scrap"),
    ]
    assert len(without_measurements(facts)) == 4
    assert len(merged_per_minute(without_measurements(facts))) == 2


async def test_a_memory_is_never_on_disk_before_its_fact(tmp_path: Path) -> None:
    """However many facts waited for a slow disk: killed after any commit, the agent counts on from what it stored."""
    outbox = await opened(tmp_path / "o.sqlite")
    outbox.append(
        Output(facts=[count(n) for n in range(1, 9_001)], records={("d", "good"): record(9_000)})
    )
    await outbox.commit()
    killed = Outbox(tmp_path / "o.sqlite", now_ms=9)
    known = (await killed.open()).get(("d", "good"))
    assert isinstance(known, CounterRecord)
    assert known.memory.total == killed.last_seq == 9_000
    await killed.close()
    await outbox.close()


async def test_what_is_being_merged_is_not_sent_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sequences are about to mean other facts."""
    begun, go_on = threading.Event(), threading.Event()
    shed = outbox_module._shed  # pyright: ignore[reportPrivateUsage]

    def slow(*arguments: Any) -> Any:
        begun.set()
        go_on.wait(10)
        return shed(*arguments)

    monkeypatch.setattr(outbox_module, "_shed", slow)
    outbox = await opened(tmp_path / "o.sqlite", facts_max=100)
    await store(outbox, [count(n) for n in range(1, 51)])
    outbox.note_sent(50)
    outbox.append(Output(facts=[count(n) for n in range(51, 201)]))
    committing = asyncio.create_task(outbox.commit())
    await asyncio.to_thread(begun.wait, 10)
    assert outbox.sendable_seq == 50
    go_on.set()
    await committing
    assert 50 < outbox.sendable_seq == outbox.last_seq < 200
    await outbox.close()


async def test_a_device_that_talks_too_much_does_not_hold_up_the_agent(tmp_path: Path) -> None:
    """A message beyond the broker's limit would be refused for ever, and everything behind it with it."""
    outbox = await opened(tmp_path / "o.sqlite")
    chatty = StateFact(
        equipment="w/a/l/u",
        signal="state",
        at=START,
        arrived=START,
        state=EquipmentState.UNKNOWN,
        detail="电" * 30_000,
    )
    answer = JobAnswerFact(
        equipment="w/a/l/u",
        signal="job_order",
        at=START,
        arrived=START,
        command_id="c",
        accepted=False,
        reason="\x01" * 30_000,
    )
    await store(outbox, [chatty, answer])
    sizes = [len(data) for _, data in await outbox.read(1, 10)]
    assert len(sizes) == 2
    assert sum(sizes) < MESSAGE_BYTES_MAX // 2
    await outbox.close()


async def test_an_older_copy_begins_anew_with_what_it_holds(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "o.sqlite", now_ms=1000)
    await store(outbox, [count(n) for n in range(1, 7)])
    outbox.acknowledge(4)
    await outbox.close()
    copy = await opened(tmp_path / "o.sqlite", now_ms=5000)
    await store(copy, [count(7)])
    copy.claim(7)
    await copy.begin_epoch()
    assert (copy.epoch, copy.oldest_seq, copy.last_seq, copy.backlog) == (5000, 1, 3, 3)
    assert await facts_from(copy) == [(1, count(5)), (2, count(6)), (3, count(7))]
    await store(copy, [count(8)])
    copy.acknowledge(1)
    await copy.close()
    again = await opened(tmp_path / "o.sqlite", now_ms=9000)
    assert (again.epoch, again.known_seq) == (5000, 4)
    assert await facts_from(again) == [(2, count(6)), (3, count(7)), (4, count(8))]
    await again.close()


async def test_an_older_copy_that_made_nothing_yet_begins_with_the_next_fact(
    tmp_path: Path,
) -> None:
    outbox = await opened(tmp_path / "o.sqlite", now_ms=1000)
    await store(outbox, [count(1), count(2)])
    outbox.acknowledge(2)
    await outbox.close()
    copy = await opened(tmp_path / "o.sqlite", now_ms=1000)
    await copy.begin_epoch()
    assert (copy.epoch, copy.oldest_seq, copy.last_seq) == (1001, 1, 0)
    await store(copy, [count(3)])
    assert await facts_from(copy) == [(1, count(3))]
    await copy.close()
