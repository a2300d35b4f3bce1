"""The rules and vectors of "Counters, scales, states at the edge": 16 bit, rate 20/s, burst 10, jitter 2, dt 1 s."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import Counter, CounterKind
from edge.totalizer import CounterMemory, Moment, Step, advance, begin, touch
from gateway.contract.fact import Cause, Quality

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
COUNTER = Counter(
    kind=CounterKind.CUMULATIVE, modulus=65_536, rate_max_per_s=20, burst=10, jitter=2
)
WIDE = replace(COUNTER, modulus=2**32)


def moment(second: float, boot: str = "run-1", wall: float | None = None) -> Moment:
    at = START + timedelta(seconds=second if wall is None else wall)
    return Moment(at=at, arrived=at, monotonic_s=second, boot=boot)


class Counted:
    """One counter, sampled; `steps` are the facts it led to."""

    def __init__(self, first: int, counter: Counter = COUNTER) -> None:
        self.counter = counter
        self.steps: list[Step] = []
        self.second = 0.0
        self.memory, _ = begin(counter, first, moment(0), epoch=1)

    def read(
        self,
        value: int,
        after: float = 1.0,
        *,
        late: bool = False,
        overflow: bool | None = None,
        boot: str = "run-1",
    ) -> "Counted":
        self.second += after
        now = moment(self.second, boot) if boot == "run-1" else moment(1.0, boot, wall=self.second)
        self.memory, step = advance(
            self.counter, self.memory, value, now, late=late, overflow=overflow
        )
        if step is not None:
            self.steps.append(step)
        return self

    @property
    def total(self) -> int:
        return self.memory.total

    def only(self) -> tuple[int, Cause]:
        [step] = self.steps
        return step.delta, step.cause


def test_the_first_sample_ever_is_a_baseline_and_counts_nothing() -> None:
    memory, step = begin(COUNTER, 4711, moment(0), epoch=9)
    assert (step.cause, step.delta, step.total) == (Cause.BASELINE, 0, 0)
    assert (memory.raw, memory.total, memory.epoch) == (4711, 0, 9)


def test_a_step_forward_counts() -> None:
    assert Counted(100).read(105).only() == (5, Cause.STEP)


def test_an_unchanged_reading_says_nothing() -> None:
    assert Counted(100).read(100).read(100).steps == []


def test_65530_then_5_is_eleven_over_the_wrap() -> None:
    assert Counted(65_530).read(5).only() == (11, Cause.WRAP)


def test_1000_then_3_is_three_after_a_reset() -> None:
    assert Counted(1000).read(3).only() == (3, Cause.RESET)


def test_1000_998_1001_is_a_stale_read_and_then_one() -> None:
    counted = Counted(1000).read(998)
    assert counted.steps == []
    assert counted.read(1001).only() == (1, Cause.STEP)


def test_0_then_65535_is_a_step_backwards() -> None:
    counted = Counted(0).read(65_535)
    assert counted.steps == []
    assert counted.read(1).only() == (1, Cause.STEP)


def test_40000_then_100_after_ten_minutes_is_a_reset() -> None:
    assert Counted(40_000).read(100, after=600).only() == (100, Cause.RESET)


def test_40000_then_100_after_2000_seconds_is_for_a_person() -> None:
    counted = Counted(40_000).read(100, after=2000)
    [step] = counted.steps
    assert (step.cause, step.quality, step.delta) == (Cause.AMBIGUOUS, Quality.QUARANTINED, 0)
    assert step.claimed == 25_636
    assert counted.read(101).total == 1


def test_a_bad_reading_between_changes_nothing() -> None:
    # Bad readings never reach the totalizer; what follows counts once.
    assert Counted(100).read(105, after=2).only() == (5, Cause.STEP)


def test_a_torn_32_bit_read_is_held_and_forgotten() -> None:
    counted = Counted(0xFFFF, WIDE).read(0x1FFFF)
    assert counted.steps == []
    assert counted.read(0x10002).only() == (3, Cause.STEP)


def test_int32_passes_its_sign_by_one() -> None:
    assert Counted(2_147_483_647, WIDE).read(-2_147_483_648).only() == (1, Cause.STEP)


def test_a_decimal_counter_wraps_at_its_own_modulus() -> None:
    assert Counted(99_999_998, replace(COUNTER, modulus=10**8)).read(3).only() == (5, Cause.WRAP)


def test_what_came_while_the_agent_was_down_is_one_late_step() -> None:
    counted = Counted(500).read(740, after=3600, late=True, boot="run-2")
    [step] = counted.steps
    assert (step.delta, step.cause, step.quality) == (240, Cause.LATE, Quality.UNCERTAIN)
    assert step.since == START


def test_a_jump_that_repeats_itself_is_suspect_and_not_booked() -> None:
    counted = Counted(100).read(9_000)
    assert counted.steps == []
    [step] = counted.read(9_001).steps
    assert (step.cause, step.delta, step.claimed) == (Cause.SUSPECT, 0, 8_901)
    assert step.quality is Quality.QUARANTINED
    assert counted.read(9_004).total == 3


def test_a_fall_that_neither_wrap_nor_reset_explains_is_suspect() -> None:
    counted = Counted(50_000).read(30_000)
    assert counted.steps == []
    [step] = counted.read(30_000).steps
    assert (step.cause, step.delta) == (Cause.SUSPECT, 0)


def test_two_different_jumps_do_not_agree() -> None:
    counted = Counted(100).read(9_000).read(20_000)
    assert counted.steps == []
    assert counted.read(101, after=0.1).only() == (1, Cause.STEP)


def test_a_counter_that_never_wraps_may_only_be_reset() -> None:
    endless = replace(COUNTER, modulus=None)
    assert Counted(65_530, endless).read(5).only() == (5, Cause.RESET)


def test_the_devices_overflow_flag_overrides_the_guess() -> None:
    rose = Counted(40_000).read(100, after=2000, overflow=True)
    assert rose.only() == (25_636, Cause.WRAP)
    clear = Counted(40_000).read(100, after=2000, overflow=False)
    assert clear.only() == (100, Cause.RESET)


def test_an_overflow_flag_that_stays_set_says_nothing_new() -> None:
    counted = Counted(65_530).read(5, overflow=True).read(5, overflow=True)
    assert counted.read(2_000, after=120, overflow=True).read(3, overflow=True).steps[-1].cause is (
        Cause.RESET
    )


def test_readings_that_a_stalled_link_delivers_together_lie_apart_in_machine_time() -> None:
    memory, _ = begin(COUNTER, 0, moment(0), epoch=1)
    at = START + timedelta(seconds=4)
    late = Moment(at=at, arrived=at, monotonic_s=0.0, boot="run-1")
    _, step = advance(COUNTER, memory, 80, late)
    assert step is not None
    assert step.delta == 80


def test_a_sign_of_life_moves_the_beginning_of_the_next_step() -> None:
    memory, _ = begin(COUNTER, 40_000, moment(0), epoch=1)
    memory = touch(memory, seen=START + timedelta(seconds=1990), monotonic_s=1990, boot="run-1")
    _, step = advance(COUNTER, memory, 100, moment(2000))
    assert step is not None
    assert (step.cause, step.delta) == (Cause.RESET, 100)


def test_each_rising_edge_of_a_pulse_is_one_piece() -> None:
    pulse = Counter(kind=CounterKind.PULSE, modulus=None, rate_max_per_s=20, burst=10, jitter=0)
    counted = Counted(0, pulse)
    for level in (1, 1, 0, 1, 0, 0, 1):
        counted.read(level)
    assert counted.total == 3


def test_each_cycle_message_says_how_many_it_made() -> None:
    cycle = Counter(kind=CounterKind.PER_CYCLE, modulus=None, rate_max_per_s=2, burst=4, jitter=0)
    counted = Counted(4, cycle).read(4).read(4).read(0).read(2)
    assert counted.total == 10
    assert counted.read(5_000).steps[-1].claimed == 5_000


polls = st.lists(
    st.tuples(
        st.integers(0, 20),  # pieces since the last poll
        st.sampled_from(["fresh", "fresh", "fresh", "stale", "bad", "restart"]),
        st.floats(0.5, 2.0),
    ),
    max_size=120,
)


@given(start=st.integers(0, 65_535), polls=polls)
def test_whatever_the_polls_stutter_the_total_is_the_truth(
    start: int, polls: list[tuple[int, str, float]]
) -> None:
    """Increments within the plausible, wraps, lost polls, stale reads within the jitter, and restarts of the agent."""
    memory, _ = begin(COUNTER, start, moment(0), epoch=1)
    truth, now, run, booked, late, silent = start, 0.0, 1, 0, False, 0
    for made, kind, after in [*polls, (0, "fresh", 1.0)]:
        truth, now = truth + made, now + after
        silent = silent + 1 if kind == "bad" and silent < 10 else 0
        if silent:
            continue
        if kind == "restart":
            run, late = run + 1, True
        stale = max(truth - 2, start + booked - 2) if kind == "stale" else truth
        at = START + timedelta(seconds=now)
        sampled = Moment(at=at, arrived=at, monotonic_s=now + 1e6 * (run - 1), boot=f"run-{run}")
        memory, step = advance(COUNTER, memory, stale % 65_536, sampled, late=late)
        if step is not None:
            assert step.quality is not Quality.QUARANTINED
            booked += step.delta
            assert step.total == booked
        late = False
    assert memory.total == booked == truth - start


@given(
    values=st.lists(st.integers(0, 65_535), min_size=1, max_size=60),
    gaps=st.lists(st.floats(0.05, 5_000), min_size=60, max_size=60),
)
def test_no_reading_however_wild_makes_total_and_steps_disagree(
    values: list[int], gaps: list[float]
) -> None:
    memory, step = begin(COUNTER, values[0], moment(0), epoch=1)
    booked, now = 0, 0.0
    for value, gap in zip(values[1:], gaps, strict=False):
        now += gap
        before: CounterMemory = memory
        memory, step = advance(COUNTER, before, value, moment(now))
        if step is None:
            assert memory.total == before.total
            continue
        booked += step.delta
        assert step.delta >= 0
        assert step.total == booked == memory.total
        assert (step.claimed > 0) <= (step.quality is Quality.QUARANTINED)


def test_a_counter_that_had_hardly_begun_and_stays_at_zero_was_reset() -> None:
    counted = Counted(65_534).read(2).read(0).read(0)
    assert [step.cause for step in counted.steps] == [Cause.WRAP]
    counted.read(0).read(2)
    assert [(step.cause, step.delta) for step in counted.steps[1:]] == [
        (Cause.RESET, 0),
        (Cause.STEP, 2),
    ]


def test_a_zero_that_passes_is_a_stale_read() -> None:
    assert Counted(65_534).read(1).read(0).read(0).read(2).total == 4
