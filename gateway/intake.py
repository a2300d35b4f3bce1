"""The intake: judged facts on their way up, in memory only, bounded, in the order of each agent."""

import asyncio
from collections import deque
from dataclasses import dataclass

from gateway.contract.fact import AnyFact
from gateway.contract.uplink import SourceBatch, Verdict

INTAKE_FACTS_MAX = 40_000
"""Eight full batches. When more wait, whole messages are left out and counted; their agents send them again."""
INTAKE_BYTES_MAX = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One agent's message, judged."""

    batch: SourceBatch
    size: int
    """Bytes it had on the wire."""
    arrived: float
    """Monotonic seconds."""


class Intake:
    """A bounded queue of messages that can be taken out as one batch per agent."""

    def __init__(
        self, *, facts_max: int = INTAKE_FACTS_MAX, bytes_max: int = INTAKE_BYTES_MAX
    ) -> None:
        self._facts_max = facts_max
        self._bytes_max = bytes_max
        self._queue: deque[Incoming] = deque()
        self._facts = 0
        self._bytes = 0
        self._filled = asyncio.Event()

    @property
    def facts(self) -> int:
        """Facts that wait."""
        return self._facts

    @property
    def waiting_since(self) -> float | None:
        """When the first waiting message arrived (monotonic seconds), or None when nothing waits."""
        return self._queue[0].arrived if self._queue else None

    def has_room(self, size: int) -> bool:
        """Whether a message of `size` bytes would be taken; ask before judging it."""
        return self._facts < self._facts_max and self._bytes + size <= self._bytes_max

    def add(self, incoming: Incoming) -> None:
        """Append a message."""
        self._queue.append(incoming)
        self._count(incoming, 1)
        self._filled.set()

    async def wait(self) -> None:
        """Return as soon as something waits."""
        await self._filled.wait()

    def take(self, facts_max: int) -> list[SourceBatch]:
        """Take up to `facts_max` facts: one batch per agent, of consecutive facts, in the order they came.

        What does not continue an agent's batch (a gap, a step back before its beginning, another outbox epoch) waits for
        the next one, and so does everything behind it; facts that the batch has already are left out.
        """
        runs: dict[str, _Run] = {}
        stopped: set[str] = set()
        kept: list[Incoming] = []
        room = facts_max
        while self._queue and room > 0:
            incoming = self._queue.popleft()
            agent = incoming.batch.agent
            run = runs.get(agent)
            fresh = None if agent in stopped else _fresh(run, incoming.batch)
            if fresh is None or fresh > room:
                stopped.add(agent)
                kept.append(incoming)
                continue
            runs[agent] = run = run or _Run(incoming.batch)
            run.append(incoming.batch, fresh)
            room -= fresh
            self._count(incoming, -1)
        self._queue.extendleft(reversed(kept))
        if not self._queue:
            self._filled.clear()
        return [run.merged() for run in runs.values()]

    def _count(self, incoming: Incoming, sign: int) -> None:
        self._facts += sign * len(incoming.batch.facts)
        self._bytes += sign * incoming.size


class _Run:
    """Consecutive facts of one agent while they are put together."""

    def __init__(self, first: SourceBatch) -> None:
        self.head = first
        self.next_seq = first.first_seq
        self.oldest_seq = first.oldest_seq
        self._facts: list[AnyFact] = []
        self._verdicts: list[Verdict] = []

    def append(self, batch: SourceBatch, fresh: int) -> None:
        """Add the last `fresh` facts of a message."""
        self._facts += batch.facts[len(batch.facts) - fresh :]
        self._verdicts += [verdict for verdict in batch.quarantined if verdict.seq >= self.next_seq]
        self.next_seq += fresh
        self.oldest_seq = max(self.oldest_seq, batch.oldest_seq)

    def merged(self) -> SourceBatch:
        """All of it as one batch."""
        return SourceBatch(
            agent=self.head.agent,
            outbox_epoch=self.head.outbox_epoch,
            first_seq=self.head.first_seq,
            facts=self._facts,
            oldest_seq=min(self.oldest_seq, self.head.first_seq),
            quarantined=self._verdicts,
        )


def _fresh(run: _Run | None, batch: SourceBatch) -> int | None:
    """How many facts at the end of `batch` are new to the run; None when it does not continue the run."""
    if run is None:
        return len(batch.facts)
    if batch.outbox_epoch != run.head.outbox_epoch:
        return None
    if not run.head.first_seq <= batch.first_seq <= run.next_seq:
        return None
    return max(0, batch.first_seq + len(batch.facts) - run.next_seq)
