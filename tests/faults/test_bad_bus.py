"""A bus that loses, repeats and shuffles messages in both directions changes nothing but the time it takes."""

import asyncio
import random
from decimal import Decimal
from pathlib import Path

import aiomqtt
import pytest

from edge.ending import end
from tests.conformance.gateway_rig import SITE, running_broker
from tests.faults.books import check_books
from tests.faults.fault_rig import running_wire

RESIN, MASTERBATCH = Decimal("12.5"), Decimal("1.25")
GATHER_S = 0.25

LOSE_EACH = 12
"""One message in so many is lost."""


class BadBridge:
    """Carries messages of some channels from one broker to another, badly."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._held: list[tuple[str, bytes]] = []
        self._seen = 0
        self.lost = self.repeated = self.shuffled = 0

    async def carry(self, source: int, target: int, *channels: str) -> None:
        """Until cancelled."""
        async with _client(source) as taking, _client(target) as giving:
            for channel in channels:
                await taking.subscribe(f"lineside/v1/{SITE}/+/{channel}", qos=1)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._give(giving))
                async for message in taking.messages:
                    self._held.append((message.topic.value, bytes(message.payload)))

    async def _give(self, giving: aiomqtt.Client) -> None:
        while True:
            await asyncio.sleep(GATHER_S)
            taken, self._held = self._held, []
            numbered = list(enumerate(taken, start=self._seen))
            self._seen += len(taken)
            kept = [message for number, message in numbered if number % LOSE_EACH != 3]
            again = [message for message in kept if self._rng.random() < 0.2]
            sent = [*again, *reversed(kept)]
            self.lost += len(taken) - len(kept)
            self.repeated += len(again)
            self.shuffled += len(kept) > 1
            for topic, payload in sent:
                await giving.publish(topic, payload, qos=1)


def _client(port: int) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5)


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_messages_lost_repeated_and_shuffled_on_the_bus_are_booked_once(
    tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "edge-bus").mkdir()
    rng = random.Random(5)
    totals = {"good": 2_000, "scrap": 90, "weighed": {"resin": RESIN, "masterbatch": MASTERBATCH}}
    with running_broker(tmp_path / "edge-bus") as edge_broker:
        async with running_wire(
            tmp_path, database_url, seed=5, edge_broker=edge_broker, facts_per_s=1000, **totals
        ) as wire:
            up, down = BadBridge(rng), BadBridge(rng)
            bridges = [
                asyncio.create_task(
                    up.carry(edge_broker.port, wire.broker.port, "facts", "status")
                ),
                asyncio.create_task(
                    down.carry(wire.broker.port, edge_broker.port, "ack", "command")
                ),
            ]
            try:
                await wire.drained()
            finally:
                await end(*bridges)
            check_books(wire, good=2_000, scrap=90, resin=RESIN, masterbatch=MASTERBATCH)
            assert min(up.lost, up.repeated, up.shuffled) > 0
