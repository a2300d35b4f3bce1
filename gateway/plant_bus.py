"""The plant's bus: an MQTT 5 connection that is kept up whatever the broker does."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

import aiomqtt
import structlog
from paho.mqtt.subscribeoptions import SubscribeOptions

from device_profiles.broker import Broker
from device_profiles.link_words import plain_fault
from device_profiles.program import Clock
from device_profiles.reach import reach
from gateway.counters import Complaints, Counters

INCOMING_MAX = 10_000
"""Messages the library may hold while the event loop is busy; beyond that it leaves them out."""
PAYLOAD_MAX = 20_000
"""Bytes we publish at most in one message; rumqttd disconnects a client that sends more than 20,480."""
BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 2.0
TIMEOUT_S = 1.5
KEEP_ALIVE_S = 5
RENEW_EVERY_S = 5.0
"""How often the broker is told again that we listen."""
CANCEL_AGAIN_S = 0.2
NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Small packets go out at once; otherwise an acknowledgement waits 40 ms for company."""

OnMessage = Callable[[str, bytes], None]
"""Takes topic and payload; must not fail."""
OnConnected = tuple[Callable[[], None], ...]
"""Told, in this order, whenever a connection stands."""


class PlantBus:
    """Subscribes to `filters`, hands every message on, and publishes while it is connected."""

    def __init__(
        self,
        *,
        address: Broker,
        client_id: str,
        filters: tuple[str, ...],
        counters: Counters,
        complaints: Complaints,
        clock: Clock,
        will: Callable[[], aiomqtt.Will] | None = None,
    ) -> None:
        """`will` is asked at each attempt to connect."""
        self._address = address
        self._client_id = client_id
        self._filters = filters
        self._counters = counters
        self._complaints = complaints
        self._clock = clock
        self._will = will
        self._client: aiomqtt.Client | None = None
        self._name = f"{address.host}:{address.port}"

    @property
    def connected(self) -> bool:
        """Whether messages can be published now."""
        return self._client is not None

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> bool:
        """Publish; False (and counted) when there is no connection or the broker did not take it in time."""
        client = self._client
        if client is not None and len(payload) <= PAYLOAD_MAX:
            try:
                await client.publish(topic, payload, qos=qos, retain=retain)
            except (aiomqtt.MqttError, OSError, ValueError, RuntimeError) as error:
                self._complaints.say("publish_failed", topic=topic, why=str(error))
            else:
                return True
        self._counters.unpublished += 1
        return False

    async def run(self, on_message: OnMessage, on_connected: OnConnected) -> None:
        """Stay connected until cancelled; waits 0.2 to 2 s between attempts."""
        backoff_s = BACKOFF_FIRST_S
        while True:
            try:
                await self._stay_connected(on_message, on_connected)
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                if self._client is not None:
                    backoff_s = BACKOFF_FIRST_S
                self._complaints.say(
                    "no_bus", broker=self._name, why=plain_fault(error), again_in_s=backoff_s
                )
            finally:
                self._client = None
            self._counters.reconnects += 1
            await self._clock.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, BACKOFF_MAX_S)

    async def _stay_connected(self, on_message: OnMessage, on_connected: OnConnected) -> None:
        context = self._address.context()
        # Fail early where nobody listens or the certificate is wrong; the library would hang or leak then.
        await reach(self._address.host, self._address.port, context, within_s=TIMEOUT_S)
        client = self._new_client(context)
        try:
            async with client:
                await self._serve(client, on_message, on_connected)
        except aiomqtt.MqttError:
            # A broker that took the connection and never answered must not find it open when it wakes up.
            with contextlib.suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)
            raise

    async def _serve(
        self, client: aiomqtt.Client, on_message: OnMessage, on_connected: OnConnected
    ) -> None:
        for topic_filter in self._filters:
            await client.subscribe(topic_filter, qos=1)
        self._client = client
        structlog.get_logger().info("bus_connected", broker=self._name)
        for tell in on_connected:
            tell()
        renewing = asyncio.create_task(self._renew(client))
        try:
            async for message in client.messages:
                on_message(message.topic.value, message.payload)
        finally:
            while not renewing.done():
                # `asyncio.wait_for` of Python 3.11, just satisfied, swallows a cancellation.
                renewing.cancel()
                await asyncio.wait({renewing}, timeout=CANCEL_AGAIN_S)

    async def _renew(self, client: aiomqtt.Client) -> None:
        """Subscribe again and again: a broker may be there and have forgotten that we listen."""
        only_if_new = SubscribeOptions(
            qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        )
        while True:
            await self._clock.sleep(RENEW_EVERY_S)
            try:
                for topic_filter in self._filters:
                    await client.subscribe(topic_filter, options=only_if_new)
            except aiomqtt.MqttError as error:
                self._complaints.say("subscription_not_renewed", why=plain_fault(error))

    def _new_client(self, context: ssl.SSLContext | None) -> aiomqtt.Client:
        address = self._address
        return aiomqtt.Client(
            address.host,
            address.port,
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            username=address.username,
            password=address.password,
            will=self._will() if self._will else None,
            timeout=TIMEOUT_S,
            keepalive=KEEP_ALIVE_S,
            max_queued_incoming_messages=INCOMING_MAX,
            tls_context=context,
            socket_options=[NO_DELAY],
        )
