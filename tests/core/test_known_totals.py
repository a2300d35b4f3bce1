"""The counters' memory beside their agents: the newest of each, told again to a broker that forgot."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from device_profiles.catalog import builtin_plant, load_plant
from edge.ending import end
from gateway.admission import rules_of
from gateway.contract.codec import decode
from gateway.contract.fact import AnyFact, Cause, CountFact
from gateway.contract.totals import KnownTotal
from gateway.contract.uplink import SourceBatch
from gateway.known_totals import KnownTotals
from tests.core.gateway_fakes import NOW, ManualClock

SITE, AGENT, UNIT = "kettle-works", "edge-moulding", "kettle-works/moulding/M1/IMM1"
WHERE = f"lineside/v1/{SITE}/{AGENT}/totals/moulding:M1:IMM1:good"


@dataclass
class Broker:
    """Keeps what is retained, while it is there."""

    retained: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    connected: bool = True
    takes: bool = True

    async def publish(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False
    ) -> bool:
        assert retain
        if self.takes:
            self.retained.setdefault(topic, []).append(decode(payload, KnownTotal).total)
        return self.takes


def count(total: int, *, signal: str = "good", epoch: int = 1) -> CountFact:
    return CountFact(
        equipment=UNIT,
        signal=signal,
        at=NOW,
        arrived=NOW,
        epoch=epoch,
        total=total,
        delta=1,
        raw=total + 5_000,
        cause=Cause.STEP,
    )


def batch(*facts: AnyFact, agent: str = AGENT) -> SourceBatch:
    return SourceBatch(agent=agent, outbox_epoch=1, first_seq=1, facts=[*facts])


async def test_the_newest_of_each_counter_is_told_and_told_again_when_the_broker_is_back() -> None:
    broker = Broker()
    known = KnownTotals(
        site=SITE, rules=rules_of(load_plant(builtin_plant(SITE))), bus=broker, clock=ManualClock()
    )
    known.see(batch(count(7), count(9), count(8)))  # 8 came a second time
    known.see(batch(count(500), agent="edge-assembly"))  # not its counter
    known.see(batch(count(1, signal="nobody knows it")))
    running = asyncio.create_task(known.run())
    try:
        await _holds(lambda: broker.retained == {WHERE: [9]})
        broker.takes = False
        known.see(batch(count(1, epoch=2)))
        await asyncio.sleep(0)
        broker.takes = True
        await _holds(lambda: broker.retained == {WHERE: [9, 1]})
        known.reconnected()
        await _holds(lambda: broker.retained == {WHERE: [9, 1, 1]})
    finally:
        await end(running)


async def _holds(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)
