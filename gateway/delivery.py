"""Delivery: one batch to the server until it is committed, whatever stands in the way.

A server that cannot be reached gets the same batch again and again. A batch that it *refuses* would be refused for ever,
and so would everything behind it, for one fact. So it is halved until the fact is found; that fact travels as a
quarantined stand-in which quotes it, and the rest as it is. Where even the stand-in is refused (the agent as such is not
welcome), that agent's facts are withheld for a while: they stay on its disk, and the other agents' go on.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec
import structlog

from device_profiles.program import Clock
from gateway.contract.codec import encode
from gateway.contract.job_order import CommandPage
from gateway.contract.uplink import IngestReply, IngestRequest, SourceBatch, SourceMark, Verdict
from gateway.counters import Complaints, Counters
from gateway.server_link import NoAnswer
from gateway.stand_in import quoting, stand_in

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 2.0
FAILURES_MAX = 5
"""Times in a row that a server may break over the same batch (status 500) before the content is suspected."""
FAILURES_MAX_SUSPECTED = 2
"""The same once the content is suspected, for each half of it but the last fact."""
REPLACED_MAX = 16
"""Facts of one batch that may be replaced; what is left of that agent's then waits for the next time it is sent."""
WITHHOLD_S = 30.0


class Server(Protocol):
    """What is needed of the server."""

    async def ingest(self, request: IngestRequest) -> IngestReply | NoAnswer:
        """Send one batch."""
        ...

    async def commands(self, *, after: int, wait_s: float) -> CommandPage | NoAnswer:
        """Ask for commands; here only to learn whether the server works."""
        ...


@dataclass(slots=True, kw_only=True)
class Delivery:
    """Delivers batches one at a time; `on_marks` sees every reply as it comes."""

    gateway: str
    server: Server
    on_marks: Callable[[list[SourceMark]], Awaitable[None]]
    counters: Counters
    complaints: Complaints
    clock: Clock
    _withheld: dict[str, float] = field(default_factory=dict[str, float])
    """Agent -> monotonic time until which its facts are not sent."""

    async def deliver(self, sources: list[SourceBatch]) -> None:
        """Return when every source is committed, was answered with its mark, or is withheld."""
        welcome = [source for source in sources if not self._is_withheld(source)]
        if welcome:
            self.counters.batches += 1
            await self._halving(welcome, _Repairs())

    async def _halving(self, sources: list[SourceBatch], repairs: "_Repairs") -> None:
        halves = _halves(sources)
        suspected = repairs.suspected and halves is not None
        refusal = await self._send(sources, FAILURES_MAX_SUSPECTED if suspected else FAILURES_MAX)
        if refusal is None:
            return
        repairs.suspected = True
        if halves is None:
            await self._replace(sources[0], refusal, repairs)
            return
        for half in halves:
            left = [source for source in half if source.agent not in repairs.given_up]
            if left:
                await self._halving(left, repairs)

    async def _send(
        self, sources: list[SourceBatch], failures_max: int = FAILURES_MAX
    ) -> NoAnswer | None:
        """Send until answered; None when the server took it, else why it never will."""
        request = IngestRequest(gateway=self.gateway, sources=sources)
        backoff_s, failures = BACKOFF_FIRST_S, 0
        while True:
            answer = await self.server.ingest(request)
            if isinstance(answer, IngestReply):
                await self.on_marks(answer.marks)
                return None
            if answer.why == "refused":
                return answer
            failures = failures + 1 if answer.why == "failed" else 0
            if failures >= failures_max and await self._breaks_only_over(request):
                return answer
            self.counters.retries += 1
            self.complaints.say("server_does_not_answer", why=answer.detail, again_in_s=backoff_s)
            await self.clock.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    async def _breaks_only_over(self, request: IngestRequest) -> bool:
        """Whether the server answers others, and yet breaks over this request once more right after."""
        others = await self.server.commands(after=0, wait_s=0)
        if isinstance(others, NoAnswer):
            return False
        again = await self.server.ingest(request)
        if isinstance(again, IngestReply):
            await self.on_marks(again.marks)
            return False
        return again.why == "failed"

    async def _replace(self, source: SourceBatch, refusal: NoAnswer, repairs: "_Repairs") -> None:
        """The one fact that the server cannot take: send its stand-in, or withhold its agent."""
        original = encode(source.facts[0])
        structlog.get_logger().error(
            "fact_refused",
            agent=source.agent,
            outbox_epoch=source.outbox_epoch,
            seq=source.first_seq,
            why=refusal.detail,
            fact=original.decode(),
        )
        reason = quoting(f"The server cannot store this fact ({refusal.detail}).", original)
        replaced = msgspec.structs.replace(
            source,
            facts=[stand_in(source.facts[0])],
            quarantined=[Verdict(seq=source.first_seq, reason=reason)],
        )
        if await self._send([replaced]) is None:
            self.counters.replaced += 1
            repairs.count += 1
            if repairs.count >= REPLACED_MAX:
                repairs.given_up.add(source.agent)
            return
        repairs.given_up.add(source.agent)
        self._withheld[source.agent] = self.clock.monotonic() + WITHHOLD_S
        structlog.get_logger().error("agent_withheld", agent=source.agent, for_s=WITHHOLD_S)

    def _is_withheld(self, source: SourceBatch) -> bool:
        until = self._withheld.get(source.agent)
        if until is None:
            return False
        if self.clock.monotonic() >= until:
            del self._withheld[source.agent]
            return False
        self.counters.withheld += len(source.facts)
        return True


@dataclass(slots=True, kw_only=True)
class _Repairs:
    """What was repaired within one batch."""

    count: int = 0
    suspected: bool = False
    """Something in the batch is known to be refused."""
    given_up: set[str] = field(default_factory=set[str])


def _halves(sources: list[SourceBatch]) -> tuple[list[SourceBatch], list[SourceBatch]] | None:
    """Two smaller batches in the same order, by agent first; None when a single fact is left."""
    if len(sources) > 1:
        middle = len(sources) // 2
        return sources[:middle], sources[middle:]
    source = sources[0]
    if len(source.facts) == 1:
        return None
    middle = len(source.facts) // 2
    return [_part(source, 0, middle)], [_part(source, middle, len(source.facts))]


def _part(source: SourceBatch, begin: int, end: int) -> SourceBatch:
    first, last = source.first_seq + begin, source.first_seq + end
    return msgspec.structs.replace(
        source,
        first_seq=first,
        facts=source.facts[begin:end],
        quarantined=[verdict for verdict in source.quarantined if first <= verdict.seq < last],
    )
