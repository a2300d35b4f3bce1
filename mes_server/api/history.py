"""Series of signals at the resolution that fits, and what units made by hour, shift or day."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from mes_server.api.access import screens_only
from mes_server.api.server import Server, ServerHere
from mes_server.contract.history import (
    HistoryKept,
    Production,
    Series,
    SeriesGap,
    SeriesPoint,
    StateTime,
    WindowFigures,
)
from mes_server.domain.history import (
    Gap,
    NoStretch,
    Resolution,
    TooManyWindows,
    Windows,
    begin_of,
    choose,
    edges_of,
    gaps_between_points,
    gaps_between_readings,
)
from mes_server.domain.refusal import UNIT, NotFound, words
from mes_server.domain.shift_calendar import ShiftCalendar, every_hours
from mes_server.storage import figures, history
from mes_server.storage.database import Connection
from mes_server.storage.figures import Figures
from mes_server.storage.history import PointRow, ReadingRow, Stretch, UnitRow

router = APIRouter(prefix="/history", tags=["history"], dependencies=[Depends(screens_only)])

POINTS_MAX = 5_000
ROWS_MAX = 5_000
"""Rows of one answer about windows."""
SIGNAL_OF_UNIT = words("signal of a unit", "设备信号")

From = Annotated[AwareDatetime, Query(alias="from", description="Begin, with time zone")]
Until = Annotated[AwareDatetime, Query(description="End, not included, with time zone")]


@router.get("/series")
async def get_series(
    server: ServerHere,
    unit: Annotated[str, Query(max_length=200, description="Path of the unit")],
    signal: Annotated[str, Query(max_length=100, description="Name of the signal")],
    since: From,
    until: Until,
    resolution: Annotated[
        Resolution, Query(description="auto takes the finest that fits")
    ] = Resolution.AUTO,
    points: Annotated[
        int, Query(ge=1, le=POINTS_MAX, description="Most points of the answer")
    ] = 500,
) -> Series:
    """A signal's readings, one by one or by minute, hour or day; what is missing is stated as a gap."""
    if since >= until:
        raise NoStretch
    zone = _zone(server)
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    async with server.pool.connection() as connection:
        found = await history.find_signal(connection, path=unit, name=signal)
        if found is None:
            raise NotFound(what=SIGNAL_OF_UNIT, name=f"{unit} {signal}")
        stretch = Stretch(signal_id=found.id, since=since, until=until, limit=points + 1)
        if resolution is Resolution.AUTO:
            heard = await history.count_readings(connection, stretch)
            resolution = choose(span=until - since, readings=heard, points=points)
        rows = await _rows(connection, stretch, resolution=resolution, zone=zone)
    more = rows[points].at if len(rows) > points else None
    shown = rows[:points]
    return Series(
        unit=unit,
        signal=signal,
        role=found.role,
        signal_unit=found.unit,
        since=since,
        until=until,
        resolution=resolution.value,  # pyright: ignore[reportArgumentType]
        points=[_point(row) for row in shown],
        gaps=[
            SeriesGap(since=gap.since, until=gap.until)
            for gap in _gaps(
                shown, stretch, resolution=resolution, zone=zone, cut=more, now=server.clock.now()
            )
        ],
        more_from=more,
    )


async def _rows(
    connection: Connection, stretch: Stretch, *, resolution: Resolution, zone: ZoneInfo
) -> list[ReadingRow] | list[PointRow]:
    if resolution is Resolution.RAW:
        return await history.readings(connection, stretch)
    whole = Stretch(
        signal_id=stretch.signal_id,
        since=begin_of(resolution, stretch.since, zone=zone),
        until=stretch.until,
        limit=stretch.limit,
    )
    return await history.points(connection, whole, resolution=resolution, zone=zone.key)


def _gaps(
    rows: list[ReadingRow] | list[PointRow],
    stretch: Stretch,
    *,
    resolution: Resolution,
    zone: ZoneInfo,
    cut: datetime | None,
    now: datetime,
) -> list[Gap]:
    """What no reading covers, up to now and up to where the answer ends."""
    until = max(stretch.since, min(stretch.until, cut or stretch.until, now.astimezone(UTC)))
    times = [row.at for row in rows if row.at < until]
    if until == stretch.since:
        return []
    if resolution is Resolution.RAW:
        return gaps_between_readings(times, since=stretch.since, until=until)
    return gaps_between_points(
        times, resolution=resolution, since=stretch.since, until=until, zone=zone
    )


