"""MQTT: a device that publishes JSON, or plain values, on topics below its base topic."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiomqtt
import structlog

from device_profiles.broker import Broker, device_broker
from device_profiles.link_words import plain_fault
from device_profiles.profile import CounterKind, MqttAddress, Profile, Signal
from device_profiles.program import Clock
from device_profiles.reach import reach
from edge.decoding import JsonPath, Missing, RawValue, Undecodable, at_path, coerce, json_path
from edge.driver import Batch, Deliver, DriverError, Reading

RECONNECT_FIRST_S, RECONNECT_MAX_S = 0.2, 1.0
KEEPALIVE_S = 5
TIMEOUT_S = 2.0
"""Connecting and subscribing may take so long; a connection that dies before its CONNACK is only noticed by this."""
QUEUE_MAX = 10_000
WRITE_TIMEOUT_S = 3.0

_log = structlog.get_logger(__name__)


class MqttDriver:
    """One device behind one base topic."""

    def __init__(
        self,
        *,
        endpoint: str,
        profile: Profile,
        clock: Clock,
        broker: Broker | None = None,
    ) -> None:
        url = urlsplit(endpoint)
        if url.hostname is None or url.port is None:
            raise ValueError("write mqtt://host:port/base/topic")
        self._broker = broker or device_broker(endpoint, Broker(host="", port=0))
        self._base = url.path.strip("/")
        self._partial = profile.mqtt_partial
        self._clock = clock
        self._client: aiomqtt.Client | None = None
        self._signals: dict[str, list[_Path]] = {}
        self._by_name: dict[str, _Path] = {}
        self._read_back: dict[str, asyncio.Future[RawValue]] = {}
        for signal in profile.signals.values():
            path = _Path(signal)
            self._signals.setdefault(f"{self._base}/{path.topic}", []).append(path)
            self._by_name[signal.name] = path

    async def run(self, deliver: Deliver) -> None:
        """Listen for ever, until cancelled."""
        backoff_s = RECONNECT_FIRST_S
        while True:
            connected_s = self._clock.monotonic()
            why = "the broker ended the connection"
            try:
                await self._session(deliver)
            except (aiomqtt.MqttError, OSError) as error:
                why = plain_fault(error)
            finally:
                self._client = None
            _log.warning("device broker lost", topic=self._base, error=why)
            # What the device says from now on is not heard, and not kept for us: what it said last need not be true.
            await deliver(self._batch((), fault=f"broker lost: {why}"))
            if self._clock.monotonic() - connected_s > RECONNECT_MAX_S:
                backoff_s = RECONNECT_FIRST_S
            await self._clock.sleep(backoff_s)
            backoff_s = min(2 * backoff_s, RECONNECT_MAX_S)

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        """Publish each value on its signal's topic and wait until the device publishes it in turn on `<topic>`."""
        client = self._client
        if client is None:
            raise DriverError("The device is not connected.")
        loop = asyncio.get_running_loop()
        waiting = {name: loop.create_future() for name in values}
        self._read_back.update(waiting)
        try:
            for name, value in values.items():
                topic = f"{self._base}/{self._by_name[name].topic}/set"
                await client.publish(topic, json.dumps(value), qos=1)
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                return {name: await future for name, future in waiting.items()}
        except (TimeoutError, aiomqtt.MqttError) as error:
            raise DriverError("The device did not confirm the set-points in time.") from error
        finally:
            for name in values:
                self._read_back.pop(name, None)

    async def _session(self, deliver: Deliver) -> None:
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
        )
        async with client:
            await client.subscribe([(topic, 1) for topic in self._signals])
            self._client = client
            async for message in client.messages:
                readings = self._decode(
                    str(message.topic), bytes(message.payload), retained=bool(message.retain)
                )
                if readings:
                    await deliver(self._batch(readings))

    def _batch(self, readings: tuple[Reading, ...], *, fault: str | None = None) -> Batch:
        return Batch(
            readings=readings,
            arrived=self._clock.now(),
            monotonic_s=self._clock.monotonic(),
            fault=fault,
            lost=fault is not None,
        )

    def _decode(self, topic: str, payload: bytes, *, retained: bool = False) -> tuple[Reading, ...]:
        """The readings in one message; values that are missing or wrong come as bad ones.

        A retained message is an old one: what it says of a cycle was said, and counted, before.
        """
        paths = [path for path in self._signals.get(topic, []) if not (retained and path.once)]
        try:
            text = payload.decode()
            document: object = json.loads(text) if any(path.is_json for path in paths) else text
        except (ValueError, RecursionError) as error:
            why = f"the message cannot be read: {error}"
            return tuple(Reading(signal=path.signal.name, value=None, why=why) for path in paths)
        found = [path.reading(document, partial=self._partial) for path in paths]
        readings = tuple(reading for reading in found if reading is not None)
        for reading in readings:
            future = self._read_back.get(reading.signal)
            if future is not None and not future.done() and reading.value is not None:
                future.set_result(reading.value)
        return readings


class _Path:
    """Where one signal lies in the messages of a topic."""

    def __init__(self, signal: Signal) -> None:
        if not isinstance(signal.address, MqttAddress):
            raise ValueError(f"{signal.name} is not an MQTT signal")
        self.signal = signal
        self.topic = signal.address.topic.strip("/")
        self._value: JsonPath = json_path(signal.address.json_path or "")
        self._time: JsonPath = json_path(signal.address.time_path or "")
        self.is_json = bool(self._value or self._time)
        counter = signal.counter
        self.once = counter is not None and counter.kind is CounterKind.PER_CYCLE

    def reading(self, document: object, *, partial: bool) -> Reading | None:
        """This signal's reading in a message; None when a partial message does not speak of it."""
        value: RawValue | None = None
        why: str | None = None
        try:
            value = coerce(self.signal, at_path(document, self._value))
        except Missing as error:
            if partial:
                return None
            why = str(error)
        except Undecodable as error:
            why = str(error)
        time = self._source_time(document)
        return Reading(signal=self.signal.name, value=value, source_time=time, why=why)

    def _source_time(self, document: object) -> datetime | None:
        if not self._time:
            return None
        try:
            said = at_path(document, self._time)
            if isinstance(said, int | float):
                return datetime.fromtimestamp(said, UTC)
            found = datetime.fromisoformat(str(said))
        except (ValueError, OverflowError, OSError, Undecodable):
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)
