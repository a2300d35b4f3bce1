"""The outbox: facts wait here, on disk, until the server has committed them; commits are grouped, nothing blocks.

Facts get gapless sequences in the order in which they were appended. A fact and the memory it was derived from are
committed together. Bounded: beyond `facts_max` what was never sent gives up measurements, then minute-resolution. A disk
that takes nothing is tried again and again; what waits for it in memory meanwhile gives up the same, in the same order.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from edge.outbox_file import Bounds, DiskUnusable, Memory, OutboxFile
from edge.shedding import merged_per_minute, without_measurements
from edge.tracker import CounterRecord, Output, Record, WeighingRecord
from gateway.contract.fact import AnyFact, JobAnswerFact, MeasurementFact, StateFact

FACTS_MAX = 500_000
SIZE_BYTES_MAX = 1 << 30
"""Default limits of the file."""
GATHER_S = 0.02
"""A commit waits so long for company."""
PENDING_FACTS_MAX = 20_000
"""Facts that may wait for the disk; drivers wait when there are more."""
TAIL_FACTS_MAX = 16_000
"""Newest facts kept in memory, so that sending need not read the disk."""
SEND_AHEAD_MAX = 8_000
"""No fact further than this beyond the last trim is ever on the wire, so those may still be merged."""
TEXT_MAX = 500
"""Characters of a device's own words that a fact carries: a message must not outgrow MESSAGE_BYTES_MAX."""

DISK_AGAIN_S = 0.5
"""A disk that took nothing is tried again after so long."""
MERGE_ON_DISK_EVERY_S = 30.0
"""How often what is stored is merged while the disk takes nothing: every fact is read for it."""

_T = TypeVar("_T")
_FACT_ENCODER = msgspec.json.Encoder(decimal_format="string")
_FACT_DECODER = msgspec.json.Decoder(AnyFact)
_ANSWER_DECODER = msgspec.json.Decoder(JobAnswerFact)
_RECORD_DECODERS = (msgspec.json.Decoder(CounterRecord), msgspec.json.Decoder(WeighingRecord))
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLimits:
    """When the outbox is full."""

    facts_max: int = FACTS_MAX
    size_bytes_max: int = SIZE_BYTES_MAX


