"""The plant's live values northbound: the latest value, its quality, and no value where there is silence."""

import asyncio
import itertools
from datetime import datetime, timedelta

import msgspec
import pytest

from device_profiles.catalog import builtin_plant, load_plant
from edge.ending import end
from gateway.admission import rules_of
from gateway.contract.fact import AnyFact, Cause, CountFact, MeasurementFact, Quality, StateFact
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import AgentStatus, SourceBatch, Verdict
from gateway.live_view import LiveValue, LiveView
from gateway.namespace import Namespace, presence_topic
from tests.core.gateway_fakes import NOW, FakeBus, ManualClock, turns

MOULDER = "kettle-works/moulding/M1/IMM1"
GOOD = f"lineside/uns/{MOULDER}/good"
STATE = f"lineside/uns/{MOULDER}/state"
TEMPERATURE = f"lineside/uns/{MOULDER}/melt_temperature"


@pytest.fixture
def view() -> LiveView:
    """A view whose first round of topics is published."""
    view = LiveView(rules=rules_of(load_plant(builtin_plant("kettle-works"))))
    view.changes(NOW)
    return view


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def good(
    total: int, *, after_s: float = 0, delta: int = 1, since_s: float | None = None
) -> CountFact:
    return CountFact(
        equipment=MOULDER,
        signal="good",
        at=later(after_s),
        arrived=later(after_s),
        epoch=1,
        total=total,
        delta=delta,
        raw=total,
        cause=Cause.STEP,
        since=None if since_s is None else later(since_s),
    )


def melt(value: float, **changes: object) -> MeasurementFact:
    fact = MeasurementFact(
        equipment=MOULDER, signal="melt_temperature", at=NOW, arrived=NOW, value=value, unit="Cel"
    )
    return msgspec.structs.replace(fact, **changes)


def state(what: EquipmentState, after_s: float = 0) -> StateFact:
    return StateFact(
        equipment=MOULDER, signal="state", at=later(after_s), arrived=later(after_s), state=what
    )


_sequences = itertools.count(1, 100)


def batch(
    *facts: AnyFact, quarantined: tuple[int, ...] = (), first_seq: int | None = None
) -> SourceBatch:
    first_seq = first_seq or (1 if quarantined else next(_sequences))
    return SourceBatch(
        agent="edge-moulding",
        outbox_epoch=1,
        first_seq=first_seq,
        facts=[*facts],
        quarantined=[Verdict(seq=seq, reason="no") for seq in quarantined],
    )


def changes(view: LiveView, after_s: float = 0) -> dict[str, LiveValue]:
    listed = view.changes(later(after_s))
    assert len(dict(listed)) == len(listed)
    return dict(listed)


def test_at_first_every_signal_of_the_plant_is_unknown() -> None:
    view = LiveView(rules=rules_of(load_plant(builtin_plant("kettle-works"))))
    first = changes(view)
    assert {GOOD, STATE, TEMPERATURE} < set(first)
    assert {(live.value, live.quality, live.at) for live in first.values()} == {
        (None, "unknown", None)
    }
    assert changes(view) == {}


def test_the_latest_value_wins_and_is_published_once(view: LiveView) -> None:
    view.see(batch(melt(210.0), melt(212.5, at=later(1))))
    assert changes(view) == {
        TEMPERATURE: LiveValue(value=212.5, unit="Cel", quality="good", at=later(1))
    }
    assert changes(view) == {}


def test_what_is_sent_again_does_not_turn_the_clock_back(view: LiveView) -> None:
    view.see(batch(melt(212.5, at=later(1))))
    view.see(batch(melt(210.0)))
    assert changes(view)[TEMPERATURE].value == 212.5


def test_a_doubtful_value_says_so_and_a_quarantined_one_is_not_shown(view: LiveView) -> None:
    view.see(batch(melt(210.0, quality=Quality.UNCERTAIN)))
    assert changes(view)[TEMPERATURE].quality == "uncertain"
    view.see(batch(melt(999.0, at=later(1)), quarantined=(1,)))
    view.see(batch(melt(999.0, at=later(1), quality=Quality.QUARANTINED)))
    assert changes(view) == {}


def test_a_signal_that_the_plant_does_not_know_has_no_topic(view: LiveView) -> None:
    view.see(batch(melt(1.0, signal="rumour")))
    assert changes(view) == {}


def test_when_its_agent_goes_values_turn_unknown_and_come_back_with_it(view: LiveView) -> None:
    view.see(batch(good(40)))
    changes(view)
    view.agent(AgentStatus(agent="edge-moulding", online=False))
    gone = changes(view)
    assert (gone[GOOD].value, gone[GOOD].quality, gone[GOOD].at) == (None, "unknown", NOW)
    assert not any("ASM1" in topic for topic in gone)
    view.agent(AgentStatus(agent="edge-moulding", online=True))
    assert changes(view)[GOOD].value == 40
    view.agent(AgentStatus(agent="edge-moulding", online=True))
    assert changes(view) == {}


