"""Quality rules, sign bits, decimal places and signs of life: what other signals say about a reading."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from device_profiles.catalog import load_plant
from device_profiles.profile import Counter, CounterKind
from edge.decoding import RawValue
from edge.device_tracker import DeviceTracker
from edge.driver import Batch, Reading
from edge.totalizer import CounterMemory, Moment, advance, begin
from edge.tracker import Output
from gateway.contract.fact import (
    Cause,
    CountFact,
    MeasurementFact,
    Quality,
    StateFact,
    WeightFact,
)
from gateway.contract.state import EquipmentState

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
PLANT = """\
schema: lineside.plant/1
site: works
name: {en: Works}
time_zone: Europe/Berlin
equipment:
  - {path: a, name: {en: A}}
  - {path: a/l, name: {en: L}}
  - {path: a/l/u, name: {en: U}}
devices:
  - {id: one, equipment: a/l/u, profile: device, endpoint: "%s", agent: e1, signals: {%s}}
"""
HEAD = """\
schema: lineside.profile/1
id: device
name: {en: Device}
source: {document: a test, verified: a test}
poll_ms: 100
lost_after_s: 10
"""
OVEN = (
    HEAD
    + """\
protocol: modbus-tcp
signals:
  heat:
    role: process_value
    table: input
    address: 0
    type: i16
    scale: 0.1
    unit: Cel
    quality: {low: -40, high: 400, bad_values: [32767], require: {sensor: 1}}
  sensor: {table: input, address: 1, bit: 0, type: bool}
"""
)
SCALE = (
    HEAD
    + """\
protocol: modbus-tcp
signals:
  net:
    role: consumed
    table: input
    address: 0
    type: u32
    unit: kg
    sign: negative
    decimals: {signal: point, places: {"7": 1, "13": 3}}
    weighing: {mode: loss_in_weight, division: 0.001, settle_ms: 200, samples_min: 3, stable: stable}
  negative: {table: input, address: 2, bit: 0, type: bool}
  stable: {table: input, address: 2, bit: 1, type: bool}
  point: {table: input, address: 3, type: u16}
"""
)
PLUG = (
    HEAD
    + """\
protocol: mqtt
alive: {signal: online, says: Online}
signals:
  pieces:
    role: good
    topic: SENSOR
    json_path: n
    type: u32
    counter: {kind: per_cycle, rate_max_per_s: 10, burst: 50}
  running: {role: state, topic: SENSOR, json_path: on, type: bool, states: {"1": running, "0": down}}
  online: {topic: LWT, type: string}
