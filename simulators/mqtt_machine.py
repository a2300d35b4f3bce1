"""A machine that publishes JSON over MQTT 5: at each change and at least every second, retained (aiomqtt).

The machine trusts no broker: its counters are cumulative, so a message that is lost costs nothing but time.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime

import aiomqtt
import structlog

from device_profiles.plant import Device
from device_profiles.profile import DataType, MqttAddress
from simulators.link import LinkState
from simulators.register_image import RawValue, as_integer

REPEAT_S = 1.0
RETRY_S = 0.5
_INTEGERS = {DataType.U16, DataType.I16, DataType.U32, DataType.I32, DataType.U64, DataType.I64}
CANCELS_MAX = 50


class MqttMachine:
    """One publishing machine. `cut` and `freeze` fault its link: no message leaves it until `restore`."""

    def __init__(
        self, device: Device, *, host: str, port: int, base: str, now: Callable[[], datetime]
    ) -> None:
        self._device = device
        self._host, self._port, self._base = host, port, base
        self._now = now
        self.state = LinkState.CLEAR
        self._values: dict[str, RawValue] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._client: aiomqtt.Client | None = None
        self._log = structlog.get_logger().bind(device=device.id)

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
        """New raw values; published as soon as the link allows."""
        self._values.update(values)
        self._changed.set()

    async def cut(self) -> None:
        """Take the cable out: nothing leaves the machine."""
        self.state = LinkState.CUT
        self._open.clear()

    async def freeze(self) -> None:
        """The connection stays open, and nothing passes."""
        self.state = LinkState.FROZEN
        self._open.clear()

    async def restore(self) -> None:
        """The link is well again."""
        self.state = LinkState.CLEAR
        self._open.set()
        self._changed.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._open.wait()
                async with aiomqtt.Client(
                    self._host,
                    self._port,
                    identifier=f"sim-{self._device.id}",
                    protocol=aiomqtt.ProtocolVersion.V5,
                    keepalive=10,
                    timeout=5,
                ) as client:
                    await self._publish_for_ever(client)
            except aiomqtt.MqttError as error:
                self._log.info("broker away, trying again", error=str(error))
                await asyncio.sleep(RETRY_S)

    async def _publish_for_ever(self, client: aiomqtt.Client) -> None:
        while True:
            self._changed.clear()
            if self._open.is_set():
                for topic, document in self._documents().items():
                    payload = document if isinstance(document, str) else json.dumps(document)
                    await client.publish(f"{self._base}/{topic}", payload, qos=1, retain=True)
            try:
                async with asyncio.timeout(REPEAT_S):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _documents(self) -> dict[str, dict[str, object] | str]:
        """Topic -> JSON document, laid out as the profile's JSON paths say, or the value itself where it has none."""
        documents: dict[str, dict[str, object]] = {}
        plain: dict[str, str] = {}
        for name, value in self._values.items():
            signal = self._device.profile.signals[name]
            address = signal.address
            if not isinstance(address, MqttAddress):
                continue
            if address.json_path is None:
                plain[address.topic] = str(value).lower() if isinstance(value, bool) else str(value)
                continue
            if signal.data_type in _INTEGERS:
                value = as_integer(int(value), signal.data_type)
            document = documents.setdefault(address.topic, {})
            _place(document, address.json_path, value)
            if address.time_path:
                _place(document, address.time_path, self._now().isoformat())
        return documents | plain


def _place(document: dict[str, object], path: str, value: object) -> None:
    """Set `value` at a dotted path, making the objects on the way."""
    *above, leaf = path.split(".")
    for part in above:
        inner = document.setdefault(part, {})
        assert isinstance(inner, dict)
        document = inner  # pyright: ignore[reportUnknownVariableType]
    document[leaf] = value