def test_a_lost_device_makes_its_own_signals_unknown_and_no_others(view: LiveView) -> None:
    view.see(batch(good(40), state(EquipmentState.RUNNING)))
    assert changes(view)[STATE].value == "running"
    view.see(batch(state(EquipmentState.UNKNOWN, 5)))
    lost = changes(view, 5)
    assert {lost[topic].quality for topic in (GOOD, STATE, TEMPERATURE)} == {"unknown"}
    assert f"lineside/uns/{MOULDER}/resin" not in lost
    view.see(batch(state(EquipmentState.IDLE, 9)))
    back = changes(view, 9)
    assert (back[STATE].value, back[GOOD].value) == ("idle", 40)


def test_the_rate_is_what_the_last_minute_made_and_runs_down_by_itself(view: LiveView) -> None:
    view.see(batch(good(10, delta=10), good(15, after_s=30, delta=5)))
    assert changes(view, 30)[f"{GOOD}/rate"] == LiveValue(
        value=15, unit="pcs/min", quality="good", at=later(30)
    )
    assert changes(view, 61)[f"{GOOD}/rate"].value == 5
    assert changes(view, 91)[f"{GOOD}/rate"].value == 0
    assert changes(view, 120) == {}


def test_what_gathered_over_an_outage_is_no_rate(view: LiveView) -> None:
    view.see(batch(good(900, delta=900, since_s=-3_600)))
    seen = changes(view)
    assert (seen[GOOD].value, seen[f"{GOOD}/rate"].value) == (900, 0)


@pytest.fixture
def bus() -> FakeBus:
    return FakeBus()


@pytest.fixture
def namespace(view: LiveView, bus: FakeBus) -> Namespace:
    presence = presence_topic("kettle-works", "g")
    return Namespace(view=view, bus=bus, presence=presence, clock=ManualClock())


async def test_each_topic_is_published_twice_a_second_at_most(
    namespace: Namespace, view: LiveView, bus: FakeBus
) -> None:
    await rounds(namespace, 1)
    bus.said.clear()
    view.see(batch(*[melt(200.0 + n, at=later(n)) for n in range(50)]))
    await rounds(namespace, 4)
    assert [msgspec.json.decode(body)["value"] for _, body in bus.said] == [249.0]


async def test_a_broker_that_comes_back_without_memory_is_told_everything(
    namespace: Namespace, bus: FakeBus
) -> None:
    bus.connected = False
    await rounds(namespace, 2)
    assert bus.said == []
    bus.connected = True
    namespace.reconnected()
    await rounds(namespace, 3)
    topics = [topic for topic, _ in bus.said]
    assert topics[0] == namespace.presence
    assert topics.count(GOOD) == topics.count(STATE) == 1


async def test_what_the_broker_did_not_take_is_published_again(
    namespace: Namespace, view: LiveView, bus: FakeBus
) -> None:
    await rounds(namespace, 1)
    bus.said.clear()
    view.see(batch(melt(200.0)))
    bus.failures = 1
    await rounds(namespace, 3)
    assert [topic for topic, _ in bus.said].count(TEMPERATURE) == 1


async def test_a_gateway_that_leaves_says_so(namespace: Namespace, bus: FakeBus) -> None:
    await namespace.leave()
    assert bus.said == [(namespace.presence, b'{"online":false}')]


def test_values_go_on_when_the_clock_of_the_edge_is_set_back_by_an_hour(view: LiveView) -> None:
    view.see(batch(good(7, after_s=3_600)))
    view.see(batch(good(8, after_s=1)))
    assert changes(view, 2)[GOOD].value == 8


def test_a_fact_that_is_sent_again_is_no_news(view: LiveView) -> None:
    view.see(batch(good(7, after_s=1), good(8, after_s=2), first_seq=5_001))
    view.see(batch(good(7, after_s=1), first_seq=5_001))
    assert changes(view, 2)[GOOD].value == 8


def test_what_strangers_say_of_themselves_is_not_kept(view: LiveView) -> None:
    for number in range(1_000):
        view.agent(AgentStatus(agent=f"stranger-{number}", online=False))
    assert view._offline == set()  # pyright: ignore[reportPrivateUsage]
    assert changes(view) == {}


def test_where_too_much_changes_the_longest_waiting_goes_first(view: LiveView) -> None:
    view.see(batch(good(1), melt(200.0)))
    assert {topic for topic, _ in view.changes(NOW, 1)} == {GOOD, f"{GOOD}/rate"}
    view.see(batch(good(2, after_s=1)))
    assert [topic for topic, _ in view.changes(later(1), 1)] == [TEMPERATURE]
    assert dict(view.changes(later(1), 1))[GOOD].value == 2
    assert view.changes(later(1), 1) == []


def test_the_rate_of_a_fast_signal_counts_every_step_of_the_minute(view: LiveView) -> None:
    view.see(batch(*[good(n, after_s=n / 50) for n in range(1, 2_001)]))
    assert changes(view, 40)[f"{GOOD}/rate"].value == 2_000
    assert changes(view, 80)[f"{GOOD}/rate"].value == pytest.approx(1_000, abs=60)


async def rounds(namespace: Namespace, number: int) -> None:
    """Let the namespace publish so many times."""
    until = namespace.clock.monotonic() + number * 0.5
    work = asyncio.create_task(namespace.run())
    await turns(lambda: namespace.clock.monotonic() >= until)
    await end(work)
