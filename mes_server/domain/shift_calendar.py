"""When shifts begin and end by the plant's clock. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mes_server.domain.restatement import GRACE

SHIFTS_MAX = 24
"""Shifts of one day."""
DAY = timedelta(days=1)


class Window(NamedTuple):
    """[began, ended)."""

    began: datetime
    ended: datetime


class WrongBegins(ValueError):
    """Shifts must begin at different times of day, written hh:mm, in their order, at least one and at most 24."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftCalendar:
    """Each day's shifts begin at these times of the local clock; a shift lasts until the next one begins.

    A time that the clocks jump over is the instant at which it would have been; a time that comes twice is the first.
    """

    zone: ZoneInfo
    begins: tuple[timedelta, ...]
    """Since local midnight, ascending."""

    def edges(self, *, since: datetime, until: datetime, most: int) -> list[datetime]:
        """Begins of the shifts in [since, until), and the end of the last; at most `most` + 1 of them."""
        day = since.astimezone(self.zone).replace(
            hour=0, minute=0, second=0, microsecond=0, tzinfo=None
        )
        day -= DAY
        edges: list[datetime] = []
        while True:
            for begin in self.begins:
                edge = (day + begin).replace(tzinfo=self.zone).astimezone(since.tzinfo)
                if edge < since or (edges and edge <= edges[-1]):
                    continue
                edges.append(edge)
                if edge >= until or len(edges) > most:
                    return edges
            day += DAY

    def over(self, *, since: datetime, now: datetime, most: int) -> list[Window]:
        """Shifts from `since` on that ended a grace before `now`, at most so many."""
        edges = self.edges(since=since, until=now, most=most)
        return [Window(*both) for both in pairwise(edges) if both[1] <= now - GRACE]

    def begin_before(self, moment: datetime) -> datetime:
        """The begin of the shift that a moment lies in."""
        edges = self.edges(since=moment - 2 * DAY, until=moment, most=3 * SHIFTS_MAX)
        return max(edge for edge in edges if edge <= moment)


def whole_days(zone: ZoneInfo) -> ShiftCalendar:
    """One window a day, from local midnight."""
    return ShiftCalendar(zone=zone, begins=(timedelta(0),))


def every_hours(zone: ZoneInfo, *, first: int, hours: int) -> ShiftCalendar:
    """Shifts of so many hours, the first of each day at hour `first`; what is left of the day is a short one."""
    found = sorted({hour % 24 for hour in range(first, first + 24, hours)})
    return ShiftCalendar(zone=zone, begins=tuple(timedelta(hours=hour) for hour in found))


def read_begins(text: str) -> tuple[timedelta, ...]:
    """Times of day as they are written in settings: `06:00, 14:00, 22:00`. Raises WrongBegins."""
    found: list[timedelta] = []
    for word in text.replace(",", " ").split():
        hour, colon, minute = word.partition(":")
        if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
            raise WrongBegins
        found.append(timedelta(hours=int(hour), minutes=int(minute)))
        if int(minute) > 59 or found[-1] >= DAY:
            raise WrongBegins
    if not 0 < len(found) <= SHIFTS_MAX or sorted(set(found)) != found:
        raise WrongBegins
    return tuple(found)
