"""Sparkplug B: the metrics of a third-party edge node, or of a device behind one, as readings."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import aiomqtt

from device_profiles.broker import Broker, device_broker
from device_profiles.profile import DataType as ProfileType
from device_profiles.profile import Profile, Signal, SparkplugAddress
from device_profiles.program import Clock
from edge.decoding import RawValue, Undecodable, coerce
from edge.driver import Batch, Deliver, DriverError, Reading
from edge.sparkplug_host import SparkplugHost
from edge.sparkplug_node import Died, Event, RebirthNeeded, SparkplugNode, Told
from gateway.contract.sparkplug import DataType, Metric

WRITE_TIMEOUT_S = 3.0
TIMESTAMP_MS_MAX = 253_402_300_799_999
"""The end of the year 9999; what is beyond is no time."""
_DATATYPES = {
    ProfileType.BOOL: DataType.BOOLEAN,
    ProfileType.U16: DataType.UINT16,
    ProfileType.I16: DataType.INT16,
    ProfileType.U32: DataType.UINT32,
    ProfileType.I32: DataType.INT32,
    ProfileType.U64: DataType.UINT64,
    ProfileType.I64: DataType.INT64,
    ProfileType.F32: DataType.FLOAT,
    ProfileType.F64: DataType.DOUBLE,
    ProfileType.STRING: DataType.STRING,
}


class SparkplugHosts:
    """The host applications of one agent: one for each broker and host id."""

    def __init__(self) -> None:
        self._hosts: dict[tuple[str, int, str], SparkplugHost] = {}

    def host(
        self, endpoint: str, *, host_id: str, clock: Clock, broker: Broker | None = None
    ) -> SparkplugHost:
        """The host application for an endpoint, on the broker that it names."""
        url = urlsplit(endpoint)
        if url.hostname is None or url.port is None:
            raise ValueError("write sparkplug://host:port/group/node/device")
        host_id = parse_qs(url.query).get("host_id", [host_id])[-1]
        broker = broker or device_broker(endpoint, Broker(host="", port=0))
        key = (broker.host, broker.port, host_id)
        if key not in self._hosts:
            self._hosts[key] = SparkplugHost(broker=broker, host_id=host_id, clock=clock)
        return self._hosts[key]


class SparkplugDriver:
    """One node's own metrics, or those of one of its devices."""

    def __init__(
        self, *, endpoint: str, profile: Profile, clock: Clock, host: SparkplugHost
    ) -> None:
        steps = [unquote(step) for step in urlsplit(endpoint).path.split("/") if step]
        self._group, self._node = steps[0], steps[1]
        self._device = steps[2] if len(steps) > 2 else None
        self._profile = profile
        self._clock = clock
        self._host = host
        self._signals: dict[str, list[Signal]] = {}
        for signal in profile.signals.values():
            self._signals.setdefault(_metric_name(signal), []).append(signal)
        self._deliver: Deliver | None = None
        self._waiting: dict[str, asyncio.Queue[RawValue]] = {}

    async def run(self, deliver: Deliver) -> None:
        """Listen for ever, until cancelled."""
        self._deliver = deliver
        await self._host.listen(self._group, self._node, self)

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        """Command the metrics and wait until the node reports them."""
        node = self._host.node(self._group, self._node)
        if not node.is_alive(self._device):
            raise DriverError("The device is not connected.")
        signals = {name: self._profile.signals[name] for name in values}
        self._waiting = {name: asyncio.Queue(100) for name in values}
        metrics = [self._command(node, signals[name], value) for name, value in values.items()]
        found: dict[str, RawValue] = {}
        try:
            await self._host.command(self._group, self._node, self._device, metrics)
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                for name, value in values.items():
                    while name not in found or found[name] != value:
                        found[name] = await self._waiting[name].get()
        except TimeoutError:
            if len(found) < len(values):
                raise DriverError("The device did not report the set-points in time.") from None
        except aiomqtt.MqttError as error:
            raise DriverError(f"The device did not take the set-points: {error}") from error
        finally:
            self._waiting = {}
        return found

    async def told(self, event: Event) -> None:
        """The node said something."""
        match event:
            case Told() if event.device == self._device:
                if readings := self._readings(event):
                    await self._send(readings)
            case Died() if event.device in (None, self._device):
                gone = "the device" if event.device else "the edge node"
                await self._send((), fault=f"{gone} says it is gone", lost=True)
            case RebirthNeeded() | Told() | Died():
                pass

    async def pulse(self, node: SparkplugNode) -> None:
        """Nothing new: what the device said last still holds, as long as it is alive."""
        if node.is_alive(self._device):
            await self._send(())

    async def cut_off(self, why: str, *, gone: bool) -> None:
        """The broker is gone, and with it what the node said last; or it only leaves us without an answer."""
        await self._send((), fault=why, lost=gone)

    async def _send(
        self, readings: tuple[Reading, ...], *, fault: str | None = None, lost: bool = False
    ) -> None:
        if self._deliver is not None:
            batch = Batch(
                readings=readings,
                arrived=self._clock.now(),
                monotonic_s=self._clock.monotonic(),
                fault=fault,
                lost=lost,
            )
            await self._deliver(batch)

    def _readings(self, told: Told) -> tuple[Reading, ...]:
        found = [
            _reading(signal, metric)
            for metric in told.metrics
            for signal in self._signals.get(metric.name or "", ())
        ]
        for reading in found:
            if reading.value is not None and reading.signal in self._waiting:
                queue = self._waiting[reading.signal]
                if not queue.full():
                    queue.put_nowait(reading.value)
        if told.birth:
            named = {metric.name for metric in told.metrics}
            why = "the birth has no such metric"
            found += [
                Reading(signal=signal.name, value=None, why=why)
                for name, signals in self._signals.items()
                if name not in named
                for signal in signals
            ]
        return tuple(found)

    def _command(self, node: SparkplugNode, signal: Signal, value: RawValue) -> Metric:
        name = _metric_name(signal)
        datatype = node.datatype(self._device, name) or _DATATYPES[signal.data_type]
        return Metric(name=name, datatype=datatype, value=value)


def _reading(signal: Signal, metric: Metric) -> Reading:
    time = _time(metric.timestamp_ms)
    if metric.value is None or isinstance(metric.value, bytes):
        return Reading(signal=signal.name, value=None, source_time=time, why="no value")
    try:
        value = coerce(signal, metric.value)
    except Undecodable as error:
        return Reading(signal=signal.name, value=None, source_time=time, why=str(error))
    return Reading(
        signal=signal.name, value=value, source_time=time, historical=metric.is_historical
    )


def _time(timestamp_ms: int | None) -> datetime | None:
    if timestamp_ms is None or timestamp_ms > TIMESTAMP_MS_MAX:
        return None
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)


def _metric_name(signal: Signal) -> str:
    if not isinstance(signal.address, SparkplugAddress):
        raise ValueError(f"{signal.name} is no Sparkplug metric")
    return signal.address.metric
