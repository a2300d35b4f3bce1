"""Physics of the simulated hopper scale: dosing, motion, refill, resolution, fault bits."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scale import Scale, ScaleFault, ScaleSpec

TICK_S = 0.02
SPEC = ScaleSpec(hopper_kg=20, refill_below_kg=5, refill_kg=15)


def scale(spec: ScaleSpec = SPEC) -> Scale:
    return Scale(spec, rng=random.Random(3))


def pass_time(subject: Scale, seconds: float) -> None:
    for _ in range(round(seconds / TICK_S)):
        subject.step(TICK_S)


def test_a_shot_moves_the_reading_which_then_settles_on_the_new_level() -> None:
    subject = scale()
    subject.dose(0.45)
    subject.step(TICK_S)
    assert subject.reading().moving
    pass_time(subject, 0.3)
    reading = subject.reading()
    assert (reading.moving, reading.net, reading.dosed) == (False, 19_550, 450)


def test_the_sum_of_doses_appears_only_when_the_reading_has_settled() -> None:
    subject = scale()
    subject.dose(0.45)
    subject.step(TICK_S)
    assert subject.reading().dosed == 0
    assert not subject.settled
    pass_time(subject, 0.3)
    assert subject.reading().dosed == 450
    assert subject.settled


def test_a_refill_raises_the_level_and_doses_nothing() -> None:
    subject = scale(ScaleSpec(hopper_kg=5.2, refill_below_kg=5, refill_kg=15))
    subject.dose(0.5)
    pass_time(subject, 1.0)
    assert subject.reading().moving
    pass_time(subject, 2.0)
    assert subject.level_kg == pytest.approx(19.7)
    assert subject.reading().dosed == 500


def test_gross_is_net_and_hopper() -> None:
    reading = scale().reading()
    assert reading.gross - reading.net == 5_200


def test_a_fault_bit_goes_out_by_itself() -> None:
    subject = scale()
    subject.fail(ScaleFault.ALARM, 1.0)
    pass_time(subject, 0.5)
    assert subject.reading().faults == {ScaleFault.ALARM}
    pass_time(subject, 0.6)
    assert subject.reading().faults == frozenset()


@given(st.lists(st.floats(0.001, 0.5), max_size=60), st.integers(0, 60))
def test_the_devices_sum_differs_from_the_true_mass_by_half_a_division_a_shot(
    shots: list[float], ticks: int
) -> None:
    subject = scale(ScaleSpec(hopper_kg=20, refill_below_kg=5, refill_kg=15, dosed_start_kg=7.0))
    for kg in shots:
        subject.dose(kg)
        pass_time(subject, ticks * TICK_S)
    pass_time(subject, 5)
    assert subject.settled
    shown_kg = (subject.dosed_divisions - 7_000) * 0.001
    assert abs(shown_kg - sum(shots)) <= 0.0005 * len(shots) + 1e-9
    assert subject.dosed_kg == pytest.approx(sum(shots))
