"""An hour closes a grace after its end; what comes later restates it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.restatement import GRACE, closed_before, is_late

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
SECONDS = st.integers(-200_000, 200_000).map(lambda seconds: TEN + timedelta(seconds=seconds))


def test_an_hour_takes_facts_until_a_grace_after_its_end() -> None:
    fact = TEN - timedelta(minutes=1)
    assert not is_late(fact, now=TEN + GRACE - timedelta(seconds=1))
    assert is_late(fact, now=TEN + GRACE)


def test_the_running_hour_is_never_closed() -> None:
    assert not is_late(TEN, now=TEN + timedelta(minutes=59))


@given(at=SECONDS, now=SECONDS)
def test_all_facts_of_an_hour_are_late_or_none_is(at: datetime, now: datetime) -> None:
    start = at.replace(minute=0, second=0, microsecond=0)
    last = start + timedelta(hours=1, microseconds=-1)
    assert is_late(start, now=now) == is_late(at, now=now) == is_late(last, now=now)
    assert closed_before(now) <= now - GRACE
