"""How finely history is shown, where it has gaps, and where shifts begin."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.history import (
    Gap,
    Resolution,
    TooManyWindows,
    Windows,
    begin_of,
    choose,
    edges_of,
    gaps_between_points,
    gaps_between_readings,
)
from mes_server.domain.shift_calendar import every_hours

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "readings", "resolution"),
    [
        (timedelta(days=30), 400, Resolution.RAW),
        (timedelta(hours=8), 28_800, Resolution.MINUTE),
        (timedelta(days=7), 501, Resolution.HOUR),
        (timedelta(days=300), 501, Resolution.DAY),
        (timedelta(days=9_000), 501, Resolution.DAY),
    ],
)
def test_the_finest_resolution_that_fits_is_taken(
    span: timedelta, readings: int, resolution: Resolution
) -> None:
    assert choose(span=span, readings=readings, points=500) is resolution


def test_minutes_without_a_point_are_one_gap() -> None:
    minutes = [NOON + timedelta(minutes=n) for n in (0, 1, 5)]
    assert gaps_between_points(
        minutes, resolution=Resolution.MINUTE, since=NOON, until=NOON + timedelta(minutes=8), zone=BERLIN
    ) == [
        Gap(since=NOON + timedelta(minutes=2), until=NOON + timedelta(minutes=5)),
        Gap(since=NOON + timedelta(minutes=6), until=NOON + timedelta(minutes=8)),
    ]  # fmt: skip


@given(st.sets(st.integers(0, 59)))
def test_points_and_gaps_cover_the_hour_without_overlap(minutes: set[int]) -> None:
    begins = [NOON + timedelta(minutes=n) for n in sorted(minutes)]
    gaps = gaps_between_points(
        begins,
        resolution=Resolution.MINUTE,
        since=NOON,
        until=NOON + timedelta(hours=1),
        zone=BERLIN,
    )
    silent = {
        int((gap.since - NOON) / timedelta(minutes=1)) + n
        for gap in gaps
        for n in range(int((gap.until - gap.since) / timedelta(minutes=1)))
    }
    assert silent == set(range(60)) - minutes


def test_a_day_of_the_plant_may_have_twenty_three_hours() -> None:
    saturday = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Berlin; the clocks go forward
    assert begin_of(Resolution.DAY, saturday + timedelta(hours=5), zone=BERLIN) == saturday
    monday = saturday + timedelta(hours=23)
    gaps = gaps_between_points(
        [saturday],
        resolution=Resolution.DAY,
        since=saturday,
        until=saturday + timedelta(hours=47),
        zone=BERLIN,
    )
    assert gaps == [Gap(since=monday, until=monday + timedelta(hours=24))]


def test_single_readings_have_a_gap_where_ten_usual_distances_pass() -> None:
    seconds = [0, 10, 20, 30, 200, 210]
    times = [NOON + timedelta(seconds=s) for s in seconds]
    assert gaps_between_readings(times, since=NOON, until=NOON + timedelta(seconds=220)) == [
        Gap(since=times[3], until=times[4])
    ]


def test_without_readings_all_of_it_is_a_gap() -> None:
    until = NOON + timedelta(hours=1)
    assert gaps_between_readings([], since=NOON, until=until) == [Gap(since=NOON, until=until)]


def edges(windows: Windows, since: datetime, until: datetime) -> list[str]:
    shifts = every_hours(BERLIN, first=6, hours=8)
    found = edges_of(windows, since=since, until=until, shifts=shifts, most=100)
    return [edge.astimezone(BERLIN).strftime("%d %H") for edge in found]


def test_shifts_begin_by_the_plants_clock() -> None:
    assert edges(Windows.SHIFT, NOON, NOON + timedelta(days=1)) == [
        "02 14", "02 22", "03 06", "03 14",
    ]  # fmt: skip


def test_shifts_keep_their_hour_when_the_clocks_change() -> None:
    friday = datetime(2026, 3, 27, 22, 0, tzinfo=UTC)
    assert edges(Windows.SHIFT, friday, friday + timedelta(days=2)) == [
        "28 06", "28 14", "28 22", "29 06", "29 14", "29 22", "30 06",
    ]  # fmt: skip


def test_more_windows_than_an_answer_holds_are_refused() -> None:
    with pytest.raises(TooManyWindows):
        edges(Windows.HOUR, NOON, NOON + timedelta(days=30))


def test_hours_are_those_of_utc_and_the_night_that_has_one_twice_has_both() -> None:
    night = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    shifts = every_hours(BERLIN, first=6, hours=8)
    found = edges_of(
        Windows.HOUR, since=night, until=night + timedelta(hours=3), shifts=shifts, most=9
    )
    assert [edge.strftime("%d %H:%M") for edge in found] == [
        "25 00:00", "25 01:00", "25 02:00", "25 03:00",
    ]  # fmt: skip


def test_as_many_windows_as_an_answer_holds_are_answered() -> None:
    shifts = every_hours(BERLIN, first=6, hours=8)
    found = edges_of(
        Windows.HOUR, since=NOON, until=NOON + timedelta(hours=9), shifts=shifts, most=9
    )
    assert len(found) == 10
