"""Machine time is used while it can be trusted; a sample that comes twice is recognised."""

from datetime import UTC, datetime, timedelta

from edge.source_time import SourceTime

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_without_machine_time_the_agents_clock_is_right() -> None:
    assert SourceTime().choose(None, NOW) == (NOW, False)


def test_machine_time_within_five_seconds_is_used() -> None:
    assert SourceTime().choose(after(-4.9), NOW) == (after(-4.9), False)
    assert SourceTime().choose(after(4.9), NOW) == (after(4.9), False)


def test_machine_time_further_off_is_replaced_and_flagged() -> None:
    assert SourceTime().choose(after(-5.1), NOW) == (NOW, True)


def test_machine_time_that_runs_backwards_is_replaced_and_flagged() -> None:
    times = SourceTime()
    times.choose(after(0), NOW)
    assert times.choose(after(-1), after(1)) == (after(1), True)
    assert times.choose(after(2), after(2)) == (after(2), False)


def test_a_machine_clock_that_was_set_back_is_trusted_again_from_there() -> None:
    times = SourceTime()
    times.choose(after(4), after(0))
    assert times.choose(after(-2), after(1))[1]
    assert times.choose(after(-1), after(2)) == (after(-1), False)


def test_the_same_sample_again_is_a_replay() -> None:
    times = SourceTime()
    assert not times.is_replay(after(0), 5)
    times.choose(after(0), NOW)
    assert not times.is_replay(after(1), 6)
    times.choose(after(1), NOW)
    assert times.is_replay(after(0), 5)
    assert times.is_replay(after(1), 6)
    assert not times.is_replay(after(1), 7)


def test_a_replay_of_the_last_sample_is_recognised_over_a_restart() -> None:
    assert SourceTime(after(0), 5).is_replay(after(0), 5)


def test_history_keeps_its_time_and_does_not_turn_the_clock_back() -> None:
    times = SourceTime()
    times.choose(after(0), after(0))
    assert times.choose(after(-3600), after(1), historical=True) == (after(-3600), False)
    assert times.latest == after(0)
    assert times.choose(after(1), after(1)) == (after(1), False)


def test_history_from_the_future_is_not_believed() -> None:
    assert SourceTime().choose(after(60), after(0), historical=True) == (after(0), True)
