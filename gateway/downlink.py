"""The way down: fetches job orders from the server by long poll and hands them to the agents on the bus.

The position is kept in memory only. After a start, and after every failure, the poll begins at 0: the server then
answers with the commands that no machine has answered yet. An agent recognises a command by its identity, so one that
arrives twice is written once.
"""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from device_profiles.program import Clock
from gateway.contract.codec import encode
from gateway.contract.fact import JobAnswerFact
from gateway.contract.job_order import CommandPage, JobOrderCommand
from gateway.contract.topic import Topic
from gateway.contract.uplink import SourceBatch
from gateway.counters import Complaints, Counters
from gateway.server_link import NoAnswer
from gateway.uplink import Bus

POLL_WAIT_S = 20.0
POLL_PAUSE_S = 0.2
"""Least time between two polls that brought nothing, should the server not wait as asked."""
BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 2.0
UNANSWERED_MAX = 500
"""Commands remembered until their answer is seen; the oldest is forgotten first, the server still knows it."""

_AGENT = re.compile(r"[A-Za-z0-9._-]{1,64}")


class CommandServer(Protocol):
    """What is needed of the server."""

    async def commands(self, *, after: int, wait_s: float) -> CommandPage | NoAnswer:
        """Commands after a position."""
        ...


@dataclass(slots=True, kw_only=True)
class Downlink:
    """Commands from the server to the agents."""

    site: str
    server: CommandServer
    bus: Bus
    counters: Counters
    complaints: Complaints
    clock: Clock
    _unanswered: OrderedDict[str, JobOrderCommand] = field(
        default_factory=OrderedDict[str, JobOrderCommand]
    )

    async def run(self) -> None:
        """Poll until cancelled."""
        position, backoff_s = 0, BACKOFF_FIRST_S
        while True:
            begun = self.clock.monotonic()
            page = await self.server.commands(after=position, wait_s=POLL_WAIT_S)
            if isinstance(page, NoAnswer):
                self.complaints.say("no_commands", why=page.detail, again_in_s=backoff_s)
                await self.clock.sleep(backoff_s)
                position, backoff_s = 0, min(2 * backoff_s, BACKOFF_MAX_S)
                continue
            position, backoff_s = page.position, BACKOFF_FIRST_S
            fresh = [
                command for command in page.commands if command.command_id not in self._unanswered
            ]
            for command in fresh:
                await self._take(command)
            if not fresh and self.clock.monotonic() - begun < POLL_PAUSE_S:
                await self.clock.sleep(POLL_PAUSE_S)

    def answered(self, batch: SourceBatch) -> None:
        """Forget the commands that these facts answer."""
        for fact in batch.facts:
            if isinstance(fact, JobAnswerFact):
                self._unanswered.pop(fact.command_id, None)

    async def remind(self, agent: str) -> None:
        """Send an agent that came back what it has not answered."""
        for command in [*self._unanswered.values()]:
            if command.agent == agent:
                await self._publish(command)
                await asyncio.sleep(0)

    async def _take(self, command: JobOrderCommand) -> None:
        if not _AGENT.fullmatch(command.agent):
            self.complaints.say("command_without_agent", command_id=command.command_id)
            return
        for other in [*self._unanswered.values()]:
            if (other.agent, other.equipment) == (command.agent, command.equipment):
                del self._unanswered[other.command_id]  # a newer job takes its place
        self._unanswered[command.command_id] = command
        if len(self._unanswered) > UNANSWERED_MAX:
            self._unanswered.popitem(last=False)
        self.counters.commands += 1
        structlog.get_logger().info(
            "command", command_id=command.command_id, agent=command.agent, order=command.work_order
        )
        await self._publish(command)

    async def _publish(self, command: JobOrderCommand) -> None:
        topic = Topic(site=self.site, agent=command.agent, channel="command")
        await self.bus.publish(str(topic), encode(command), qos=1)
