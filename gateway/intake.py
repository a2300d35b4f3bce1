"""The intake: judged facts on their way up, in memory only, bounded, in the order of each agent, fair between them."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass

from gateway.contract.fact import AnyFact
from gateway.contract.uplink import CREDIT_DEFAULT, SourceBatch, Verdict

INTAKE_FACTS_MAX = 40_000
"""Eight full batches. When more wait, whole messages are left out and counted; their agents send them again."""
INTAKE_BYTES_MAX = 64 * 2**20
AGENT_FACTS_MAX = 2 * CREDIT_DEFAULT
"""What may wait of one agent; one that keeps to its credit never has more."""
AGENTS_MAX = 1_000
"""Agents that get a message in although all is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One agent's message, judged."""

    batch: SourceBatch
    size: int
    """Bytes it had on the wire."""
    arrived: float
    """Monotonic seconds."""


class Intake:
    """A bounded queue an agent, emptied in turn: who sends much waits behind himself, not before the others."""

    def __init__(
        self,
        *,
        facts_max: int = INTAKE_FACTS_MAX,
        bytes_max: int = INTAKE_BYTES_MAX,
        agent_facts_max: int = AGENT_FACTS_MAX,
    ) -> None:
        self._facts_max = facts_max
        self._bytes_max = bytes_max
        self._agent_facts_max = agent_facts_max
        self._queues: OrderedDict[str, deque[Incoming]] = OrderedDict()
        self._held: dict[str, int] = {}
        """Agent -> facts that wait."""
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
        return min((queue[0].arrived for queue in self._queues.values()), default=None)

    def has_room(self, agent: str, size: int) -> bool:
        """Whether a message of `size` bytes would be taken; ask before judging it.

        When all is full, an agent of whom nothing waits still gets one message in: a crowd cannot lock it out.
        """
        if size > self._bytes_max or self._held.get(agent, 0) >= self._agent_facts_max:
            return False
        if self._facts < self._facts_max and self._bytes + size <= self._bytes_max:
            return True
        return agent not in self._queues and len(self._queues) < AGENTS_MAX

    def add(self, incoming: Incoming) -> None:
        """Append a message to its agent's queue."""
        self._queues.setdefault(incoming.batch.agent, deque()).append(incoming)
        self._count(incoming, 1)
        self._filled.set()

    async def wait(self) -> None:
        """Return as soon as something waits."""
        await self._filled.wait()

    def take(self, facts_max: int) -> list[SourceBatch]:
        """Take up to `facts_max` facts, a message of each agent in turn: one batch per agent, of consecutive facts, in
        the order they came.

        What does not continue an agent's batch (a gap, a step back before its beginning, another outbox epoch) waits for
        the next one, and so does everything behind it; facts that the batch has already are left out.
        """
        runs: dict[str, _Run] = {}
        turn = list(self._queues)
        room = facts_max
        while turn and room > 0:
            still: list[str] = []
            for agent in turn:
                fresh = self._next_of(agent, runs, room)
                if fresh is None:
                    continue
                room -= fresh
                if agent in self._queues:
                    still.append(agent)
            turn = still
        if self._queues:
            self._queues.move_to_end(next(iter(self._queues)))
        else:
            self._filled.clear()
        return [run.merged() for run in runs.values()]

    def _next_of(self, agent: str, runs: dict[str, "_Run"], room: int) -> int | None:
        """Move an agent's next message into its run; its new facts, or None when it has to wait."""
        queue = self._queues[agent]
        incoming, run = queue[0], runs.get(agent)
        fresh = _fresh(run, incoming.batch)
        if fresh is None or fresh > room:
            return None
        runs[agent] = run = run or _Run(incoming.batch)
        run.append(incoming.batch, fresh)
        queue.popleft()
        self._count(incoming, -1)
        if not queue:
            del self._queues[agent]
        return fresh

    def _count(self, incoming: Incoming, sign: int) -> None:
        agent, facts = incoming.batch.agent, sign * len(incoming.batch.facts)
        self._facts += facts
        self._bytes += sign * incoming.size
        self._held[agent] = self._held.get(agent, 0) + facts
        if not self._held[agent]:
            del self._held[agent]


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