"""
)


class Watched:
    """A device of a profile of our own, read every 100 ms."""

    def __init__(self, directory: Path, profile: str, endpoint: str, more: str = "") -> None:
        (directory / "device.yaml").write_text(profile)
        (directory / "plant.yaml").write_text(PLANT % (endpoint, more))
        plant = load_plant(directory / "plant.yaml")
        self.second = 0.0
        self.out = Output()
        self.tracker = DeviceTracker(
            plant.devices["one"], {}, boot="boot", epoch=7, started=START, monotonic_s=0.0
        )

    def says(self, times: int = 1, **values: RawValue | None) -> "Watched":
        for _ in range(times):
            self.second += 0.1
            now = START + timedelta(seconds=self.second)
            readings = tuple(Reading(signal=name, value=value) for name, value in values.items())
            batch = Batch(readings=readings, arrived=now, monotonic_s=self.second)
            self.tracker.take(batch, self.out)
        return self

    def measured(self) -> list[float]:
        return [fact.value for fact in self.out.facts if isinstance(fact, MeasurementFact)]

    def weighed(self) -> list[Decimal]:
        return [fact.delta for fact in self.out.facts if isinstance(fact, WeightFact)]

    def counted(self) -> list[int]:
        return [fact.delta for fact in self.out.facts if isinstance(fact, CountFact)]

    def states(self) -> list[EquipmentState]:
        return [fact.state for fact in self.out.facts if isinstance(fact, StateFact)]


@pytest.fixture
def oven(tmp_path: Path) -> Watched:
    return Watched(tmp_path, OVEN, "modbus-tcp://127.0.0.1:502?unit=1")


@pytest.fixture
def scale(tmp_path: Path) -> Watched:
    endpoint = "modbus-tcp://127.0.0.1:502?unit=1"
    return Watched(tmp_path, SCALE, endpoint, "net: {item: RESIN, division: 0.1}")


@pytest.fixture
def plug(tmp_path: Path) -> Watched:
    return Watched(tmp_path, PLUG, "mqtt://127.0.0.1:1883/tele/plug")


def test_a_value_in_its_range_is_reported(oven: Watched) -> None:
    oven.says(heat=2315, sensor=True).says(heat=4000, sensor=True).says(heat=-400, sensor=True)
    assert oven.measured() == pytest.approx([231.5, 400.0, -40.0])


@pytest.mark.parametrize("raw", [4001, -401, 32767])
def test_a_value_out_of_range_or_a_sentinel_is_bad(oven: Watched, raw: int) -> None:
    oven.says(heat=200, sensor=True).says(heat=raw, sensor=True)
    assert oven.measured() == [20.0]


def test_a_value_counts_only_while_its_condition_holds(oven: Watched) -> None:
    oven.says(heat=200).says(heat=210, sensor=False).says(heat=220, sensor=True)
    assert oven.measured() == [22.0]


def test_a_value_is_taken_when_its_condition_comes_true_without_being_sent_again(
    oven: Watched,
) -> None:
    oven.says(heat=200, sensor=False).says(sensor=True)
    assert oven.measured() == [20.0]


def test_an_unsigned_weight_gets_its_sign_and_its_decimals_from_other_signals(
    scale: Watched,
) -> None:
    full = {"stable": True, "point": 7}
    scale.says(5, net=100, negative=False, **full).says(5, net=5, negative=True, **full)
    # 10.0 kg fell to -0.5 kg: 10.5 kg left.
    assert scale.weighed() == [Decimal(0), Decimal("10.5")]


def test_decimals_that_the_device_does_not_name_make_the_weight_bad(scale: Watched) -> None:
    scale.says(9, net=100, negative=False, stable=True, point=99)
    assert scale.weighed() == []


def test_a_scale_that_is_not_stable_weighs_nothing(scale: Watched) -> None:
    scale.says(9, net=100, negative=False, stable=False, point=7)
    assert scale.weighed() == []


def test_the_plant_file_may_name_the_division_of_its_scale(scale: Watched) -> None:
    full = {"stable": True, "point": 13, "negative": False}
    # 0.09 kg is less than this scale's division of 0.1 kg, though more than the profile's.
    scale.says(5, net=1000, **full).says(5, net=910, **full).says(5, net=700, **full)
    assert scale.weighed() == [Decimal(0), Decimal("0.300")]


def test_a_last_will_loses_the_device_at_once_and_its_return_brings_the_state_back(
    plug: Watched,
) -> None:
    plug.says(online="Online").says(running=True, pieces=1)
    plug.says(online="Offline")
    assert plug.tracker.lost
    plug.says(online="Online").says(running=True)
    assert plug.states() == [
        EquipmentState.RUNNING,
        EquipmentState.UNKNOWN,
        EquipmentState.RUNNING,
    ]


def test_each_message_of_a_per_cycle_counter_adds_its_pieces(plug: Watched) -> None:
    plug.says(pieces=4).says(pieces=4).says(pieces=4).says(pieces=2)
    assert plug.counted() == [0, 4, 4, 2]


def test_a_cycle_that_claims_too_much_is_quarantined(plug: Watched) -> None:
    plug.says(pieces=4).says(pieces=400)
    fact = [fact for fact in plug.out.facts if isinstance(fact, CountFact)][-1]
    assert (fact.cause, fact.delta, fact.claimed) == (Cause.SUSPECT, 0, 400)
    assert fact.quality is Quality.QUARANTINED


PANEL = Counter(
    kind=CounterKind.CUMULATIVE,
    modulus=199_999_999,
    lowest=-99_999_999,
    rate_max_per_s=100,
    burst=100,
    jitter=0,
)


def counted(*values: int) -> list[tuple[Cause, int]]:
    """Cause and step of each value of a panel counter from -99,999,999 to 99,999,999, a second apart."""
    steps: list[tuple[Cause, int]] = []
    memory: CounterMemory | None = None
    for second, value in enumerate(values):
        at = START + timedelta(seconds=second)
        moment = Moment(at=at, arrived=at, monotonic_s=float(second), boot="boot")
        if memory is None:
            memory, step = begin(PANEL, value, moment, epoch=1)
        else:
            memory, after = advance(PANEL, memory, value, moment)
            if after is None:
                continue
            step = after
        steps.append((step.cause, step.delta))
    return steps


def test_a_signed_panel_counter_counts_through_zero_and_wraps_from_its_top_to_its_bottom() -> None:
    assert counted(-5, 12)[1:] == [(Cause.STEP, 17)]
    assert counted(99_999_998, -99_999_998)[1:] == [(Cause.WRAP, 3)]


def test_a_signed_panel_counter_that_is_reset_starts_at_zero_not_at_its_lowest_value() -> None:
    assert counted(5_000, 3)[1:] == [(Cause.RESET, 3)]
    assert counted(5_000, 100_000_000) == [(Cause.BASELINE, 0)], "beyond what it can show"


BENCH_SCALE = (
    HEAD
    + """\
