"""A device's batches become facts: counts, states and weighings, silence and return."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from device_profiles.catalog import builtin_plant, load_plant
from edge.decoding import RawValue
from edge.device_tracker import DeviceTracker
from edge.driver import Batch, Reading
from edge.tracker import Output, Record
from gateway.contract.fact import Cause, CountFact, MeasurementFact, Quality, StateFact, WeightFact
from gateway.contract.state import EquipmentState
from gateway.contract.totals import KnownTotal

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
PLANT = load_plant(builtin_plant("kettle-works"))


class Watched:
    """One device of the demo plant under a clock of our own."""

    def __init__(
        self,
        device: str,
        records: dict[tuple[str, str], Record] | None = None,
        *,
        asks: bool = False,
    ) -> None:
        self.second = 0.0
        self.out = Output()
        self.tracker = DeviceTracker(
            PLANT.devices[device],
            records or {},
            boot="boot",
            epoch=7,
            started=START,
            monotonic_s=0.0,
            asks=asks,
        )

    def learns(
        self, signal: str, *, total: int, raw: int, unit: str = "kettle-works/assembly/A1/ASM1"
    ) -> bool:
        """What the bus knows of a counter from the second before the start."""
        before = START - timedelta(seconds=1)
        known = KnownTotal(
            equipment=unit, signal=signal, epoch=3, total=total, raw=raw, at=before, arrived=before
        )
        return self.tracker.learn(known, self.out)

    def goes_without(self) -> None:
        self.tracker.go_without(self.out)

    def says(
        self, after: float = 0.1, at: float | None = None, **values: RawValue | None
    ) -> "Watched":
        self.second += after
        time = None if at is None else START + timedelta(seconds=at)
        readings = tuple(Reading(signal=k, value=v, source_time=time) for k, v in values.items())
        self.tracker.take(self._batch(readings, None), self.out)
        return self

    def fails(self, after: float = 0.1) -> "Watched":
        self.second += after
        self.tracker.take(self._batch((), "timeout"), self.out)
        return self

    def silent(self, seconds: float) -> "Watched":
        for _ in range(round(seconds * 10)):
            self.second += 0.1
            now = START + timedelta(seconds=self.second)
            self.tracker.tick(now, self.second, self.out)
        return self

    def _batch(self, readings: tuple[Reading, ...], fault: str | None) -> Batch:
        now = START + timedelta(seconds=self.second)
        return Batch(readings=readings, arrived=now, monotonic_s=self.second, fault=fault)

    def counts(self) -> list[CountFact]:
        return [fact for fact in self.out.facts if isinstance(fact, CountFact)]

    def states(self) -> list[tuple[EquipmentState, str]]:
        return [(f.state, f.detail) for f in self.out.facts if isinstance(f, StateFact)]


def test_a_counter_becomes_facts_with_its_memory() -> None:
    asm = Watched("asm1").says(produced=100, scrap=3, running=True)
    asm.says(produced=102, scrap=3, running=True)
    last = asm.counts()[-1]
    assert (last.equipment, last.signal) == ("kettle-works/assembly/A1/ASM1", "produced")
    assert (last.delta, last.total, last.raw, last.epoch) == (2, 2, 102, 7)
    assert ("asm1", "produced") in asm.out.records


def test_a_restarted_agent_books_what_it_missed_as_one_late_fact() -> None:
    before = Watched("asm1").says(produced=500).says(produced=501)
    after = Watched("asm1", before.out.records)
    after.second = 3600
    after.says(produced=740)
    [fact] = after.counts()
    assert (fact.delta, fact.total, fact.cause) == (239, 240, Cause.LATE)
    assert fact.epoch == 7
    assert fact.quality is Quality.UNCERTAIN


def test_for_a_server_that_lost_facts_every_total_is_said_again_with_a_step_of_nothing() -> None:
    """A machine that stands still would otherwise leave its last pieces unproven until its next one."""
    asm = Watched("asm1").says(produced=100, scrap=3, running=True).says(after=1, produced=104)
    asm.silent(1.0)
    said, asm.out = asm.out, Output()
    asm.tracker.restate(START + timedelta(seconds=9), asm.out)
    assert {(fact.signal, fact.total, fact.delta) for fact in asm.counts()} == {
        ("produced", 4, 0),
        ("scrap", 0, 0),
    }
    assert asm.states() == [(EquipmentState.RUNNING, "1")]
    before = [fact for fact in said.facts if isinstance(fact, CountFact)]
    assert asm.counts()[0].at == before[-1].at
    assert not asm.out.records


def test_a_bad_reading_changes_nothing() -> None:
    asm = Watched("asm1").says(produced=100).says(produced=None).says(produced=105)
    assert [fact.delta for fact in asm.counts()] == [0, 5]


def test_three_failed_polls_make_the_state_unknown_and_the_return_says_it_again() -> None:
    asm = Watched("asm1").says(running=True, produced=5).silent(0.6)
    asm.fails().fails()
    assert asm.states() == [(EquipmentState.RUNNING, "1")]
    asm.fails().fails()
    assert asm.states()[-1] == (EquipmentState.UNKNOWN, "no data")
    asm.says(running=True, produced=9).silent(0.6)
    assert [state for state, _ in asm.states()] == [
        EquipmentState.RUNNING,
        EquipmentState.UNKNOWN,
        EquipmentState.RUNNING,
    ]
    assert asm.counts()[-1].cause is Cause.LATE


def test_silence_beyond_the_limit_is_no_data_since_the_device_was_last_heard() -> None:
    asm = Watched("asm1").says(running=True).silent(1.0).silent(3.0)
    lost = [fact for fact in asm.out.facts if isinstance(fact, StateFact)][-1]
    assert (lost.state, lost.detail) == (EquipmentState.UNKNOWN, "no data")
    assert lost.at == START + timedelta(seconds=0.1)


def test_a_device_that_is_never_heard_is_unknown_too() -> None:
    assert Watched("imm1").silent(3.0).states() == [(EquipmentState.UNKNOWN, "no data")]


def test_a_state_signal_that_stays_bad_is_unknown_while_the_rest_counts_on() -> None:
    imm = Watched("imm1").says(state=6, good=10).silent(0.4)
    for number in range(4):
        imm.says(state=None, good=11 + number)
    assert imm.states() == [
        (EquipmentState.RUNNING, "Execute"),
        (EquipmentState.UNKNOWN, "no data"),
    ]
    assert imm.counts()[-1].total == 4


def test_a_packml_state_carries_the_machines_own_word() -> None:
    imm = Watched("imm1").says(at=0.1, state=11).silent(0.4)
    assert imm.states() == [(EquipmentState.DOWN, "Held")]


def test_machine_time_decides_and_a_replay_counts_nothing() -> None:
    imm = Watched("imm1").says(at=0.05, good=10).says(at=0.15, good=12).says(at=0.15, good=12)
    assert [fact.delta for fact in imm.counts()] == [0, 2]
    assert imm.counts()[-1].at == START + timedelta(seconds=0.15)


def test_a_process_value_speaks_only_beyond_its_dead_band() -> None:
    imm = Watched("imm1")
    for value in (230.0, 230.4, 230.6, 229.9):
        imm.says(melt_temperature=value)
    values = [fact.value for fact in imm.out.facts if isinstance(fact, MeasurementFact)]
    assert values == [230.0, 230.6, 229.9]


STATUS = {"error": False, "alarm": False, "overload": False, "gross": 0}


def test_a_dosing_scale_books_kilograms_once_it_settled() -> None:
    scale = Watched("resin-scale")
    for _ in range(8):
        scale.says(net=50_000, moving=False, dosed=1_000, **STATUS)
    for _ in range(3):
        scale.says(net=49_900, moving=True, dosed=1_060, **STATUS)
    for _ in range(8):
        scale.says(net=49_910, moving=False, dosed=1_090, **STATUS)
    facts = [fact for fact in scale.out.facts if isinstance(fact, WeightFact)]
    assert [(fact.cause, fact.delta) for fact in facts] == [
        (Cause.BASELINE, Decimal(0)),
        (Cause.STEP, Decimal("0.090")),
    ]
    assert (facts[-1].signal, facts[-1].unit, facts[-1].level) == ("resin", "kg", Decimal("49.910"))


def test_a_scale_that_is_lost_settles_anew_and_books_late() -> None:
    scale = Watched("resin-scale")
    for _ in range(8):
        scale.says(net=50_000, moving=False, dosed=0, **STATUS)
    scale.silent(5)
    for _ in range(8):
        scale.says(net=49_000, moving=False, dosed=1_000, **STATUS)
    facts = [fact for fact in scale.out.facts if isinstance(fact, WeightFact)]
    assert (facts[-1].cause, facts[-1].delta) == (Cause.LATE, Decimal("1.000"))


def test_memories_are_stored_now_and_then_although_nothing_moved() -> None:
    asm = Watched("asm1").says(produced=100)
    asm.out.records.clear()
    for _ in range(400):
        asm.says(produced=100).silent(0.1)
    assert ("asm1", "produced") in asm.out.records


def test_a_counter_that_lost_its_memory_goes_on_from_what_is_known_elsewhere() -> None:
    asm = Watched("asm1", asks=True).says(produced=1_000, scrap=3, running=True)
    assert asm.counts() == [], "it waits"
    assert asm.tracker.asks
    asm.says(produced=1_004, scrap=3, running=True)
    assert not asm.learns("produced", unit="kettle-works/packing/P1/PCK1", total=1, raw=1)
    assert not asm.learns("nobody knows this one", total=1, raw=1)
    assert asm.learns("produced", total=600, raw=990)
    first, second = asm.counts()
    assert (first.cause, first.delta, first.total, first.epoch) == (Cause.LATE, 10, 610, 3)
    assert (second.delta, second.total, second.raw) == (4, 614, 1_004)
    assert asm.tracker.asks, "scrap still waits"
    asm.goes_without()
    assert not asm.tracker.asks
    assert [fact.cause for fact in asm.counts()[2:]] == [Cause.BASELINE]
    asm.says(produced=1_005, scrap=4, running=True)
    assert [(fact.signal, fact.delta) for fact in asm.counts()[3:]] == [
        ("produced", 1),
        ("scrap", 1),
    ]
    assert not asm.learns("produced", total=5, raw=5), "what it knows by itself stands"


def test_what_is_known_elsewhere_is_judged_like_any_reading_before_an_outage() -> None:
    def after(raw: int, *readings: int) -> list[CountFact]:
        asm = Watched("asm1", asks=True)
        assert asm.learns("produced", total=700, raw=raw)
        for reading in readings:
            asm.says(produced=reading, scrap=0, running=True)
        return [fact for fact in asm.counts() if fact.signal == "produced"]

    (reset,) = after(5_000, 2)
    assert (reset.cause, reset.delta, reset.total) == (Cause.RESET, 2, 702)
    (wrap,) = after(65_535, 1)
    assert (wrap.cause, wrap.delta) == (Cause.WRAP, 2)
    (jump,) = after(5_000, 40_000, 40_000)
    assert (jump.cause, jump.quality, jump.delta) == (Cause.SUSPECT, Quality.QUARANTINED, 0)
    assert jump.claimed == 35_000, "the difference to the piece, for a person"
    assert after(5_000, 5_000) == [], "nothing was made meanwhile"
