"""The unified namespace northbound: the plant's live values as retained JSON on ISA-95 paths.

`lineside/uns/{site}/{area}/{line}/{unit}/{signal}` carries `{"value", "unit", "quality", "at"}`; counts and weighings add
`.../{signal}/rate` per minute. Silence is not a value: what was never heard, or whose agent or device is lost, has the
quality `unknown` and no value; `lineside/uns/{site}/_gateway/{name}` says whether the gateway itself is there. Each topic is published at most twice a
second, the latest value wins; where more than SIGNALS_PER_ROUND_MAX change that often, they take turns, longest waiting
first, so that the facts' own way is never crowded out.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from device_profiles.program import Clock
from gateway.admission import Rules, SignalRule
from gateway.contract.fact import (
    AnyFact,
    CountFact,
    JobAnswerFact,
    MeasurementFact,
    Quality,
    StateFact,
    WeightFact,
)
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import AgentStatus, SourceBatch
from gateway.uplink import Bus

ROOT = "lineside/uns"
PUBLISH_EVERY_S = 0.5
SIGNALS_PER_ROUND_MAX = 125
"""Signals published in one round; the others wait for the next ones."""
AT_ONCE = 10
"""Topics handed to the broker together; of more at a time the library complains."""
RATE_WINDOW = timedelta(minutes=1)
RATE_BIN = timedelta(seconds=1)
"""Steps of one such span are kept as one sum: at most a minute's worth of them, however fast a signal is."""

PRESENT = b'{"online":true}'
ABSENT = b'{"online":false}'

Key = tuple[str, str]
"""Equipment path and signal name."""


class LiveValue(msgspec.Struct, frozen=True, kw_only=True):
    """What one topic says."""

    value: float | str | None
    unit: str
    quality: str
    """good, uncertain, or unknown."""
    at: datetime | None
    """Machine time of the last value heard."""


@dataclass(slots=True, kw_only=True)
class _Live:
    """One signal as last heard."""

    rule: SignalRule
    value: float | str | None = None
    quality: str = "unknown"
    at: datetime | None = None
    place: tuple[int, int] = (0, 0)
    """Outbox epoch and sequence of the last value: a fact that is sent again is no news."""
    arrived: datetime | None = None
    """When the agent heard it, by the agent's clock."""
    steps: deque[tuple[datetime, float]] | None = None
    """(machine time of the first step in a bin, their sum): only for counts and weighings."""


