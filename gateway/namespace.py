"""The unified namespace northbound: the plant's live values as retained JSON on ISA-95 paths.

`lineside/uns/{site}/{area}/{line}/{unit}/{signal}` carries `{"value", "unit", "quality", "at"}`; counts and weighings add
`.../{signal}/rate` per minute, and `.../{unit}/order` is the order that runs there. Silence is not a value: what was never heard, or whose agent or device is lost, has the
quality `unknown` and no value; `lineside/uns/{site}/_gateway/{name}` says whether the gateway itself is there. Each topic is published at most twice a
second, the latest value wins; where more than SIGNALS_PER_ROUND_MAX change that often, they take turns, longest waiting
first, so that the facts' own way is never crowded out.
"""

import asyncio
from dataclasses import dataclass

import msgspec

from device_profiles.program import Clock
from gateway.live_view import ROOT, LiveValue, LiveView
from gateway.uplink import Bus

PUBLISH_EVERY_S = 0.5
AT_ONCE = 10
"""Topics handed to the broker together; of more at a time the library complains."""

PRESENT = b'{"online":true}'
ABSENT = b'{"online":false}'


@dataclass(slots=True, kw_only=True)
class Namespace:
    """Publishes a live view until it is cancelled, and says on `presence` whether anybody does."""

    view: LiveView
    bus: Bus
    presence: str
    clock: Clock
    _announced: bool = False

    async def run(self) -> None:
        """Publish what changed, twice a second; what the broker did not take is published again later."""
        while True:
            if self.bus.connected:
                await self._publish_changes()
            await self.clock.sleep(PUBLISH_EVERY_S)

    def reconnected(self) -> None:
        """The broker may have lost its memory: say everything again."""
        self._announced = False
        self.view.nobody_is_heard()
        self.view.everything_changed()

    async def leave(self) -> None:
        """Say that the values are not kept up to date any more."""
        if self.bus.connected:
            await self.bus.publish(self.presence, ABSENT, retain=True)

    async def _publish_changes(self) -> None:
        if not self._announced:
            self._announced = await self.bus.publish(self.presence, PRESENT, retain=True)
        changes = self.view.changes(self.clock.now())
        for first in range(0, len(changes), AT_ONCE):
            some = changes[first : first + AT_ONCE]
            if not all(await asyncio.gather(*[self._publish(*change) for change in some])):
                self.view.everything_changed()
                return

    async def _publish(self, topic: str, value: LiveValue) -> bool:
        return await self.bus.publish(topic, msgspec.json.encode(value), retain=True)


def presence_topic(site: str, gateway: str) -> str:
    """Where a gateway says whether it is there; no equipment path can begin with `_`."""
    return f"{ROOT}/{site}/_gateway/{gateway}"
