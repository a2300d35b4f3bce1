"""The gateway's Sparkplug B edge node: the plant's units as devices, for Ignition, historians and other hosts.

It has a connection of its own, whose last will is the node's death, so whatever happens to it leaves the facts' way
alone. Units are looked at twice a second and tell what changed, the latest value; where there are more than
UNITS_PER_ROUND_MAX, they take turns. Nothing is kept for a host that is away: facts are history in the server, what is
told here is how the plant stands.
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import aiomqtt
import structlog

from device_profiles.program import Clock
from gateway.contract.sparkplug import (
    REBIRTH,
    DataType,
    Unreadable,
    decode,
    state_topic,
    topic,
)
from gateway.plant_bus import OnConnected, OnMessage
from gateway.sparkplug_session import Message, NodeSession, Shown
from gateway.sparkplug_units import Units, device_id
from gateway.uplink import Bus

PUBLISH_EVERY_S = 0.5
UNITS_PER_ROUND_MAX = 60
"""Units looked at in one round; the others wait for the next ones."""
REBIRTH_EVERY_S = 2.0
"""Requests for rebirth within so long are answered by one."""
CANCEL_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """How the node is called, and whom it waits for."""

    group: str
    node: str
    primary_host: str | None = None
    """Nothing is told while this host application is not online; None: whoever listens, listens."""

    @property
    def command_topic(self) -> str:
        """Where hosts ask for a rebirth."""
        return topic(self.group, "NCMD", self.node)

    @property
    def filters(self) -> tuple[str, ...]:
        """What the node must hear before it is born."""
        host = (state_topic(self.primary_host),) if self.primary_host else ()
        return (self.command_topic, *host)


class NodeBus(Bus, Protocol):
    """The node's own connection."""

    async def run(self, on_message: OnMessage, on_connected: OnConnected) -> None:
        """Stay connected until cancelled."""
        ...


@dataclass(slots=True, kw_only=True)
class SparkplugNode:
    """Publishes the units until it is cancelled."""

    settings: NodeSettings
    session: NodeSession
    units: Units
    bus: NodeBus
    clock: Clock
    _turn: int = 0
    """Unit whose turn is next."""
    _host_at_ms: int = -1
    """When the primary host began to be what it is, as it says."""
    _host_online: bool = False
    _part: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the primary host left: the connection is ended, and the next life waits for the host."""
    _left: bool = False
    _wished: bool = False
    _born_s: float = float("-inf")

    async def run(self) -> None:
        """Connect, be born, and tell what changes, life after life."""
        while True:
            self._part.clear()
            await _first_of(self.bus.run(self._heard, (self._connected,)), self._tell())

    async def leave(self) -> None:
        """Say that the node goes for good; nothing is said after it."""
        self._left = True
        await self._die()

    async def _die(self) -> None:
        """Say what the last will would; a connection that is ended in order has none."""
        if self.session.born and self.bus.connected:
            self.session.rebirth()
            death = self.session.death(self._now_ms())
            await self.bus.publish(death.topic, death.encoded, qos=1)

    def _connected(self) -> None:
        self._wished, self._born_s, self._host_online = False, float("-inf"), False
        structlog.get_logger().info(
            "sparkplug_node", group=self.settings.group, node=self.settings.node
        )

    def _heard(self, where: str, payload: bytes) -> None:
        if where == self.settings.command_topic:
            self._wished = self._wished or _asks_for_rebirth(payload)
        elif self.settings.primary_host and where == state_topic(self.settings.primary_host):
            self._host_says(payload)

    def _host_says(self, payload: bytes) -> None:
        """Take the primary host's STATE; an offline that is older than its online is a late last will."""
        said = _state(payload)
        if said is None or said[1] < self._host_at_ms:
            return
        was_online, (self._host_online, self._host_at_ms) = self._host_online, said
        if was_online and not self._host_online:
            self._part.set()

    async def _tell(self) -> None:
        """Rounds until the primary host leaves."""
        while not self._part.is_set():
            if self.bus.connected and (self._host_online or not self.settings.primary_host):
                await self._round()
            await self.clock.sleep(PUBLISH_EVERY_S)
        await self._die()

    async def _round(self) -> None:
        """One round; what the bus did not take leaves a gap in seq, so everything is born again."""
        if self._left:
            return
        now_s = self.clock.monotonic()
        if self._wished and now_s - self._born_s >= REBIRTH_EVERY_S:
            self._wished = False
            self.session.rebirth()
        life = self.session.bd_seq
        if not self.session.born:
            self._born_s = now_s
            if not await self._publish(self.session.node_birth(self._of_node(), self._now_ms())):
                return
        elif not await self._publish(self.session.data(None, self._of_node(), self._now_ms())):
            return
        self.units.view.expire(self.clock.now())
        for unit in self._next_units():
            # Made and handed over without a pause between: the numbers belong to this life.
            if self._left or self.session.bd_seq != life or not self.session.born:
                return
            if not await self._publish(self._about(unit)):
                return

    def _about(self, unit: str) -> Message | None:
        """What is to be said of a unit: its birth, its death, what changed, or nothing."""
        device, alive, now_ms = device_id(unit), self.units.is_heard(unit), self._now_ms()
        if not self.session.is_alive(device):
            return (
                self.session.device_birth(device, self.units.metrics(unit), now_ms)
                if alive
                else None
            )
        if not alive:
            return self.session.device_death(device, now_ms)
        return self.session.data(device, self.units.metrics(unit), now_ms)

    def _next_units(self) -> Sequence[str]:
        paths = self.units.paths
        if len(paths) <= UNITS_PER_ROUND_MAX:
            return paths
        first, self._turn = self._turn, (self._turn + UNITS_PER_ROUND_MAX) % len(paths)
        return (paths[first:] + paths[:first])[:UNITS_PER_ROUND_MAX]

    def _of_node(self) -> list[Shown]:
        """What is said of the gateway itself."""
        heard = sum(self.units.is_heard(unit) for unit in self.units.paths)
        return [
            Shown(name="Units/Known", datatype=DataType.INT32, value=len(self.units.paths)),
            Shown(name="Units/Heard", datatype=DataType.INT32, value=heard),
        ]

    async def _publish(self, message: Message | None) -> bool:
        if message is None:
            return True
        taken = await self.bus.publish(message.topic, message.encoded)
        if not taken:
            self.session.rebirth()
        return taken

    def _now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


def last_will(session: NodeSession, clock: Clock) -> aiomqtt.Will:
    """A new life begins with the connection that takes this will with it."""
    session.new_life()
    death = session.death(int(clock.now().timestamp() * 1000))
    return aiomqtt.Will(death.topic, death.encoded, qos=1)


def _asks_for_rebirth(payload: bytes) -> bool:
    try:
        metrics = decode(payload).metrics
    except Unreadable:
        return False
    return any(metric.name == REBIRTH and metric.value is True for metric in metrics)


def _state(payload: bytes) -> tuple[bool, int] | None:
    """(online, since ms) of a STATE message, or None when it is none."""
    try:
        said: object = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    match said:
        case {"online": bool(online), "timestamp": int(at_ms)}:
            return online, at_ms
        case _:
            return None


async def _first_of(*jobs: Coroutine[None, None, None]) -> None:
    """Run all until one ends or fails, and end the others."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        left = set(tasks)
        while left:
            # `asyncio.wait_for` of Python 3.11, just satisfied, swallows a cancellation.
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
