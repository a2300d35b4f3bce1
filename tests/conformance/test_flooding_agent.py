"""A real broker, a real gateway: who floods it, or sends it garbage, is turned away and named; the others do not feel it."""

import asyncio
import contextlib
from pathlib import Path

import aiomqtt

from gateway.agent_limits import Rate
from gateway.contract.codec import encode
from tests.conformance.gateway_rig import (
    SITE,
    Agent,
    message,
    running_broker,
    running_gateway,
    running_server,
    until,
)

FLOOD, GARBAGE, QUIET = "edge-flood", "edge-garbage", "edge-quiet"


async def test_a_flood_and_garbage_hold_up_nobody_else(tmp_path: Path) -> None:
    with running_server() as server, running_broker(tmp_path) as broker:
        async with running_gateway(broker, server) as gateway:
            gateway.reception.limits.facts = Rate(messages_per_s=20)
            stop = asyncio.Event()
            flooding = asyncio.create_task(flood(broker.port, stop))
            turned_away = gateway.reception.turned_away
            try:
                await until(lambda: "too-fast" in turned_away.of(FLOOD), "the flood is held back")
                await Agent(broker.port, name=QUIET).deliver(200)
            finally:
                stop.set()
                await flooding
            await until(lambda: "not-json" in turned_away.of(GARBAGE), "garbage is counted")
            report = gateway.self_report.report()
    assert server.sequences(QUIET) == list(range(1, 201))
    assert QUIET not in report.turned_away
    too_fast = sum(reasons.get("too-fast", 0) for reasons in report.turned_away.values())
    assert too_fast == gateway.counters.too_fast > 0
    assert set(report.turned_away[GARBAGE]) <= {"not-json", "too-fast"}


async def flood(port: int, stop: asyncio.Event) -> None:
    """Far more than the limit of good messages from one, and of bad ones from another."""
    good = encode(message(1, 5, agent=FLOOD))
    while not stop.is_set():
        with contextlib.suppress(aiomqtt.MqttError, OSError):
            async with Agent(port, name=FLOOD).connection() as client:
                while not stop.is_set():
                    for name, payload in ((FLOOD, good), (GARBAGE, b"\xff{{{")):
                        await client.publish(f"lineside/v1/{SITE}/{name}/facts", payload, qos=0)
                    await asyncio.sleep(0.002)
