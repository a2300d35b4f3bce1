"""The uplink: sends facts in sequence within the server's credit, and again from the last acknowledgement when in doubt.

The broker is trusted with nothing. Every fact stays in the outbox until an acknowledgement says it is committed.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import aiomqtt
import msgspec
import structlog

from device_profiles.broker import Broker
from device_profiles.link_words import plain_fault
from device_profiles.program import Clock
from device_profiles.reach import reach
from edge.outbox import Outbox
from gateway.contract.codec import Malformed, decode, encode
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.topic import Topic, every_total
from gateway.contract.totals import KnownTotal
from gateway.contract.uplink import (
    CREDIT_DEFAULT,
    FACTS_PER_MESSAGE_MAX,
    MESSAGE_BYTES_MAX,
    Ack,
    AgentStatus,
    Envelope,
)

SILENCE_S = 3.0
"""Unacknowledged facts are sent again after so long without an acknowledgement."""
REWIND_AGAIN_S = 1.0
"""Every message in flight behind a gap asks for the same rewind: one is enough for so long."""
PROBE_FACTS = 400
"""Facts sent again after silence, until something is acknowledged."""
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.2, 2.0
STATUS_EVERY_S = 5.0
KEEPALIVE_S = 5
TIMEOUT_S = 2.0
"""Connecting and subscribing may take so long; a connection that dies before its CONNACK is only noticed by this."""
NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""A fact must not wait for the next one."""
_ENVELOPE_BYTES = 300

_log = structlog.get_logger(__name__)


class PackedFacts(Envelope, frozen=True, kw_only=True):
    """A FactMessage whose facts are encoded already."""

    agent: str
    outbox_epoch: int
    first_seq: int
    facts: list[msgspec.Raw]
    oldest_seq: int


class SendWindow:
    """Which facts go next. Sequence numbers only: no I/O, no clock."""

    def __init__(self, acknowledged: int) -> None:
        self.acknowledged = acknowledged
        """Everything up to here is committed by the server."""
        self.sent = acknowledged
        """Everything up to here is on the wire."""
        self._credit = CREDIT_DEFAULT
        self._rewound_to: int = -1
        self._rewound_s = 0.0

    def next_range(self, oldest: int, sendable: int) -> tuple[int, int]:
        """(first, last) to send now; nothing when last < first."""
        first = max(self.sent + 1, oldest)
        return first, min(sendable, max(self.acknowledged, oldest - 1) + self._credit)

    def take(self, ack: Ack, newest: int, now_s: float) -> str | None:
        """Take an acknowledgement of our epoch; returns what is wrong with it, for the log."""
        if ack.through > newest:
            return f"the server acknowledges {ack.through}, but {newest} is the newest fact"
        self._credit = max(1, ack.credit)
        if ack.rewind:
            if ack.through == self._rewound_to and now_s - self._rewound_s < REWIND_AGAIN_S:
                return None
            self._rewound_to, self._rewound_s = ack.through, now_s
            behind = ack.through < self.acknowledged
            self.sent = ack.through
            if behind:
                lacking = (
                    f"the server lacks facts from {ack.through + 1} on, which it had acknowledged"
                )
                return f"{lacking}; sending from the oldest that is held"
            self.acknowledged = ack.through
            return None
        self.acknowledged = max(self.acknowledged, ack.through)
        self.sent = max(self.sent, self.acknowledged)
        return None

    def silence(self) -> None:
        """Nothing was acknowledged for too long: send the first unacknowledged facts again, a few at a time."""
        self.sent = self.acknowledged
        self._credit = min(self._credit, PROBE_FACTS)

    @property
    def waiting(self) -> bool:
        """True when facts are on the wire and not acknowledged."""
        return self.sent > self.acknowledged