@dataclass(slots=True, kw_only=True)
class LiveView:
    """The plant's last values, and which topics have changed. Pure."""

    rules: Rules
    _live: dict[Key, _Live] = field(default_factory=dict[Key, _Live])
    _dirty: dict[Key, bool] = field(default_factory=dict[Key, bool])
    """What waits to be published, longest first; False where only the rate has changed."""
    _known_agents: set[str] = field(default_factory=set[str])
    """Of the plant file; what others say of themselves is not kept."""
    _offline: set[str] = field(default_factory=set[str])
    _lost: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self._known_agents = {rule.agent for rule in self.rules.signals.values()}
        self._live = {key: _Live(rule=rule) for key, rule in self.rules.signals.items()}
        self.everything_changed()

    def everything_changed(self) -> None:
        """Publish all topics anew, e.g. to a broker that lost its memory."""
        self._dirty = dict.fromkeys(self._live, True)

    def see(self, batch: SourceBatch) -> None:
        """Take the plausible facts of a batch."""
        quarantined = {verdict.seq for verdict in batch.quarantined}
        for seq, fact in enumerate(batch.facts, start=batch.first_seq):
            key = (fact.equipment, fact.signal)
            live = self._live.get(key)
            if live is None or seq in quarantined or fact.quality is Quality.QUARANTINED:
                continue
            if _is_news(live, fact, (batch.outbox_epoch, seq)):
                live.place = (batch.outbox_epoch, seq)
                self._update(live, fact)
                self._dirty[key] = True

    def agent(self, status: AgentStatus) -> None:
        """An agent came or went."""
        if status.agent not in self._known_agents:
            return
        changed = (status.agent in self._offline) == status.online
        if status.online:
            self._offline.discard(status.agent)
        else:
            self._offline.add(status.agent)
        if changed:
            self._dirty |= {
                key: True for key, live in self._live.items() if live.rule.agent == status.agent
            }

    def changes(
        self, now: datetime, signals_max: int = SIGNALS_PER_ROUND_MAX
    ) -> list[tuple[str, LiveValue]]:
        """Topics and values to publish now, of so many signals; rates that run down count as changes."""
        for key, live in self._live.items():
            if live.steps and _forget(live.steps, now):
                self._dirty.setdefault(key, False)
        changed: list[tuple[str, LiveValue]] = []
        for key in [*islice(self._dirty, signals_max)]:
            live, topic = self._live[key], f"{ROOT}/{key[0]}/{key[1]}"
            if self._dirty.pop(key):
                changed.append((topic, self._value(live)))
            if live.steps is not None:
                changed.append((f"{topic}/rate", self._rate(live, live.steps)))
        return changed

    def _update(self, live: _Live, fact: AnyFact) -> None:
        if live.steps and live.at is not None and fact.at < live.at:
            live.steps.clear()  # a clock was set back: the window begins anew
        live.at, live.arrived, live.quality = fact.at, fact.arrived, fact.quality.value
        match fact:
            case CountFact() | WeightFact():
                live.value = float(fact.total)
                live.steps = deque() if live.steps is None else live.steps
                if fact.since is None or fact.at - fact.since <= RATE_WINDOW:
                    _add(live.steps, fact.at, float(fact.delta))
            case StateFact():
                live.value = fact.state.value
                self._device(live.rule.device, lost=fact.state is EquipmentState.UNKNOWN)
            case MeasurementFact():
                live.value = fact.value
            case JobAnswerFact():
                live.value = "accepted" if fact.accepted else "refused"

    def _device(self, device: str, *, lost: bool) -> None:
        """A device whose state is unknown is not heard, so its other signals are not known either."""
        if (device in self._lost) == lost:
            return
        self._lost ^= {device}
        self._dirty |= {key: True for key, live in self._live.items() if live.rule.device == device}

    def _is_known(self, live: _Live) -> bool:
        return (
            live.at is not None
            and live.rule.agent not in self._offline
            and live.rule.device not in self._lost
        )

    def _value(self, live: _Live) -> LiveValue:
        if not self._is_known(live):
            return LiveValue(value=None, unit=live.rule.unit, quality="unknown", at=live.at)
        return LiveValue(value=live.value, unit=live.rule.unit, quality=live.quality, at=live.at)

    def _rate(self, live: _Live, steps: deque[tuple[datetime, float]]) -> LiveValue:
        known = self._is_known(live)
        return LiveValue(
            value=round(sum(step for _, step in steps), 6) if known else None,
            unit=f"{live.rule.unit}/min",
            quality=live.quality if known else "unknown",
            at=live.at,
        )


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


def _is_news(live: _Live, fact: AnyFact, place: tuple[int, int]) -> bool:
    """Whether a fact says more than what is known: it is new, and not of earlier than that.

    A clock that was set back makes new facts look early; then the agent heard them "earlier" as well.
    """
    if live.at is None or live.arrived is None:
        return True
    if place <= live.place:
        return False
    return fact.at >= live.at or fact.arrived < live.arrived


def _add(steps: deque[tuple[datetime, float]], at: datetime, step: float) -> None:
    """Add a step to the bin of its second."""
    if steps and at - steps[-1][0] < RATE_BIN:
        began, sum_so_far = steps[-1]
        steps[-1] = (began, sum_so_far + step)
    else:
        steps.append((at, step))


def _forget(steps: deque[tuple[datetime, float]], now: datetime) -> bool:
    """Drop steps older than the rate's window; whether any was dropped."""
    before = len(steps)
    while steps and now - steps[0][0] > RATE_WINDOW:
        steps.popleft()
    return len(steps) != before