protocol: opcua
opcua: {namespaces: {m: "urn:m"}}
signals:
  net: {role: consumed, browse_path: "m:Net", type: f64, unit: kg, weighing: {mode: registered, division: 0.001}}
"""
)


def registered(watched: Watched, *loads: tuple[float, float]) -> None:
    """(second of the registration, kg), each told by the scale with its own time."""
    for second, kg in loads:
        watched.second += 1.0
        now = START + timedelta(seconds=watched.second)
        time = START + timedelta(seconds=second)
        reading = Reading(signal="net", value=kg, source_time=time)
        batch = Batch(readings=(reading,), arrived=now, monotonic_s=watched.second)
        watched.tracker.take(batch, watched.out)


def test_each_registration_of_a_scale_is_booked_once(tmp_path: Path) -> None:
    scale = Watched(tmp_path, BENCH_SCALE, "opc.tcp://127.0.0.1:4840", "net: {item: RESIN}")
    # An old registration, two loads of the same weight, the second told twice, and an empty scale.
    registered(scale, (0, 9.0), (2, 2.5), (3, 2.5), (3, 2.5), (4, 0.0))
    assert scale.weighed() == [Decimal(0), Decimal("2.5"), Decimal("2.5")]
    [*_, last] = [fact for fact in scale.out.facts if isinstance(fact, WeightFact)]
    assert (last.total, last.cause, last.quality) == (Decimal("5.0"), Cause.STEP, Quality.GOOD)


def test_a_registration_seen_before_a_restart_is_not_booked_again(tmp_path: Path) -> None:
    before = Watched(tmp_path, BENCH_SCALE, "opc.tcp://127.0.0.1:4840", "net: {item: RESIN}")
    registered(before, (0, 9.0), (1, 2.5))
    after = Watched(tmp_path, BENCH_SCALE, "opc.tcp://127.0.0.1:4840", "net: {item: RESIN}")
    after.tracker = DeviceTracker(
        after.tracker.device,
        before.out.records,
        boot="boot",
        epoch=8,
        started=START,
        monotonic_s=0.0,
    )
    after.second = 2.0
    registered(after, (1, 2.5), (3, 1.0))
    facts = [fact for fact in after.out.facts if isinstance(fact, WeightFact)]
    assert [(fact.delta, fact.total, fact.epoch) for fact in facts] == [
        (Decimal("1.0"), Decimal("3.5"), 7)
    ]


INPUT_MODULE = (
    HEAD
    + """\
protocol: modbus-tcp
signals:
  pieces:
    role: good
    table: holding
    address: 2
    type: u16
    counter: {kind: cumulative, modulus: 65536, rate_max_per_s: 100, burst: 50, overflow: overflow}
  overflow: {table: holding, address: 1, bit: 8, type: bool}
"""
)


@pytest.mark.parametrize(
    ("flag", "cause", "delta"), [(True, Cause.WRAP, 11), (False, Cause.RESET, 5)]
)
def test_an_overflow_bit_decides_between_a_wrap_and_a_reset(
    tmp_path: Path, flag: bool, cause: Cause, delta: int
) -> None:
    module = Watched(tmp_path, INPUT_MODULE, "modbus-tcp://127.0.0.1:502?unit=1")
    module.says(pieces=65530, overflow=False).says(pieces=5, overflow=flag)
    last = [fact for fact in module.out.facts if isinstance(fact, CountFact)][-1]
    assert (last.cause, last.delta) == (cause, delta)
