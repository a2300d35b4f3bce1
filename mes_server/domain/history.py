"""How finely a stretch of history is shown, and where nothing was heard. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from statistics import median
from typing import assert_never
from zoneinfo import ZoneInfo

from mes_server.domain.refusal import Refusal, words
from mes_server.domain.shift_calendar import ShiftCalendar, whole_days

SILENCE_FACTOR = 10
SILENCE_S_MIN = 60.0
"""Between single readings it is a gap when ten times the usual distance passes, and at least a minute."""


class Resolution(Enum):
    """What one point of a series stands for."""

    AUTO = "auto"
    RAW = "raw"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class Windows(Enum):
    """What one row of production stands for."""

    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"


WIDTHS = {
    Resolution.MINUTE: timedelta(minutes=1),
    Resolution.HOUR: timedelta(hours=1),
    Resolution.DAY: timedelta(days=1),
}


@dataclass(kw_only=True, eq=False)
class NoStretch(Refusal):
    """From is not before until."""

    type = "no-stretch-of-time"
    status = 422
    title = words("The stretch of time ends before it begins.", "时间段的结束早于开始。")
    detail = words("Give a `from` that is earlier than `until`.", "请让 from 早于 until。")


@dataclass(kw_only=True, eq=False)
class TooManyWindows(Refusal):
    """More rows than one answer holds."""

    type = "too-many-windows"
    status = 422
    title = words("That makes more than {most} rows.", "结果超过 {most} 行。")
    detail = words(
        "Ask for a shorter time, for fewer units, or for longer windows (day instead of hour).",
        "请缩短时间、减少设备，或选择更长的统计周期（按天代替按小时）。",
    )
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """[since, until): nothing was heard."""

    since: datetime
    until: datetime


def choose(*, span: timedelta, readings: int, points: int) -> Resolution:
    """The finest resolution of which the stretch has at most so many points; days if none."""
    if readings <= points:
        return Resolution.RAW
    for resolution, width in WIDTHS.items():
        if span <= width * points:
            return resolution
    return Resolution.DAY


def begin_of(resolution: Resolution, moment: datetime, *, zone: ZoneInfo) -> datetime:
    """Where the point begins that a moment belongs to; days are the plant's own."""
    match resolution:
        case Resolution.MINUTE:
            return moment.replace(second=0, microsecond=0)
        case Resolution.HOUR:
            return moment.replace(minute=0, second=0, microsecond=0)
        case Resolution.DAY:
            local = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
            return local.astimezone(moment.tzinfo)
        case _:
            return moment


def after(resolution: Resolution, begin: datetime, *, zone: ZoneInfo) -> datetime:
    """Where the next point begins; a day may have 23 or 25 hours."""
    if resolution is Resolution.DAY:
        local = begin.astimezone(zone)
        return (
            (local.replace(tzinfo=None) + WIDTHS[resolution])
            .replace(tzinfo=zone)
            .astimezone(begin.tzinfo)
        )
    return begin + WIDTHS[resolution]


def gaps_between_points(
    begins: Sequence[datetime],
    *,
    resolution: Resolution,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
) -> list[Gap]:
    """Stretches of [since, until) that no point covers."""
    found: list[Gap] = []
    heard = since
    for begin in (*begins, until):
        if begin > heard:
            found.append(Gap(since=heard, until=min(begin, until)))
        if begin < until:
            heard = max(heard, after(resolution, begin, zone=zone))
    return found


def gaps_between_readings(
    times: Sequence[datetime], *, since: datetime, until: datetime
) -> list[Gap]:
    """Silences among single readings, judged by their usual distance, in order; of none, the whole stretch."""
    if not times:
        return [Gap(since=since, until=until)]
    distances = [(b - a).total_seconds() for a, b in pairwise(times)]
    most = timedelta(
        seconds=max(SILENCE_S_MIN, SILENCE_FACTOR * median(distances))
        if distances
        else SILENCE_S_MIN
    )
    edges = (since, *times, until)
    return [Gap(since=a, until=b) for a, b in pairwise(edges) if b - a > most]


def edges_of(
    windows: Windows, *, since: datetime, until: datetime, shifts: ShiftCalendar, most: int
) -> list[datetime]:
    """Edges of the windows that begin in [since, until), and the end of the last.

    Shifts and days go by the plant's clock, hours are those of UTC. Raises TooManyWindows.
    """
    match windows:
        case Windows.HOUR:
            edges = _hours(since, until, most=most)
        case Windows.SHIFT:
            edges = shifts.edges(since=since, until=until, most=most)
        case Windows.DAY:
            edges = whole_days(shifts.zone).edges(since=since, until=until, most=most)
        case _:
            assert_never(windows)
    if edges[-1] < until:
        raise TooManyWindows(most=most)
    return edges


def _hours(since: datetime, until: datetime, *, most: int) -> list[datetime]:
    hour = timedelta(hours=1)
    begin = since.replace(minute=0, second=0, microsecond=0)
    edges = [begin if begin == since else begin + hour]
    while edges[-1] < until and len(edges) <= most:
        edges.append(edges[-1] + hour)
    return edges