def _point(row: ReadingRow | PointRow) -> SeriesPoint:
    if isinstance(row, PointRow):
        return SeriesPoint(
            at=row.at, readings=row.readings, uncertain=row.uncertain, quarantined=row.quarantined,
            average=row.average, minimum=row.lowest, maximum=row.highest, step=row.stepped, total=None, detail=None,
        )  # fmt: skip
    believed = row.value if row.quality != "q" else None
    return SeriesPoint(
        at=row.at, readings=1, uncertain=int(row.quality == "u"), quarantined=int(row.quality == "q"),
        average=believed, minimum=believed, maximum=believed, step=row.step, total=row.total, detail=row.detail,
    )  # fmt: skip


@router.get("/production")
async def get_production(
    server: ServerHere,
    since: From,
    until: Until,
    unit: Annotated[
        list[str] | None, Query(max_length=200, description="Paths of units; left out: all")
    ] = None,
    window: Annotated[Windows, Query(description="What a row stands for")] = Windows.SHIFT,
    shift_hours: Annotated[
        int | None, Query(ge=1, le=24, description="Other shifts than the plant's: their length")
    ] = None,
    first_shift: Annotated[
        int | None,
        Query(ge=0, le=23, description="Other shifts than the plant's: hour of the day's first"),
    ] = None,
) -> Production:
    """Good and scrapped pieces and the seconds in each state: all that OEE is made of, by hour, shift or day.

    Shifts are the plant's own (`[shifts]` in the server's settings) unless `shift_hours` (8) or `first_shift` (6) is given.
    """
    if since >= until:
        raise NoStretch
    now = server.clock.now()
    async with server.pool.connection() as connection:
        units = await history.find_units(connection, unit)
        for path in unit or ():
            if path not in {found.path for found in units}:
                raise NotFound(what=UNIT, name=path)
        edges = edges_of(
            window,
            since=since.astimezone(UTC),
            until=until.astimezone(UTC),
            shifts=_shifts(server, first_shift=first_shift, shift_hours=shift_hours),
            most=ROWS_MAX,
        )
        if (len(edges) - 1) * len(units) > ROWS_MAX:
            raise TooManyWindows(most=ROWS_MAX)
        rows = await _figures(connection, units, edges, now=now) if len(edges) > 1 else []
    return Production(
        window=window.value,
        time_zone=server.plant.time_zone,
        rows=rows,
    )


async def _figures(
    connection: Connection, units: list[UnitRow], edges: list[datetime], *, now: datetime
) -> list[WindowFigures]:
    """A row for each unit and window, whether anything was heard or not."""
    found = await figures.between(
        connection, units=[unit.id for unit in units], edges=edges, now=now
    )
    rows: list[WindowFigures] = []
    for nr, (since, until) in enumerate(pairwise(edges), start=1):
        past = Decimal(max(timedelta(0), min(until, now) - since) / timedelta(seconds=1))
        for unit in units:
            one = found.get((unit.id, nr)) or Figures()
            states = one.states
            rows.append(
                WindowFigures(
                    unit=unit.path,
                    since=since,
                    until=until,
                    good=one.good,
                    scrap=one.scrap,
                    states=[StateTime(state=name, seconds=states[name]) for name in sorted(states)],
                    unheard_s=max(Decimal(0), past - sum(states.values(), Decimal(0))),
                    restated_at=one.restated_at,
                )
            )
    return rows


@router.get("/kept")
async def get_kept(server: ServerHere) -> HistoryKept:
    """How far back single readings go, how long they are kept, and the open order that needs older ones."""
    async with server.pool.connection() as connection:
        oldest = await history.oldest_fact(connection)
        need = await history.oldest_need(connection)
    return HistoryKept(
        oldest_reading=oldest,
        keep_days=server.history_keep_days,
        needed_since=need.since if need else None,
        needed_by=need.order if need else None,
    )


def _shifts(server: Server, *, first_shift: int | None, shift_hours: int | None) -> ShiftCalendar:
    """The plant's own shifts, or others that are asked for."""
    if first_shift is None and shift_hours is None:
        return server.shifts
    first = 6 if first_shift is None else first_shift
    return every_hours(_zone(server), first=first, hours=shift_hours or 8)


def _zone(server: Server) -> ZoneInfo:
    return ZoneInfo(server.plant.time_zone)
