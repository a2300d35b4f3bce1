"""A scale's readings become weighings: settled only, each load once, a refill never consumption."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import Counter, CounterKind, Weighing
from edge.totalizer import Moment
from edge.weighing import (
    Capture,
    Dosed,
    WeighingMemory,
    WeighingSample,
    Window,
    rearm,
    settled,
    weigh,
    widen,
)
from gateway.contract.fact import Cause, Quality

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
E = Decimal("0.01")
LOADS = Weighing(mode="capture", division=E, settle_ms=500, samples_min=3)
HOPPER = Weighing(mode="loss_in_weight", division=E, settle_ms=500, samples_min=3, total="dosed")
LEVEL = replace(HOPPER, total=None)
DOSED = Dosed(
    counter=Counter(
        kind=CounterKind.CUMULATIVE, modulus=2**32, rate_max_per_s=5000, burst=20_000, jitter=2
    ),
    scale=Decimal("0.001"),
)


class Scale:
    """A scale read every 0.2 s."""

    def __init__(self, spec: Weighing) -> None:
        self.spec = spec
        self.memory: WeighingMemory | None = None
        self.window: Window | None = None
        self.second = 0.0
        self.captures: list[Capture] = []

    def read(
        self,
        weight: str,
        times: int = 1,
        *,
        moving: bool = False,
        fault: bool = False,
        dosed: int | None = None,
        late: bool = False,
        tare: str = "0",
    ) -> "Scale":
        for _ in range(times):
            self.second += 0.2
            at = START + timedelta(seconds=self.second)
            sample = WeighingSample(
                weight=Decimal(weight),
                moment=Moment(at=at, arrived=at, monotonic_s=self.second, boot="run"),
                tare=Decimal(tare),
                moving=moving,
                fault=fault,
                dosed=dosed,
            )
            self.memory = rearm(self.spec, self.memory, sample)
            self.window = widen(self.spec, self.window, sample)
            if settled(self.spec, self.window, sample):
                dosing = DOSED if self.spec.total else None
                self.memory, capture = weigh(
                    self.spec, dosing, self.memory, sample, epoch=1, late=late
                )
                self.captures += [capture] if capture else []
        return self

    def deltas(self) -> list[Decimal]:
        return [capture.delta for capture in self.captures]


def test_a_load_that_moves_settles_moves_and_settles_again_is_captured_once() -> None:
    scale = Scale(LOADS).read("12.50", 3, moving=True).read("12.50", 6)
    scale.read("12.48", 2, moving=True).read("12.50", 6)
    assert scale.deltas() == [Decimal("12.50")]


def test_the_next_load_counts_after_the_scale_was_empty() -> None:
    scale = Scale(LOADS).read("12.50", 6).read("0.02", 2).read("3.00", 6)
    assert scale.deltas() == [Decimal("12.50"), Decimal("3.00")]
    assert scale.captures[-1].total == Decimal("15.50")


def test_a_load_that_only_half_left_does_not_count_again() -> None:
    assert Scale(LOADS).read("12.50", 6).read("5.00", 6).deltas() == [Decimal("12.50")]


def test_a_light_touch_is_no_load() -> None:
    assert Scale(LOADS).read("0.20", 9).deltas() == []


def test_the_tare_is_taken_off() -> None:
    assert Scale(LOADS).read("12.50", 6, tare="2.10").deltas() == [Decimal("10.40")]


def test_overload_and_motion_are_refused() -> None:
    assert Scale(LOADS).read("99.0", 9, fault=True).read("50.0", 9, moving=True).deltas() == []


def test_three_samples_and_half_a_second_are_needed() -> None:
    assert Scale(LOADS).read("5.00", 3).deltas() == []
    assert Scale(LOADS).read("5.00", 4).deltas() == [Decimal("5.00")]


def test_a_spread_beyond_one_division_is_not_settled() -> None:
    scale = Scale(LOADS)
    for _ in range(5):
        scale.read("5.00").read("5.02")
    assert scale.deltas() == []


def test_what_was_dosed_is_booked_when_the_hopper_has_settled() -> None:
    scale = Scale(HOPPER).read("100.0", 4, dosed=0)
    scale.read("99.0", 2, moving=True, dosed=1000).read("98.6", 4, dosed=1400)
    assert [capture.cause for capture in scale.captures] == [Cause.BASELINE, Cause.STEP]
    last = scale.captures[-1]
    assert (last.delta, last.total, last.level) == (
        Decimal("1.400"),
        Decimal("1.400"),
        Decimal("98.6"),
    )


def test_a_refill_raises_the_level_and_books_nothing() -> None:
    scale = Scale(HOPPER).read("20.0", 4, dosed=0).read("60.0", 3, moving=True, dosed=0)
    scale.read("100.0", 5, dosed=0)
    assert scale.deltas() == [Decimal(0)]
    assert scale.memory is not None
    assert scale.memory.level == Decimal("100.0")


def test_dosing_during_a_refill_is_not_lost() -> None:
    scale = Scale(HOPPER).read("20.0", 4, dosed=0).read("60.0", 3, moving=True, dosed=500)
    scale.read("99.5", 5, dosed=900)
    assert scale.deltas()[1:] == [Decimal("0.900")]


def test_dosing_without_motion_settles_anew() -> None:
    scale = Scale(HOPPER).read("20.00", 4, dosed=0).read("20.00", 4, dosed=5)
    assert scale.deltas()[1:] == [Decimal("0.005")]


def test_what_left_during_an_outage_is_one_late_capture() -> None:
    scale = Scale(HOPPER).read("100.0", 4, dosed=0)
    scale.second += 3600
    scale.read("80.0", 4, dosed=20_000, late=True)
    last = scale.captures[-1]
    assert (last.delta, last.cause, last.quality) == (
        Decimal("20.000"),
        Cause.LATE,
        Quality.UNCERTAIN,
    )
    assert last.since is not None


def test_a_hopper_without_a_total_books_the_drop_between_levels() -> None:
    scale = Scale(LEVEL).read("100.00", 4).read("99.0", 2, moving=True).read("98.60", 4)
    scale.read("150.0", 2, moving=True).read("200.00", 4)
    scale.read("199.0", 2, moving=True).read("199.50", 4)
    assert scale.deltas() == [Decimal(0), Decimal("1.40"), Decimal("0.50")]
    assert scale.captures[-1].total == Decimal("1.90")


def test_a_slow_leak_below_one_division_adds_up() -> None:
    scale = Scale(LEVEL).read("10.00", 4).read("9.99", 5).read("9.98", 5)
    assert sum(scale.deltas()) == Decimal("0.02")


moves = st.lists(st.tuples(st.integers(0, 3000), st.booleans(), st.integers(4, 8)), max_size=30)


@given(moves=moves)
def test_captures_add_up_to_what_left_the_hopper(moves: list[tuple[int, bool, int]]) -> None:
    scale, dosed, level = Scale(HOPPER).read("50.00", 4, dosed=0), 0, Decimal("50.00")
    for grams, refill, samples in moves:
        dosed += grams
        level += Decimal(25 if refill else 0) - Decimal(grams) / 1000
        scale.read(str(level + 1), 2, moving=True, dosed=dosed).read(
            str(level), samples, dosed=dosed
        )
    assert sum(scale.deltas()) == Decimal(dosed) / 1000
    assert all(delta >= 0 for delta in scale.deltas())
    assert scale.captures[-1].total == Decimal(dosed) / 1000


@given(drops=st.lists(st.integers(2, 300), max_size=20), refill_before=st.sets(st.integers(0, 19)))
def test_levels_add_up_within_a_division_a_capture(
    drops: list[int], refill_before: set[int]
) -> None:
    scale, level, left = Scale(LEVEL).read("50.00", 4), Decimal("50.00"), Decimal(0)
    for number, drop in enumerate(drops):
        if number in refill_before:
            level += 25
            scale.read("0", 2, moving=True).read(str(level), 4)
        level -= drop * E
        left += drop * E
        scale.read("0", 2, moving=True).read(str(level), 4)
    assert sum(scale.deltas()) == left
