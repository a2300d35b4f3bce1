"""Shifts go by the plant's clock: over midnight, and in nights that are shorter or longer than others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.program import SettingsFaults
from mes_server.domain.restatement import GRACE
from mes_server.domain.shift_calendar import (
    ShiftCalendar,
    WrongBegins,
    every_hours,
    read_begins,
)
from mes_server.settings import load_config

BERLIN = ZoneInfo("Europe/Berlin")
THREE = ShiftCalendar(zone=BERLIN, begins=read_begins("06:00, 14:00, 22:00"))
calendars = st.builds(
    ShiftCalendar,
    zone=st.sampled_from([BERLIN, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/St_Johns")]),
    begins=st.sets(st.integers(0, 1_439), min_size=1, max_size=6).map(
        lambda minutes: tuple(timedelta(minutes=minute) for minute in sorted(minutes))
    ),
)
moments = st.integers(0, 366 * 1_440).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@pytest.mark.parametrize(("day", "hours"), [(28, 7), (27, 8)])
def test_the_night_in_which_the_clocks_go_forward_is_an_hour_shorter(day: int, hours: int) -> None:
    evening = datetime(2026, 3, day, 22, tzinfo=BERLIN).astimezone(UTC)
    [began, ended] = THREE.edges(since=evening, until=evening + timedelta(hours=1), most=9)
    assert (began, ended - began) == (evening, timedelta(hours=hours))


def test_the_night_in_which_the_clocks_go_back_is_an_hour_longer() -> None:
    evening = datetime(2026, 10, 24, 22, tzinfo=BERLIN).astimezone(UTC)
    [began, ended] = THREE.edges(since=evening, until=evening + timedelta(hours=1), most=9)
    assert (began, ended - began) == (evening, timedelta(hours=9))


def test_a_shift_is_over_a_grace_after_its_end() -> None:
    began = datetime(2026, 3, 2, 14, tzinfo=BERLIN).astimezone(UTC)
    ended = began + timedelta(hours=8)
    short = timedelta(seconds=1)
    assert THREE.over(since=began, now=ended + GRACE - short, most=9) == []
    assert THREE.over(since=began, now=ended + GRACE, most=9) == [(began, ended)]


def test_no_more_shifts_are_told_than_wanted() -> None:
    began = datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert len(THREE.over(since=began, now=began + timedelta(days=900), most=100)) == 100


@given(calendar=calendars, moment=moments)
def test_every_moment_lies_in_one_shift(calendar: ShiftCalendar, moment: datetime) -> None:
    began = calendar.begin_before(moment)
    following = calendar.edges(since=began + timedelta(microseconds=1), until=moment, most=50)
    assert began <= moment < following[-1]
    assert following[-1] - began <= timedelta(hours=26)


def test_shifts_of_other_lengths_begin_anew_each_day() -> None:
    assert every_hours(BERLIN, first=22, hours=8).begins == THREE.begins
    found = every_hours(BERLIN, first=6, hours=7).begins
    assert [begin // timedelta(hours=1) for begin in found] == [3, 6, 13, 20]


@pytest.mark.parametrize(
    "text", ["", "6", "06:60", "24:00", "14:00 06:00", "06:00 06:00", "06:0", "noon", "-1:00"]
)
def test_begins_that_nobody_can_work_by_are_refused(text: str) -> None:
    with pytest.raises(WrongBegins):
        read_begins(text)


def test_begins_may_lie_within_an_hour() -> None:
    assert read_begins("5:45, 13:45") == (
        timedelta(hours=5, minutes=45),
        timedelta(hours=13, minutes=45),
    )


def test_the_settings_say_when_shifts_begin(tmp_path: Path) -> None:
    file = tmp_path / "mes.toml"
    file.write_text('[shifts]\nbegin = "05:30, 17:30"\n')
    config = load_config(file, {}, serving=False)
    assert config.shift_begins == (timedelta(hours=5.5), timedelta(hours=17.5))
    file.write_text('[shifts]\nbegin = "early"\n')
    with pytest.raises(SettingsFaults, match=r":2: shifts.begin must be times of day"):
        load_config(file, {}, serving=False)
