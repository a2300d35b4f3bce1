"""The way up: takes what waits in the intake as one batch, delivers it, and relays the server's marks to the agents.

One batch is in flight at a time, which keeps each agent's order; the intake fills meanwhile, so batches grow with the
load. With nothing in flight a fact waits `COALESCE_S` for company, well inside BATCH_WAIT_MS.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from device_profiles.program import Clock
from gateway.contract.codec import encode
from gateway.contract.topic import Topic
from gateway.contract.uplink import FACTS_PER_BATCH_MAX, Ack, SourceBatch, SourceMark
from gateway.counters import Counters
from gateway.intake import Intake

COALESCE_S = 0.02
REWIND_QUIET_S = 1.0
"""The same rewind is relayed once in this time: what was on the way when the agent went back needs no second one."""
AGENTS_MAX = 1_000
"""Agents whose last mark is remembered; the least recently heard is forgotten."""


class Bus(Protocol):
    """What is needed of the plant's bus."""

    @property
    def connected(self) -> bool:
        """Whether messages can be published now."""
        ...

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> bool:
        """Publish now, or say that it was not possible."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relayed:
    """The last mark relayed to an agent."""

    mark: SourceMark
    rewound_at: float | None
    """Monotonic time of the last rewind to this very mark."""


@dataclass(slots=True, kw_only=True)
class Marks:
    """Relays the server's marks as acknowledgements. A lost one is harmless: the next says the same and more."""

    site: str
    bus: Bus
    counters: Counters
    clock: Clock
    _last: OrderedDict[str, _Relayed] = field(default_factory=OrderedDict[str, _Relayed])

    async def relay(self, marks: list[SourceMark]) -> None:
        """Publish one acknowledgement per mark."""
        for mark in marks:
            rewind = mark.rewind and not self._just_rewound(mark)
            rewound_at = self.clock.monotonic() if rewind else self._rewound_at(mark)
            self._last[mark.agent] = _Relayed(mark=mark, rewound_at=rewound_at)
            self._last.move_to_end(mark.agent)
            if len(self._last) > AGENTS_MAX:
                self._last.popitem(last=False)
            await self._publish(mark, rewind)

    async def remind(self, agent: str) -> None:
        """Tell an agent that came back how far it had got."""
        if agent in self._last:
            await self._publish(msgspec.structs.replace(self._last[agent].mark, gap=False), False)

    async def _publish(self, mark: SourceMark, rewind: bool) -> None:
        topic = Topic(site=self.site, agent=mark.agent, channel="ack")
        ack = Ack(
            outbox_epoch=mark.outbox_epoch,
            through=mark.through,
            credit=mark.credit,
            rewind=rewind,
            gap=mark.gap,
        )
        if await self.bus.publish(str(topic), encode(ack)):
            self.counters.acks += 1

    def _rewound_at(self, mark: SourceMark) -> float | None:
        """When the agent was last sent back to this very mark."""
        last = self._last.get(mark.agent)
        if last is None or last.mark.outbox_epoch != mark.outbox_epoch:
            return None
        return last.rewound_at if last.mark.through == mark.through else None

    def _just_rewound(self, mark: SourceMark) -> bool:
        at = self._rewound_at(mark)
        return at is not None and self.clock.monotonic() - at < REWIND_QUIET_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """Moves facts from the intake to the server until it is cancelled."""

    intake: Intake
    deliver: Callable[[list[SourceBatch]], Awaitable[None]]
    clock: Clock

    async def run(self) -> None:
        """Deliver batch after batch."""
        while True:
            await self.intake.wait()
            await self._coalesce()
            await self.deliver(self.intake.take(FACTS_PER_BATCH_MAX))

    async def _coalesce(self) -> None:
        """Give the first waiting fact a moment's company, unless a batch is full or it has waited already."""
        since = self.intake.waiting_since
        if since is None or self.intake.facts >= FACTS_PER_BATCH_MAX:
            return
        left_s = COALESCE_S - (self.clock.monotonic() - since)
        if left_s > 0:
            await self.clock.sleep(left_s)