class Outbox:
    """One agent's facts. `open` before anything else; `run` commits until cancelled; `close` commits what is left."""

    def __init__(self, path: Path, *, now_ms: int, limits: OutboxLimits | None = None) -> None:
        self._path = path
        self._now_ms = now_ms
        self._limits = limits or OutboxLimits()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        self._file: OutboxFile | None = None
        self._facts: deque[bytes] = deque()
        self._memories: dict[tuple[str, str], Record] = {}
        self._answers: dict[str, bytes] = {}
        self._tail: deque[tuple[int, bytes]] = deque(maxlen=TAIL_FACTS_MAX)
        self._merging_from: int | None = None
        self._committing: asyncio.Future[None] | None = None
        self._wanted = asyncio.Event()
        self._drained = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._turn = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._renewals: list[Callable[[], None]] = []
        self._acknowledged = 0
        self._sent = 0
        self._size_bytes = 0
        self._sheds_at = self._limits.facts_max
        self._refuses_measurements = False
        self._merged_at: float | None = None
        """Loop time of the last merge for want of space; None while the disk takes what it is given."""
        self._oldest = 1
        self.epoch = 0
        self.last_seq = 0
        """Newest committed fact."""
        self.known_seq = 0
        """Newest fact that was on disk when the file was opened; this process has made those beyond."""

    @property
    def oldest_seq(self) -> int:
        """Oldest fact held on disk; `last_seq + 1` when there is none."""
        return self._oldest

    @property
    def backlog(self) -> int:
        """Facts on disk that are not acknowledged."""
        return max(0, self.last_seq - max(self._acknowledged, self._oldest - 1))

    @property
    def sendable_seq(self) -> int:
        """Newest fact that may be sent now; what is being merged is about to get other sequences."""
        newest = self.last_seq if self._merging_from is None else self._merging_from - 1
        return min(newest, self._oldest - 1 + SEND_AHEAD_MAX)

    async def open(self) -> dict[tuple[str, str], Record]:
        """Open the file and return the memory of every signal."""
        self._file = await self._on_disk(partial(OutboxFile, self._path, now_ms=self._now_ms))
        bounds = await self._on_disk(self._file.bounds)
        self._take_bounds(bounds)
        self.epoch, self.known_seq = self._file.epoch, self.last_seq
        self._acknowledged = await self._on_disk(self._file.trimmed)
        # What an earlier run had on the wire is not known exactly; it never was further ahead than this.
        self._sent = min(self.last_seq, self._oldest - 1 + SEND_AHEAD_MAX)
        return await self.memories()

    async def memories(self) -> dict[tuple[str, str], Record]:
        """What was last committed of every signal."""
        rows = await self._on_disk(self._opened().memories)
        return {(device, signal): _decode_record(data) for device, signal, data in rows}

    async def answers(self) -> dict[str, JobAnswerFact]:
        """Command -> what its machine said, oldest first, as far as it is remembered."""
        rows = await self._on_disk(self._opened().answers)
        return {command: _ANSWER_DECODER.decode(answer) for command, answer in rows}

    def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed` after every commit that added facts."""
        self._listeners.append(changed)

    def on_new_epoch(self, renewed: Callable[[], None]) -> None:
        """Call `renewed` when sequences begin at 1 again."""
        self._renewals.append(renewed)

    async def begin_epoch(self) -> None:
        """The server knows sequences that this file never sent: it is an older copy, and ours would mean other facts.

        What is held gets sequences of a new epoch. What of it the server has already, its totals say.
        """
        self._committing = asyncio.ensure_future(self._begin_epoch())
        await asyncio.shield(self._committing)

    async def _begin_epoch(self) -> None:
        async with self._turn:
            epoch = max(self._now_ms, self.epoch + 1)
            await self._on_disk(partial(self._opened().begin_epoch, epoch))
            self._take_bounds(await self._on_disk(self._opened().bounds))
            self.epoch, self.known_seq = epoch, 0
            self._acknowledged = self._sent = 0
            self._tail.clear()
            for renewed in self._renewals:
                renewed()
        _log.warning("outbox is an older copy, beginning anew", epoch=epoch, held=self.last_seq)

    def append(self, output: Output) -> None:
        """Queue facts and memories for the next commit."""
        for fact in output.facts:
            if self._refuses_measurements and isinstance(fact, MeasurementFact):
                continue
            self._facts.append(_FACT_ENCODER.encode(_within_limits(fact)))
            if isinstance(fact, JobAnswerFact):
                self._answers[fact.command_id] = self._facts[-1]
        self._memories.update(output.records)
        self._drained.clear()
        if len(self._facts) > PENDING_FACTS_MAX:
            self._room.clear()
        self._wanted.set()

    async def drained(self) -> None:
        """Wait until everything is on disk and has been on the wire once."""
        await self._drained.wait()

    async def room(self) -> None:
        """Wait until the disk has caught up; returns at once while it has."""
        if not self._room.is_set():
            await self._room.wait()

    async def read(self, first: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """At most `limit` committed facts from `first` on, consecutive."""
        if self._tail and self._tail[0][0] <= first:
            start = first - self._tail[0][0]
            end = min(start + limit, len(self._tail))
            return [self._tail[index] for index in range(start, end)]
        return await self._on_disk(partial(self._opened().read, first, limit))

    def claim(self, through: int) -> None:
        """Everything up to `through` is about to be read and sent: it keeps its sequence from now on."""
        self._sent = max(self._sent, through)

    def note_sent(self, through: int) -> None:
        """Everything up to `through` has been on the wire and keeps its sequence."""
        self._sent = max(self._sent, through)
        self._note_drained()

    def acknowledge(self, through: int) -> None:
        """The server has committed everything up to `through`; it is trimmed with the next commit."""
        if through > self._acknowledged:
            self._acknowledged = through
            self._wanted.set()

    async def run(self) -> None:
        """Commit for ever, until cancelled."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(GATHER_S)
            try:
                await self.commit()
            except DiskUnusable as trouble:
                await self._do_without(trouble)
                await asyncio.sleep(DISK_AGAIN_S)

    async def commit(self) -> None:
        """Commit what is pending now."""
        self._wanted.clear()
        # All of it at once: a memory must not be on disk before the facts that led to it.
        facts, memories = [*self._facts], self._memories
        self._facts.clear()
        self._memories = {}
        if not facts and not memories and self._acknowledged < self._oldest:
            return
        # A cancelled caller must not leave a commit half known: `close` waits for this task.
        self._committing = asyncio.ensure_future(self._in_turn(facts, memories))
        await asyncio.shield(self._committing)

    async def _in_turn(
        self, facts: Sequence[bytes], memories: dict[tuple[str, str], Record]
    ) -> None:
        async with self._turn:
            trim = self._acknowledged if self._acknowledged >= self._oldest else None
            await self._store(facts, memories, trim)

    async def _store(
        self, facts: Sequence[bytes], memories: dict[tuple[str, str], Record], trim: int | None
    ) -> None:
        first = self.last_seq + 1
        answers = dict(self._answers)
        write = partial(
            self._opened().commit,
            first=first,
            facts=facts,
            memories=_encoded(memories),
            trim=trim,
            answers=answers,
        )
        try:
            await self._on_disk(write)
        except Exception:
            # Nothing was stored: put it back in front, newest memories winning, and try again.
            self._facts.extendleft(reversed(facts))
            self._memories = memories | self._memories
            self._wanted.set()
            raise
        if self._merged_at is not None:
            self._merged_at = None
            _log.warning("disk takes facts again", stored=len(facts))
        for command in answers:
            self._answers.pop(command)
        self._committed(first, facts, trim)
        if len(self._facts) <= PENDING_FACTS_MAX:
            self._room.set()
        self._note_drained()
        await self._shed_when_full()

    async def close(self) -> None:
        """Commit what is left and close the file. A disk that takes nothing is not waited for: counters go on from what
        it holds, so what they counted since is one late fact after the next start."""
        if self._committing is not None:
            await asyncio.wait([self._committing])
        async with self._turn:
            pass  # whoever waited for the disk before us has had it
        if self._file is not None:
            try:
                await self.commit()
                while self._facts or self._memories:
                    await self.commit()
            except DiskUnusable as trouble:
                _log.error("disk takes nothing at the end", why=str(trouble), lost=len(self._facts))
            await self._on_disk(self._file.close)
        self._thread.shutdown()

    def _committed(self, first: int, facts: Sequence[bytes], trim: int | None) -> None:
        self._tail.extend(enumerate(facts, start=first))
        self.last_seq += len(facts)
        self._size_bytes += sum(map(len, facts))
        if trim is not None:
            held_before = max(1, self.last_seq - self._oldest + 1)
            self._oldest = max(self._oldest, min(trim, self.last_seq) + 1)
            held = self.last_seq - self._oldest + 1
            self._size_bytes = self._size_bytes * held // held_before
            while self._tail and self._tail[0][0] < self._oldest:
                self._tail.popleft()
            if held < self._limits.facts_max // 2:
                self._refuses_measurements = False
                self._sheds_at = self._limits.facts_max
        for changed in self._listeners if facts or trim is not None else ():
            changed()

    def _note_drained(self) -> None:
        if self._sent >= self.last_seq and not self._facts and not self._memories:
            self._drained.set()

    async def _do_without(self, trouble: DiskUnusable) -> None:
        """The disk took nothing: give up measurements, merge what waits per minute, and make room in the file itself."""
        self._refuses_measurements = True
        waiting = len(self._facts)
        facts = merged_per_minute(without_measurements(map(_FACT_DECODER.decode, self._facts)))
        self._facts = deque(map(_FACT_ENCODER.encode, facts))
        if len(self._facts) <= PENDING_FACTS_MAX:
            self._room.set()
        now_s = asyncio.get_running_loop().time()
        if self._merged_at is not None and now_s - self._merged_at < MERGE_ON_DISK_EVERY_S:
            return
        self._merged_at = now_s
        _log.error(
            "disk takes nothing", why=str(trouble), waiting=waiting, after_merging=len(facts)
        )
        async with self._turn:
            await self._on_disk(partial(self._opened().make_room, trim=self._acknowledged))
            with contextlib.suppress(DiskUnusable):
                await self._shed(keep=0)

    async def _shed_when_full(self) -> None:
        held = self.last_seq - self._oldest + 1
        if held <= self._sheds_at and self._size_bytes <= self._limits.size_bytes_max:
            return
        first = max(self._sent, self._oldest - 1) + 1
        await self._shed(keep=self._limits.facts_max * 3 // 4 - (first - self._oldest))

    async def _shed(self, *, keep: int) -> None:
        """What was never sent gives up measurements, and minute-resolution when more than `keep` facts are left."""
        held = self.last_seq - self._oldest + 1
        self._refuses_measurements = True
        first = max(self._sent, self._oldest - 1) + 1
        self._merging_from = first
        try:
            before, after = await self._on_disk(partial(_shed, self._opened(), first, held, keep))
            self._tail.clear()
            self._take_bounds(await self._on_disk(self._opened().bounds))
        finally:
            self._merging_from = None
        held = self.last_seq - self._oldest + 1
        self._sheds_at = max(self._limits.facts_max, held + held // 10)
        _log.warning("outbox full", before=before, after=after, held=held)

    def _take_bounds(self, bounds: Bounds) -> None:
        self._oldest, self.last_seq, self._size_bytes = bounds.first, bounds.last, bounds.size_bytes

    def _opened(self) -> OutboxFile:
        if self._file is None:
            raise RuntimeError("the outbox is not open; await open() first")
        return self._file

    async def _on_disk(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _shed(file: OutboxFile, first: int, limit: int, keep: int) -> tuple[int, int]:
    """Store the facts from `first` on in fewer rows; returns how many there were and are."""
    facts = [_FACT_DECODER.decode(fact) for _, fact in file.read(first, limit)]
    kept = without_measurements(facts)
    if len(kept) > keep:
        kept = merged_per_minute(kept)
    if len(kept) < len(facts):
        file.replace_from(first, [_FACT_ENCODER.encode(fact) for fact in kept])
    return len(facts), len(kept)


def _within_limits(fact: AnyFact) -> AnyFact:
    """The fact with no more of a device's own words than a message has room for."""
    match fact:
        case StateFact(detail=detail) if len(detail) > TEXT_MAX:
            return msgspec.structs.replace(fact, detail=detail[:TEXT_MAX])
        case JobAnswerFact(reason=reason) if len(reason) > TEXT_MAX:
            return msgspec.structs.replace(fact, reason=reason[:TEXT_MAX])
        case _:
            return fact


def _encoded(memories: Mapping[tuple[str, str], Record]) -> list[Memory]:
    return [(*key, _FACT_ENCODER.encode(record)) for key, record in memories.items()]


def _decode_record(data: bytes) -> Record:
    counters, scales = _RECORD_DECODERS
    try:
        return counters.decode(data)
    except msgspec.ValidationError:
        return scales.decode(data)
