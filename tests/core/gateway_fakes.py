"""Stand-ins for what surrounds the gateway's parts: a clock, a server and a bus in memory."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.contract.codec import decode
from gateway.contract.fact import AnyFact, MeasurementFact
from gateway.contract.job_order import CommandPage
from gateway.contract.uplink import (
    Ack,
    IngestReply,
    IngestRequest,
    SourceBatch,
    SourceMark,
)
from gateway.intake import Incoming
from gateway.server_link import NoAnswer

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
REFUSED = NoAnswer(why="refused", detail="HTTP 422: no")
FAILED = NoAnswer(why="failed", detail="HTTP 500: oops")
UNREACHABLE = NoAnswer(why="unreachable", detail="ConnectError")


class ManualClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


def facts(first: int, last: int) -> list[AnyFact]:
    """Fact n has the value n."""
    return [
        MeasurementFact(equipment="e", signal="s", at=NOW, arrived=NOW, value=float(n), unit="")
        for n in range(first, last + 1)
    ]


def source(
    first: int, last: int, *, agent: str = "a", epoch: int = 1, oldest: int = 1
) -> SourceBatch:
    return SourceBatch(
        agent=agent,
        outbox_epoch=epoch,
        first_seq=first,
        facts=facts(first, last),
        oldest_seq=oldest,
    )


def incoming(batch: SourceBatch, size: int = 100) -> Incoming:
    return Incoming(batch=batch, size=size, arrived=0.0)


def values(batch: SourceBatch) -> list[int]:
    return [int(fact.value) for fact in batch.facts if isinstance(fact, MeasurementFact)]


@dataclass
class FakeServer:
    """Commits in sequence, unless `verdict` has another answer to a request."""

    verdict: Callable[[IngestRequest], NoAnswer | None] = lambda _: None
    through: dict[str, int] = field(default_factory=dict)
    stored: list[tuple[str, int, float, str]] = field(default_factory=list)
    """(agent, sequence, value, reason)"""
    requests: int = 0
    pages: list[CommandPage | NoAnswer] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    async def ingest(self, request: IngestRequest) -> IngestReply | NoAnswer:
        self.requests += 1
        answer = self.verdict(request)
        if answer is not None:
            return answer
        marks: list[SourceMark] = []
        for batch in request.sources:
            through = self.through.get(batch.agent, 0)
            rewind = batch.first_seq > through + 1
            if not rewind:
                reasons = {v.seq: v.reason for v in batch.quarantined}
                for seq, fact in enumerate(batch.facts, start=batch.first_seq):
                    assert isinstance(fact, MeasurementFact)
                    if seq > through:
                        self.stored.append((batch.agent, seq, fact.value, reasons.get(seq, "")))
                        through = seq
            self.through[batch.agent] = through
            marks.append(
                SourceMark(agent=batch.agent, outbox_epoch=1, through=through, rewind=rewind)
            )
        return IngestReply(marks=marks, stored=0, duplicates=0)

    async def commands(self, *, after: int, wait_s: float) -> CommandPage | NoAnswer:
        self.asked.append(after)
        if self.pages:
            return self.pages.pop(0)
        await asyncio.sleep(0)
        return CommandPage(commands=[], position=after)


@dataclass
class FakeBus:
    """Remembers what was published."""

    connected: bool = True
    failures: int = 0
    """Publications that will fail before the next one succeeds."""
    said: list[tuple[str, bytes]] = field(default_factory=list)

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> bool:
        if self.failures:
            self.failures -= 1
            return False
        if self.connected:
            self.said.append((topic, payload))
        return self.connected

    def acks(self) -> list[Ack]:
        return [decode(payload, Ack) for topic, payload in self.said if topic.endswith("/ack")]


async def turns(condition: Callable[[], bool]) -> None:
    """Let the other tasks go on until a condition holds."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the condition never came true")
