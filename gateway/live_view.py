"""The plant's last values as the facts tell them, with their quality, and which of them have changed. Pure.

Silence is not a value: what was never heard, or whose agent or device is lost, has the quality `unknown` and no value.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from device_profiles.profile import Role
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

ROOT = "lineside/uns"
ORDER = "order"
"""The topic of a unit's running order; a signal of that name would take its place."""
SIGNALS_PER_ROUND_MAX = 125
"""Signals published in one round; the others wait for the next ones."""
RATE_WINDOW = timedelta(minutes=1)
RATE_BIN = timedelta(seconds=1)
"""Steps of one such span are kept as one sum: at most a minute's worth of them, however fast a signal is."""

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
    detail: str = ""
    """The machine's own word for its state."""
    steps: deque[tuple[datetime, float]] | None = None
    """(machine time of the first step in a bin, their sum): only for counts and weighings."""


@dataclass(slots=True, kw_only=True)
class LiveView:
    """The plant's last values, and which topics have changed. Pure."""

    rules: Rules
    units: tuple[str, ...] = field(init=False, default=())
    """Equipment paths that have signals."""
    _live: dict[Key, _Live] = field(default_factory=dict[Key, _Live])
    _dirty: dict[Key, bool] = field(default_factory=dict[Key, bool])
    """What waits to be published, longest first; False where only the rate has changed."""
    _known_agents: set[str] = field(default_factory=set[str])
    """Of the plant file; what others say of themselves is not kept."""
    _offline: set[str] = field(default_factory=set[str])
    _lost: set[str] = field(default_factory=set[str])
    _heard: set[str] = field(default_factory=set[str])
    """Agents that said they are there, or sent facts, since the connection stands."""
    _orders: dict[str, str] | None = None
    """Unit -> order that runs on it; None: not known now."""
    _asked: bool = False
    """Whether the server was asked for orders; an answer of an earlier gateway may still be retained on the bus."""

    def __post_init__(self) -> None:
        self.units = tuple(sorted({unit for unit, _ in self.rules.signals}))
        self._known_agents = {rule.agent for rule in self.rules.signals.values()}
        self._live = {key: _Live(rule=rule) for key, rule in self.rules.signals.items()}
        self.everything_changed()

    def everything_changed(self) -> None:
        """Publish all topics anew, e.g. to a broker that lost its memory."""
        self._dirty = dict.fromkeys(self._live, True)
        if self._asked:
            self._dirty |= dict.fromkeys(
                [(unit, ORDER) for unit in self.units if (unit, ORDER) not in self._live], True
            )

    def see(self, batch: SourceBatch) -> None:
        """Take the plausible facts of a batch."""
        if batch.agent in self._known_agents:
            self._heard.add(batch.agent)
        quarantined = {verdict.seq for verdict in batch.quarantined}
        for seq, fact in enumerate(batch.facts, start=batch.first_seq):
            key = (fact.equipment, fact.signal)
            live = self._live.get(key)
            if live is None or seq in quarantined or fact.quality is Quality.QUARANTINED:
                continue
            if isinstance(fact, JobAnswerFact) and live.rule.role is not Role.SETPOINT:
                continue  # an answer is no state and no count, whatever signal it names
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
            self._heard.add(status.agent)
        else:
            self._offline.add(status.agent)
            self._heard.discard(status.agent)
        if changed:
            self._dirty |= {
                key: True for key, live in self._live.items() if live.rule.agent == status.agent
            }

    def changes(
        self, now: datetime, signals_max: int = SIGNALS_PER_ROUND_MAX
    ) -> list[tuple[str, LiveValue]]:
        """Topics and values to publish now, of so many signals; rates that run down count as changes."""
        self.expire(now)
        changed: list[tuple[str, LiveValue]] = []
        for key in [*islice(self._dirty, signals_max)]:
            told, topic = self._dirty.pop(key), f"{ROOT}/{key[0]}/{key[1]}"
            live = self._live.get(key)
            if live is None:
                changed.append((topic, self.order(key[0])))
                continue
            if told:
                changed.append((topic, self._value(live)))
            if live.steps is not None:
                changed.append((f"{topic}/rate", self._rate(live, live.steps)))
        return changed

    def expire(self, now: datetime) -> None:
        """Forget what lies outside of the rates' window."""
        for key, live in self._live.items():
            if live.steps and _forget(live.steps, now):
                self._dirty.setdefault(key, False)

    def running(self, orders: Mapping[str, str] | None) -> None:
        """Unit -> order that runs on it now, as the server says; None when it does not answer."""
        new = None if orders is None else dict(orders)
        for unit in self.units:
            before = (self._orders is None, (self._orders or {}).get(unit))
            news = not self._asked or before != (new is None, (new or {}).get(unit))
            if news and (unit, ORDER) not in self._live:
                self._dirty[unit, ORDER] = True
        self._orders, self._asked = new, True

    def order(self, unit: str) -> LiveValue:
        """The order that runs on a unit: empty when none does, unknown while the server is silent."""
        if self._orders is None:
            return LiveValue(value=None, unit="", quality="unknown", at=None)
        return LiveValue(value=self._orders.get(unit, ""), unit="", quality="good", at=None)

    def value(self, key: Key) -> LiveValue:
        """A signal as it stands; KeyError for one that the plant file does not know."""
        return self._value(self._live[key])

    def detail(self, key: Key) -> str:
        """The machine's own word for the state that `value` tells."""
        return self._live[key].detail

    def rate(self, key: Key) -> LiveValue:
        """Steps of the last minute of a count or weighing."""
        live = self._live[key]
        return self._rate(live, live.steps or deque())

    def is_heard(self, agent: str) -> bool:
        """Whether an agent is there: it said so, or sent facts, and did not leave since."""
        return agent in self._heard

    def nobody_is_heard(self) -> None:
        """The connection to the plant's bus was lost: agents must say again that they are there."""
        self._heard.clear()

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
                live.value, live.detail = fact.state.value, fact.detail
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