class Uplink:
    """One agent's connection to the broker."""

    def __init__(
        self,
        *,
        site: str,
        agent: str,
        broker: Broker,
        outbox: Outbox,
        clock: Clock,
        on_command: Callable[[JobOrderCommand], Awaitable[None]],
        on_gap: Callable[[], None] = lambda: None,
        on_total: Callable[[KnownTotal], None] = lambda _: None,
        on_listening: Callable[[], None] = lambda: None,
    ) -> None:
        self._agent = agent
        self._broker = broker
        self._outbox = outbox
        self._clock = clock
        self._on_command = on_command
        self._on_gap = on_gap
        """Told when the server found facts missing that we no longer hold."""
        self._on_total, self._on_listening = on_total, on_listening
        """Told what is known of our counters, and when the broker has begun to say so."""
        self._totals_filter = every_total(site, agent)
        self._facts_topic = str(Topic(site=site, agent=agent, channel="facts"))
        self._ack_topic = str(Topic(site=site, agent=agent, channel="ack"))
        self._command_topic = str(Topic(site=site, agent=agent, channel="command"))
        self._status_topic = str(Topic(site=site, agent=agent, channel="status"))
        self._window = SendWindow(outbox.oldest_seq - 1)
        self._wake = asyncio.Event()
        self._answered_s = clock.monotonic()
        self._sure = outbox.known_seq == 0
        """Our sequences mean to the server what they mean to us: the file is new, or the server said how far it is."""
        outbox.listen(self._wake.set)
        outbox.on_new_epoch(self._start_over)

    async def run(self) -> None:
        """Connect, send and listen for ever, until cancelled."""
        backoff_s = BACKOFF_FIRST_S
        if self._broker.tells_password_in_clear:
            _log.warning("password_in_clear", broker=self._broker.host, advice="use mqtts://")
        while True:
            connected_s = self._clock.monotonic()
            try:
                await self._session()
            except (aiomqtt.MqttError, OSError) as error:
                _log.warning("broker lost", error=plain_fault(error), backlog=self._outbox.backlog)
            if self._clock.monotonic() - connected_s > BACKOFF_MAX_S:
                backoff_s = BACKOFF_FIRST_S
            await self._clock.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    async def _session(self) -> None:
        broker = self._broker
        gone = AgentStatus(agent=self._agent, online=False, outbox_epoch=self._outbox.epoch)
        context = broker.context()
        if context is not None:
            await reach(broker.host, broker.port, context, within_s=TIMEOUT_S)
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username,
            password=broker.password,
            identifier=f"lineside-{self._agent}",
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            keepalive=KEEPALIVE_S,
            timeout=TIMEOUT_S,
            will=aiomqtt.Will(self._status_topic, encode(gone), qos=1, retain=True),
            max_queued_incoming_messages=1000,
            tls_context=context,
            socket_options=[NO_DELAY],
        )
        async with client:
            await self._subscribe(client)
            await client.subscribe(self._totals_filter, qos=1)
            self._on_listening()
            self._window.silence()
            self._answered_s = self._clock.monotonic()
            _log.info("broker connected", host=broker.host, port=broker.port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._receive(client))
                    group.create_task(self._send(client))
                    group.create_task(self._report(client))
            except* (aiomqtt.MqttError, OSError) as errors:
                raise aiomqtt.MqttError(str(errors.exceptions[0])) from errors
            finally:
                with contextlib.suppress(aiomqtt.MqttError, OSError):
                    await client.publish(self._status_topic, encode(gone), qos=0, retain=True)

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        await client.subscribe([(self._ack_topic, 1), (self._command_topic, 1)])

    async def _report(self, client: aiomqtt.Client) -> None:
        since = self._clock.now()
        while True:
            status = AgentStatus(
                agent=self._agent,
                online=True,
                since=since,
                outbox_epoch=self._outbox.epoch,
                backlog=self._outbox.backlog,
            )
            await client.publish(self._status_topic, encode(status), qos=1, retain=True)
            await self._clock.sleep(STATUS_EVERY_S)

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = bytes(message.payload)
            try:
                if str(message.topic) == self._ack_topic:
                    await self._acknowledged(decode(payload, Ack))
                elif str(message.topic) != self._command_topic:
                    self._on_total(decode(payload, KnownTotal))
                else:
                    await self._on_command(decode(payload, JobOrderCommand))
            except Malformed as error:
                _log.error("message not understood", topic=str(message.topic), error=str(error))

    def _start_over(self) -> None:
        self._window, self._sure = SendWindow(0), True
        self._wake.set()

    async def _acknowledged(self, ack: Ack) -> None:
        if ack.outbox_epoch != self._outbox.epoch:
            return
        self._answered_s = self._clock.monotonic()
        if not self._sure and ack.through > self._outbox.known_seq + 1:
            await self._outbox.begin_epoch()
            return
        self._sure = True
        if wrong := self._window.take(ack, self._outbox.last_seq, self._answered_s):
            _log.error("acknowledgement", problem=wrong)
        self._outbox.acknowledge(self._window.acknowledged)
        if ack.gap:
            _log.warning("the server lacks facts that are gone; saying all totals again")
            self._on_gap()
        self._wake.set()

    async def _send(self, client: aiomqtt.Client) -> None:
        while True:
            self._wake.clear()
            first, last = self._window.next_range(self._outbox.oldest_seq, self._sendable_seq())
            if first <= last:
                await self._send_some(client, first, last)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S / 3):
                    await self._wake.wait()
            silent_s = self._clock.monotonic() - self._answered_s
            if not self._window.waiting:
                self._answered_s = self._clock.monotonic()
            elif silent_s >= SILENCE_S:
                _log.warning(
                    "no acknowledgement, sending again", from_seq=self._window.acknowledged + 1
                )
                self._window.silence()
                self._answered_s = self._clock.monotonic()
                # A broker may be there and have forgotten that we listen: it is told again, and must answer that.
                await self._subscribe(client)

    def _sendable_seq(self) -> int:
        """Newest fact that may be sent: one new one, until we are sure of our sequences."""
        newest = self._outbox.sendable_seq
        return newest if self._sure else min(newest, self._outbox.known_seq + 1)

    async def _send_some(self, client: aiomqtt.Client, first: int, last: int) -> None:
        """Send one message of facts from `first` on."""
        facts: list[msgspec.Raw] = []
        size = _ENVELOPE_BYTES
        wanted = min(FACTS_PER_MESSAGE_MAX, last - first + 1)
        epoch = self._outbox.epoch
        self._outbox.claim(first + wanted - 1)
        for seq, fact in await self._outbox.read(first, wanted):
            size += len(fact) + 1
            if seq != first + len(facts) or (size > MESSAGE_BYTES_MAX and facts):
                break
            facts.append(msgspec.Raw(fact))
        if epoch != self._outbox.epoch:
            return  # numbered anew while it was read
        if not facts:
            if self._outbox.oldest_seq > first:
                return  # trimmed while it was read
            raise RuntimeError(f"fact {first} is not in the outbox")
        if not self._window.waiting:
            self._answered_s = self._clock.monotonic()
        self._window.sent = first + len(facts) - 1
        self._outbox.note_sent(self._window.sent)
        message = PackedFacts(
            agent=self._agent,
            outbox_epoch=epoch,
            first_seq=first,
            facts=facts,
            oldest_seq=self._outbox.oldest_seq,
        )
        await client.publish(self._facts_topic, encode(message), qos=0)
