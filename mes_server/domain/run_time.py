"""When a run of an operation may begin and end, by machine time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mes_server.domain.refusal import Refusal, words

CLOCKS_APART_MAX = timedelta(minutes=1)
"""How far a machine's clock may be ahead of the server's."""


@dataclass(kw_only=True, eq=False)
class InTheFuture(Refusal):
    """Nothing starts or ends tomorrow."""

    type = "in-the-future"
    status = 422
    title = words("{at} is still to come.", "时间{at}尚未到来。")
    detail = words(
        "Leave the time out to book it now, or check the clock of the terminal.",
        "不填时间即按当前时间登记，或检查终端时钟。",
    )
    at: datetime


@dataclass(kw_only=True, eq=False)
class RunOverlaps(Refusal):
    """Two orders at one time on one unit."""

    type = "run-overlaps"
    title = words(
        "Another order ran here until {last_end}; this one cannot have started at {at}.",
        "此设备在{last_end}之前运行其他工单，无法在{at}开工。",
    )
    detail = words("Give a start after that, or none to start now.", "请填写更晚的时间，或留空。")
    at: datetime
    last_end: datetime


@dataclass(kw_only=True, eq=False)
class RunEndsBeforeStart(Refusal):
    """An end before the start."""

    type = "run-ends-before-start"
    status = 422
    title = words(
        "The order runs since {started}; it cannot have ended at {at}.",
        "工单自{started}起运行，无法在{at}结束。",
    )
    detail = words("Give a later time, or none to end it now.", "请填写更晚的时间，或留空。")
    at: datetime
    started: datetime


def check_run_start(at: datetime | None, *, now: datetime, last_end: datetime | None) -> datetime:
    """When the run starts: `at`, or now and never before the unit's latest run ended."""
    if at is None:
        return max(now, last_end) if last_end is not None else now
    _check_not_ahead(at, now)
    if last_end is not None and at < last_end:
        raise RunOverlaps(at=at, last_end=last_end)
    return at


def check_run_end(at: datetime | None, *, now: datetime, started: datetime | None) -> datetime:
    """When the run ends: `at`, or now and never before it started."""
    if at is None:
        return max(now, started) if started is not None else now
    _check_not_ahead(at, now)
    if started is not None and at < started:
        raise RunEndsBeforeStart(at=at, started=started)
    return at


def _check_not_ahead(at: datetime, now: datetime) -> None:
    if at > now + CLOCKS_APART_MAX:
        raise InTheFuture(at=at)
