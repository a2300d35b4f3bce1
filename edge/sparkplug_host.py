"""A Sparkplug B host application: one session on a broker for all the edge nodes that an agent listens to.

It says that it is online (STATE, with its last will), asks nodes for their births, and hands their messages on.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import aiomqtt
import structlog

from device_profiles.broker import Broker
from device_profiles.link_words import plain_fault
from device_profiles.program import Clock
from device_profiles.reach import reach
from edge.sparkplug_node import Event, RebirthNeeded, SparkplugNode
from gateway.contract.sparkplug import (
    REBIRTH,
    DataType,
    Metric,
    Payload,
    Unreadable,
    decode,
    encode,
    state_topic,
    topic,
)

RECONNECT_FIRST_S, RECONNECT_MAX_S = 0.2, 1.0
KEEPALIVE_S = 5
TIMEOUT_S = 2.0
PULSE_S = 1.0
"""So often the broker must prove that it is there; a node that has nothing to report says nothing."""
REBIRTH_EVERY_S = 3.0
"""A node is asked for its birth at most so often."""
QUEUE_MAX = 10_000
CANCEL_AGAIN_S = 0.2

_log = structlog.get_logger(__name__)


class Listener(Protocol):
    """A driver for a node, or for a device behind it."""

    async def told(self, event: Event) -> None:
        """The node said something."""
        ...

    async def pulse(self, node: SparkplugNode) -> None:
        """The broker is there, and has nothing from the node."""
        ...

    async def cut_off(self, why: str, *, gone: bool) -> None:
        """The broker is not there."""
        ...


@dataclass(slots=True, kw_only=True)
class _Watched:
    node: SparkplugNode = field(default_factory=SparkplugNode)
    listeners: list[Listener] = field(default_factory=list[Listener])
    asked_s: float = float("-inf")


class SparkplugHost:
    """Shared by the devices of one agent on one broker. Runs while anybody listens."""

    def __init__(
        self,
        *,
        broker: Broker,
        host_id: str,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._host_id = host_id
        self._clock = clock
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None

    async def listen(self, group: str, node: str, listener: Listener) -> None:
        """Hand a node's messages to a listener, until cancelled; raises what ended the session for all."""
        watched = self._watched.setdefault((group, node), _Watched())
        watched.listeners.append(listener)
        # A node that others listen to already must tell its values once more.
        watched.node.forget()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=f"sparkplug host {self._host_id}")
        elif self._client is not None:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._watch(self._client, group, node, watched)
        try:
            await asyncio.shield(self._task)
        finally:
            watched.listeners.remove(listener)
            if not any(watched.listeners for watched in self._watched.values()):
                while not self._task.done():
                    # `asyncio.wait_for` of Python 3.11, just satisfied, swallows a cancellation.
                    self._task.cancel()
                    await asyncio.wait({self._task}, timeout=CANCEL_AGAIN_S)

    def node(self, group: str, node: str) -> SparkplugNode:
        """What is known of a node."""
        return self._watched.setdefault((group, node), _Watched()).node

    async def command(
        self, group: str, node: str, device: str | None, metrics: Sequence[Metric]
    ) -> None:
        """Write metrics of a node or device; raises aiomqtt.MqttError."""
        if self._client is None:
            raise aiomqtt.MqttError("the broker is not there")
        where = topic(group, "DCMD" if device else "NCMD", node, device)
        payload = Payload(timestamp_ms=self._now_ms(), metrics=tuple(metrics))
        await self._client.publish(where, encode(payload))

    async def _run(self) -> None:
        backoff_s = RECONNECT_FIRST_S
        while True:
            started_s = self._clock.monotonic()
            why = "the broker ended the session"
            try:
                await self._session()
            except (aiomqtt.MqttError, OSError) as error:
                why = plain_fault(error)
            self._client = None
            for watched in self._watched.values():
                watched.node.forget()
                for listener in [*watched.listeners]:
                    await listener.cut_off(
                        f"broker {self._broker.host}:{self._broker.port} lost: {why}", gone=True
                    )
            if self._clock.monotonic() - started_s > RECONNECT_MAX_S:
                _log.warning("sparkplug broker lost", host_id=self._host_id, error=why)
                backoff_s = RECONNECT_FIRST_S
            await self._clock.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, RECONNECT_MAX_S)

    async def _session(self) -> None:
        born_ms = self._now_ms()
        state = state_topic(self._host_id)
        offline = aiomqtt.Will(state, _state(False, born_ms), qos=1, retain=True)
        broker = self._broker
        context = broker.context()
        if context is not None:
            await reach(broker.host, broker.port, context, within_s=TIMEOUT_S)
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            tls_context=context,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            keepalive=KEEPALIVE_S,
            timeout=TIMEOUT_S,
            max_queued_incoming_messages=QUEUE_MAX,
            will=offline,
        )
        async with client:
            try:
                await self._attend(client, state, born_ms)
            finally:
                with contextlib.suppress(aiomqtt.MqttError):
                    await client.publish(
                        state, _state(False, born_ms), qos=1, retain=True, timeout=0.5
                    )

    async def _attend(self, client: aiomqtt.Client, state: str, born_ms: int) -> None:
        """Say that we are online, ask for births, and take what comes."""
        await client.subscribe(state, qos=1)
        await client.publish(state, _state(True, born_ms), qos=1, retain=True)
        self._client = client
        for (group, node), watched in [*self._watched.items()]:
            await self._watch(client, group, node, watched)
        pulse = asyncio.create_task(self._pulse(client))
        try:
            async for message in client.messages:
                if pulse.done():
                    pulse.result()
                where = str(message.topic)
                if where == state:
                    await self._still_online(client, bytes(message.payload), born_ms)
                else:
                    await self._take(where, bytes(message.payload))
        finally:
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)

    async def _watch(
        self, client: aiomqtt.Client, group: str, node: str, watched: _Watched
    ) -> None:
        await client.subscribe(topic(group, "+", node, "#"), qos=0)
        await self._ask_for_birth(group, node, watched)

    async def _take(self, where: str, payload: bytes) -> None:
        _, group, kind, name, *device = where.split("/")
        watched = self._watched.get((group, name))
        if watched is None or kind in ("NCMD", "DCMD"):
            return
        try:
            message = decode(payload)
        except Unreadable as error:
            _log.warning("sparkplug payload unreadable", topic=where, error=str(error))
            return
        event = watched.node.take(kind, device[0] if device else None, message)
        if event is None:
            return
        for listener in [*watched.listeners]:
            await listener.told(event)
        if isinstance(event, RebirthNeeded):
            await self._ask_for_birth(group, name, watched, event.why)

    async def _ask_for_birth(self, group: str, node: str, watched: _Watched, why: str = "") -> None:
        now_s = self._clock.monotonic()
        if self._client is None or (now_s - watched.asked_s < REBIRTH_EVERY_S and why):
            return
        watched.asked_s = now_s
        if why:
            _log.warning("asking for rebirth", node=f"{group}/{node}", why=why)
        wish = Metric(name=REBIRTH, datatype=DataType.BOOLEAN, value=True)
        await self.command(group, node, None, [wish])

    async def _pulse(self, client: aiomqtt.Client) -> None:
        """Subscribe once more: the broker must answer, and may have forgotten that we listen; nobody else is disturbed."""
        while True:
            await self._clock.sleep(PULSE_S)
            try:
                await client.subscribe(state_topic(self._host_id), qos=1)
                for group, name in [*self._watched]:
                    await client.subscribe(topic(group, "+", name, "#"), qos=0)
            except aiomqtt.MqttError as error:
                for watched in self._watched.values():
                    for listener in [*watched.listeners]:
                        await listener.cut_off(f"the broker does not answer: {error}", gone=False)
                continue
            for (group, name), watched in [*self._watched.items()]:
                if not watched.node.born:
                    await self._ask_for_birth(group, name, watched, "no birth yet")
                for listener in [*watched.listeners]:
                    await listener.pulse(watched.node)

    async def _still_online(self, client: aiomqtt.Client, payload: bytes, born_ms: int) -> None:
        """A late last will of an earlier session must not leave us offline (3.0.0, 6.4.1)."""
        try:
            said: object = json.loads(payload)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, Mapping) or said.get("online") is not True:  # pyright: ignore[reportUnknownMemberType]
            await client.publish(
                state_topic(self._host_id), _state(True, born_ms), qos=1, retain=True
            )

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _state(online: bool, born_ms: int) -> str:
    return json.dumps({"online": online, "timestamp": born_ms})
