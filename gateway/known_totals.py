"""The counters' memory outside their agents: what each last said, retained on the bus for an agent that lost its disk.

Nothing depends on it while the agents' disks are whole. It lives in this gateway and, retained, in the broker: either may
forget it, the other says it again. A counter of which both know nothing begins a new epoch, as a new one does.
"""

from dataclasses import dataclass, field

from device_profiles.program import Clock
from gateway.admission import Rules
from gateway.contract.codec import encode
from gateway.contract.fact import CountFact
from gateway.contract.topic import totals_topic
from gateway.contract.totals import KnownTotal, known_total
from gateway.contract.uplink import SourceBatch
from gateway.uplink import Bus

PUBLISH_EVERY_S = 1.0
AT_ONCE_MAX = 200
"""Counters told in one round; of more, those that changed first come first."""


@dataclass(slots=True, kw_only=True)
class KnownTotals:
    """Listens to all facts, and tells what changed until it is cancelled."""

    site: str
    rules: Rules
    bus: Bus
    clock: Clock
    _known: dict[tuple[str, str], KnownTotal] = field(
        default_factory=dict[tuple[str, str], KnownTotal]
    )
    """Of (equipment, signal); those of the plant file, so this is bounded."""
    _untold: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])

    def see(self, batch: SourceBatch) -> None:
        """Remember the newest of each counter; a fact that comes again says nothing new."""
        for fact in batch.facts:
            if isinstance(fact, CountFact):
                self._take(fact, batch.agent)

    def reconnected(self) -> None:
        """The broker may have lost its memory: say everything again."""
        self._untold.update(dict.fromkeys(self._known))

    async def run(self) -> None:
        """Tell what changed, once a second."""
        while True:
            if self.bus.connected:
                await self._tell()
            await self.clock.sleep(PUBLISH_EVERY_S)

    def _take(self, fact: CountFact, agent: str) -> None:
        key = (fact.equipment, fact.signal)
        rule = self.rules.signals.get(key)
        if rule is None or rule.agent != agent:
            return
        before = self._known.get(key)
        if before is not None and (before.epoch, before.total) > (fact.epoch, fact.total):
            return
        self._known[key] = known_total(fact)
        self._untold[key] = None

    async def _tell(self) -> None:
        for key in [*self._untold][:AT_ONCE_MAX]:
            self._untold.pop(key)
            known = self._known[key]
            topic = totals_topic(self.site, self.rules.signals[key].agent, *key)
            if not await self.bus.publish(topic, encode(known), retain=True):
                self._untold[key] = None
                return
