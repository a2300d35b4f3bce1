"""A Sparkplug B edge node with one machine, or a machine as a device behind a node (aiomqtt).

Births, data by alias when something changes, an answer to Node Control/Rebirth, and its death as last will.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import unquote

import aiomqtt
import structlog

from device_profiles.profile import DataType, Profile, SparkplugAddress
from gateway.contract.sparkplug import (
    BD_SEQ,
    REBIRTH,
    Metric,
    Payload,
    Unreadable,
    decode,
    encode,
    topic,
)
from gateway.contract.sparkplug import DataType as Kind
from simulators.register_image import RawValue, as_integer

RETRY_S = 0.5
CANCELS_MAX = 50
_KINDS = {
    DataType.BOOL: Kind.BOOLEAN,
    DataType.U16: Kind.UINT16,
    DataType.I16: Kind.INT16,
    DataType.U32: Kind.UINT32,
    DataType.I32: Kind.INT32,
    DataType.U64: Kind.UINT64,
    DataType.I64: Kind.INT64,
    DataType.F32: Kind.FLOAT,
    DataType.F64: Kind.DOUBLE,
    DataType.STRING: Kind.STRING,
}
_WHOLE = {DataType.U16, DataType.I16, DataType.U32, DataType.I32, DataType.U64, DataType.I64}


class SparkplugMachine:
    """One node with the metrics of a profile, on the node itself or on a device behind it."""

    def __init__(
        self,
        profile: Profile,
        *,
        host: str,
        port: int,
        path: tuple[str, str] | tuple[str, str, str],
        now: Callable[[], datetime],
    ) -> None:
        """`path`: group, node, and the device if it has one."""
        self._host, self._port, self._now = host, port, now
        self._group, self._node, *device = path
        self._device = device[0] if device else None
        self._metrics = {
            signal.name: (signal.address.metric, alias, signal.data_type)
            for alias, signal in enumerate(profile.signals.values(), start=1)
            if isinstance(signal.address, SparkplugAddress)
        }
        self._values: dict[str, RawValue] = {}
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._wished = False
        self._seq = self._bd_seq = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to publish; a broker that is away is tried again for ever."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Publish no more."""
        if self._task is not None:
            for _ in range(CANCELS_MAX):  # `wait_for` of Python 3.11, just satisfied, swallows one
                self._task.cancel()
                if (await asyncio.wait([self._task], timeout=0.2))[0]:
                    break

    async def show(self, values: Mapping[str, RawValue]) -> None:
        """New raw values; published as soon as the connection stands."""
        self._values.update(values)
        self._changed.update(name for name in values if name in self._metrics)
        self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._live()
            except aiomqtt.MqttError as error:
                structlog.get_logger().info("broker away, trying again", error=str(error))
                await asyncio.sleep(RETRY_S)

    async def _live(self) -> None:
        """One life: its last will, its births, what changes."""
        self._bd_seq = (self._bd_seq + 1) % 256
        death = encode(Payload(timestamp_ms=self._now_ms(), metrics=(self._bd(),)))
        will = aiomqtt.Will(topic(self._group, "NDEATH", self._node), death, qos=1)
        async with aiomqtt.Client(
            self._host,
            self._port,
            protocol=aiomqtt.ProtocolVersion.V5,
            keepalive=10,
            timeout=5,
            will=will,
        ) as client:
            await client.subscribe(topic(self._group, "NCMD", self._node), qos=1)
            listening = asyncio.create_task(self._listen(client))
            try:
                await self._tell(client, listening)
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
                with contextlib.suppress(aiomqtt.MqttError):
                    await client.publish(will.topic, death, qos=1, timeout=0.5)

    async def _tell(self, client: aiomqtt.Client, listening: asyncio.Task[None]) -> None:
        await self._births(client)
        while True:
            await self._wake.wait()
            self._wake.clear()
            if listening.done():
                listening.result()
            if self._wished:
                self._wished = False
                await self._births(client)
            elif self._changed:
                some, self._changed = self._changed, set()
                metrics = tuple(self._metric(name, born=True) for name in sorted(some))
                await self._say(client, "DDATA" if self._device else "NDATA", metrics)

    async def _births(self, client: aiomqtt.Client) -> None:
        self._seq = 0
        self._changed.clear()
        all_of_it = tuple(self._metric(name, born=False) for name in self._metrics)
        own = (self._bd(), Metric(name=REBIRTH, datatype=Kind.BOOLEAN, value=False))
        if self._device is None:
            await self._say(client, "NBIRTH", own + all_of_it)
            return
        await self._say(client, "NBIRTH", own, of_node=True)
        await self._say(client, "DBIRTH", all_of_it)

    async def _say(
        self,
        client: aiomqtt.Client,
        kind: str,
        metrics: tuple[Metric, ...],
        *,
        of_node: bool = False,
    ) -> None:
        seq, self._seq = self._seq, (self._seq + 1) % 256
        payload = Payload(timestamp_ms=self._now_ms(), metrics=metrics, seq=seq)
        where = topic(self._group, kind, self._node, None if of_node else self._device)
        await client.publish(where, encode(payload))

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            with contextlib.suppress(Unreadable):
                wishes = decode(bytes(message.payload)).metrics
                if any(wish.name == REBIRTH and wish.value is True for wish in wishes):
                    self._wished = True
                    self._wake.set()

    def _metric(self, name: str, *, born: bool) -> Metric:
        metric, alias, data_type = self._metrics[name]
        value = self._values.get(name)
        if value is not None and data_type in _WHOLE:
            value = as_integer(int(value), data_type)
        return Metric(
            name=None if born else metric,
            alias=alias,
            timestamp_ms=self._now_ms(),
            datatype=_KINDS[data_type],
            is_null=value is None,
            value=value,
        )

    def _bd(self) -> Metric:
        return Metric(name=BD_SEQ, datatype=Kind.INT64, value=self._bd_seq)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def node_path(path: str) -> tuple[str, str] | tuple[str, str, str]:
    """Group, node and perhaps device of an endpoint's path; ValueError for any other."""
    match [unquote(step) for step in path.split("/") if step]:
        case [group, node]:
            return group, node
        case [group, node, device]:
            return group, node, device
        case _:
            raise ValueError("write sparkplug://host:1883/group/node or …/group/node/device")
