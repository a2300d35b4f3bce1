"""A Sparkplug B edge node with one device, on a real broker."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt

from device_profiles.catalog import load_profile
from device_profiles.program import SystemClock
from edge.driver import Driver
from edge.ending import end
from edge.sparkplug_driver import SparkplugDriver, SparkplugHosts
from gateway.contract.sparkplug import (
    BD_SEQ,
    REBIRTH,
    DataType,
    Metric,
    Payload,
    decode,
    encode,
    signed,
    topic,
)
from tests.conformance.device_rigs import COUNTER, HEAD, SETPOINTS, STATES
from tests.conformance.gateway_rig import PlantBroker, free_port
from tests.conformance.tcp_proxy import TcpProxy

GROUP, NODE, DEVICE = "Works", "Gateway 1", "Press"
SPARKPLUG = f"""{HEAD}protocol: sparkplug
lost_after_s: 4
signals:
  good: {{role: good, metric: Counts/Good, type: u32, unit: pcs, {COUNTER}}}
  state: {{role: state, metric: Running, type: bool, {STATES}}}
  heat: {{role: process_value, metric: Heat, type: f32, unit: Cel}}
  target: {{role: setpoint, metric: Target, type: i32}}
{SETPOINTS}"""
KINDS = {
    "Counts/Good": DataType.UINT32,
    "Running": DataType.BOOLEAN,
    "Heat": DataType.FLOAT,
    "Target": DataType.INT32,
}
ALIASES = {name: number for number, name in enumerate(KINDS, start=10)}


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


class SparkplugNodeDevice:
    """Births, data by alias, commands answered, death by last will."""

    def __init__(self, port: int) -> None:
        self.values: dict[str, bool | int | float | None] = {
            "Counts/Good": 0,
            "Running": False,
            "Heat": 20.0,
            "Target": 0,
        }
        self.rebirths = 0
        self.seq = 0
        self.bd_seq = 0
        self._port = port
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def start(self) -> None:
        self._ready.clear()
        self._task = asyncio.create_task(self._live())
        async with asyncio.timeout(10):
            await self._ready.wait()

    async def stop(self, *, death: bool = True) -> None:
        if self._task is None:
            return
        if death and self._client is not None:
            await self.die()
        await end(self._task)
        self._task = None

    async def die(self, bd_seq: int | None = None) -> None:
        payload = Payload(metrics=(self._bd(self.bd_seq if bd_seq is None else bd_seq),))
        await self.publish("NDEATH", payload, device=None)

    async def device_dies(self) -> None:
        await self.publish("DDEATH", Payload(timestamp_ms=now_ms(), seq=self._next()))

    async def birth(self) -> None:
        self.seq = 0
        metrics = (self._bd(self.bd_seq), Metric(name=REBIRTH, datatype=11, value=False))
        payload = Payload(timestamp_ms=now_ms(), metrics=metrics, seq=self._next())
        await self.publish("NBIRTH", payload, device=None)
        await self.device_birth()

    async def device_birth(self) -> None:
        metrics = tuple(
            Metric(
                name=name,
                alias=ALIASES[name],
                timestamp_ms=now_ms(),
                datatype=KINDS[name],
                value=value,
                is_null=value is None,
            )
            for name, value in self.values.items()
        )
        payload = Payload(timestamp_ms=now_ms(), metrics=metrics, seq=self._next())
        await self.publish("DBIRTH", payload)

    async def tell(
        self, *, at_ms: int | None = None, historical: bool = False, **values: object
    ) -> None:
        """Data by alias; names with '_' for '/'."""
        metrics: list[Metric] = []
        for key, value in values.items():
            name = key.replace("_", "/")
            assert isinstance(value, bool | int | float) or value is None
            if not historical:
                self.values[name] = value
            metrics.append(
                Metric(
                    alias=ALIASES[name],
                    timestamp_ms=at_ms or now_ms(),
                    datatype=KINDS[name],
                    is_historical=historical,
                    is_null=value is None,
                    value=value,
                )
            )
        payload = Payload(timestamp_ms=now_ms(), metrics=tuple(metrics), seq=self._next())
        await self.publish("DDATA", payload)

    async def publish(self, kind: str, payload: Payload, device: str | None = DEVICE) -> None:
        if self._client is not None:
            await self._client.publish(topic(GROUP, kind, NODE, device), encode(payload))

    def lose_one(self) -> None:
        """A message that nobody gets."""
        self._next()

    def _next(self) -> int:
        seq, self.seq = self.seq, (self.seq + 1) % 256
        return seq

    def _bd(self, number: int) -> Metric:
        return Metric(name=BD_SEQ, datatype=DataType.INT64, value=number)

    async def _live(self) -> None:
        self.bd_seq = (self.bd_seq + 1) % 256
        death = encode(Payload(timestamp_ms=now_ms(), metrics=(self._bd(self.bd_seq),)))
        v5 = aiomqtt.ProtocolVersion.V5
        will = aiomqtt.Will(topic(GROUP, "NDEATH", NODE), death, qos=1)
        async with aiomqtt.Client("127.0.0.1", self._port, protocol=v5, will=will) as client:
            self._client = client
            try:
                await client.subscribe(topic(GROUP, "NCMD", NODE))
                await client.subscribe(topic(GROUP, "DCMD", NODE, DEVICE))
                await self.birth()
                self._ready.set()
                async for message in client.messages:
                    await self._obey(str(message.topic), decode(bytes(message.payload)))
            finally:
                self._client = None

    async def _obey(self, where: str, payload: Payload) -> None:
        for metric in payload.metrics:
            if "/NCMD/" in where and metric.name == REBIRTH:
                self.rebirths += 1
                await self.birth()
            elif metric.name == "Target":
                await self.tell(Target=signed(metric.value, metric.datatype))


class SparkplugRig:
    """The tiny device behind an edge node, and a host that listens through a cable."""

    carries_time = True

    def __init__(self, directory: Path) -> None:
        file = directory / "tiny.yaml"
        file.write_text(SPARKPLUG)
        self.profile = load_profile(file)
        self.broker = PlantBroker(directory=directory)
        self.link = TcpProxy(port=free_port(), target_port=self.broker.port)
        self.node = SparkplugNodeDevice(self.broker.port)

    def driver(self) -> Driver:
        endpoint = f"sparkplug://127.0.0.1:{self.link.port}/{GROUP}/{NODE}/{DEVICE}"
        clock = SystemClock()
        host = SparkplugHosts().host(endpoint, host_id="edge-1", clock=clock)
        return SparkplugDriver(endpoint=endpoint, profile=self.profile, clock=clock, host=host)

    async def start(self) -> None:
        await asyncio.to_thread(self.broker.start)
        await self.node.start()

    async def stop(self) -> None:
        await self.node.stop()
        await asyncio.to_thread(self.broker.kill)

    async def show(self, *, good: int, running: bool) -> None:
        await self.node.tell(Counts_Good=good, Running=running)

    async def spoil(self) -> None:
        await self.node.tell(Counts_Good=None)
