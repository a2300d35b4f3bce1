"""A gateway that is told to stop stops, whatever its links are doing."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from device_profiles.broker import Broker
from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.program import SystemClock
from edge.ending import end
from gateway.compose import Config, compose
from tests.conformance.gateway_rig import SITE, free_port, running_broker, until
from tests.conformance.tcp_proxy import TcpProxy

STOPS_WITHIN_S = 8.0


@pytest.mark.parametrize("broken", ["frozen", "cut", "away"])
async def test_it_stops_although_its_broker_does_not_answer(tmp_path: Path, broken: str) -> None:
    with running_broker(tmp_path) as broker:
        port = free_port()
        link = TcpProxy(port=port, target_port=broker.port)
        await link.start()
        config = Config(
            name="gate",
            plant=load_plant(builtin_plant(SITE)),
            bus=Broker(host="127.0.0.1", port=port),
            server_url=f"http://127.0.0.1:{free_port()}",
            token="gate",
        )
        gateway, stop = compose(config, SystemClock()), asyncio.Event()
        work = asyncio.create_task(gateway.run(stop))
        try:
            await until(lambda: gateway.bus.connected, "the gateway is connected")
            match broken:
                case "frozen":
                    await link.freeze()
                case "cut":
                    await link.cut()
                case _:
                    broker.kill()
            stop.set()
            await asyncio.wait([work], timeout=STOPS_WITHIN_S)
            assert work.done(), "the gateway goes on although it was told to stop"
        finally:
            await link.restore()
            await end(work)
            await link.stop()


@dataclass
class Swallowing:
    """A part whose library loses the first cancellation, as `asyncio.wait_for` of Python 3.11 may."""

    begun: asyncio.Event

    async def run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            self.begun.set()
            await asyncio.Event().wait()
        await asyncio.Event().wait()


async def test_it_stops_although_a_cancellation_is_lost() -> None:
    config = Config(
        name="gate",
        plant=load_plant(builtin_plant(SITE)),
        bus=Broker(host="127.0.0.1", port=free_port()),
        server_url=f"http://127.0.0.1:{free_port()}",
        token="gate",
    )
    swallowing: Any = Swallowing(begun=asyncio.Event())
    gateway, stop = replace(compose(config, SystemClock()), downlink=swallowing), asyncio.Event()
    work = asyncio.create_task(gateway.run(stop))
    await swallowing.begun.wait()
    stop.set()
    await asyncio.wait([work], timeout=STOPS_WITHIN_S)
    ended = work.done()
    await end(work)
    assert ended, "the gateway goes on although it was told to stop"
