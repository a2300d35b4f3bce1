"""The agents as the gateway hears them: who is here, who came back, and what they are then reminded of."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from gateway.contract.uplink import AgentStatus

AGENTS_MAX = 1_000
"""Agents that are told apart, and those of the plant file always; the status of further ones is ignored, their facts
are not."""


@dataclass(slots=True, kw_only=True)
class Agents:
    """Notices agents that came back, and reminds each of what was said while it was away."""

    reminders: tuple[Callable[[str], Awaitable[None]], ...]
    known: frozenset[str]
    """Of the plant file; only their coming and going is worth a line in the log, strangers could fill it."""
    _heard: dict[str, AgentStatus] = field(default_factory=dict[str, AgentStatus])
    _returned: set[str] = field(default_factory=set[str])
    _somebody: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, status: AgentStatus) -> None:
        """Take an agent's status."""
        before = self._heard.get(status.agent)
        crowded = len(self._heard) >= AGENTS_MAX and status.agent not in self.known
        if before is None and crowded:
            return
        self._heard[status.agent] = status
        moved = before is None or before.online != status.online
        if moved and status.agent in self.known:
            structlog.get_logger().info(
                "agent", agent=status.agent, online=status.online, backlog=status.backlog
            )
        if status.online and (before is None or not before.online or before.since != status.since):
            self._returned.add(status.agent)
            self._somebody.set()

    def forget(self) -> None:
        """The bus was lost: whoever is heard from now on came back."""
        self._heard.clear()

    async def run(self) -> None:
        """Remind those who came back, until cancelled."""
        while True:
            await self._somebody.wait()
            self._somebody.clear()
            while self._returned:
                agent = self._returned.pop()
                for remind in self.reminders:
                    await remind(agent)
