"""History: series of signals, pieces and states between edges, and how long facts are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from mes_server.domain.history import Resolution
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("history")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRow:
    """A signal; `unit` is the unit of its values."""

    id: int
    role: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit of the plant."""

    id: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """One stored reading; quality g good, u uncertain, q quarantined."""

    at: datetime
    quality: str
    value: float | None
    step: Decimal | None
    total: Decimal | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """What a signal read in the stretch that begins at `at`; quarantined readings only count as such."""

    at: datetime
    readings: int
    uncertain: int
    quarantined: int
    average: float | None
    lowest: float | None
    highest: float | None
    stepped: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    """An open order whose facts reach back to `since`."""

    order: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """An hour of a unit in which two roll-ups differ."""

    equipment_id: int
    hour: datetime
    counted_good: Decimal
    booked_good: Decimal
    counted_scrap: Decimal
    booked_scrap: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """[since, until) of a signal, at most `limit` rows."""

    signal_id: int
    since: datetime
    until: datetime
    limit: int

    def values(self) -> dict[str, object]:
        """As parameters."""
        return {
            "signal_id": self.signal_id,
            "since": self.since,
            "until": self.until,
            "limit": self.limit,
        }


async def find_signal(connection: Connection, *, path: str, name: str) -> SignalRow | None:
    """The signal of a unit, or None."""
    return await fetch_one(connection, SignalRow, _SQL["find_signal"], {"path": path, "name": name})


async def find_units(connection: Connection, paths: Sequence[str] | None) -> list[UnitRow]:
    """The units of these paths that exist; None: all."""
    values = {"paths": None if paths is None else list(paths)}
    return await fetch_all(connection, UnitRow, _SQL["find_units"], values)


async def count_readings(connection: Connection, stretch: Stretch) -> int:
    """How many readings the stretch has, at most its limit."""
    return await fetch_value(connection, _SQL["count_readings"], stretch.values()) or 0


async def readings(connection: Connection, stretch: Stretch) -> list[ReadingRow]:
    """Single readings, oldest first."""
    return await fetch_all(connection, ReadingRow, _SQL["readings"], stretch.values())


async def points(
    connection: Connection, stretch: Stretch, *, resolution: Resolution, zone: str
) -> list[PointRow]:
    """The stretch by minutes, hours, or days in that time zone; without points where nothing was heard."""
    name = {Resolution.HOUR: "hours", Resolution.DAY: "days"}.get(resolution, "minutes")
    values = stretch.values() | {
        "zone": zone,
        "width": timedelta(minutes=1),
        "origin": stretch.since.replace(second=0, microsecond=0),
    }
    return await fetch_all(connection, PointRow, _SQL[name], values)


async def set_keep(connection: Connection, *, days: int) -> None:
    """Tell the database how long facts are kept; 0: for ever."""
    await connection.execute(_SQL["set_keep"], {"days": days})


async def roll_up(connection: Connection, *, batches: int) -> int:
    """Take so many batches into the roll-ups; returns how many are still to come."""
    return await fetch_value(connection, _SQL["roll_up"], {"batches": batches}) or 0


async def roll_up_states(connection: Connection, *, now: datetime) -> int:
    """Take the hours that are over into the states by the hour; returns how many units changed."""
    return await fetch_value(connection, _SQL["roll_up_states"], {"now": now}) or 0


async def oldest_need(connection: Connection) -> NeedRow | None:
    """The open order that needs the oldest facts."""
    return await fetch_one(connection, NeedRow, _SQL["oldest_need"], {})


async def drop_before(connection: Connection, horizon: datetime) -> list[str]:
    """Drop facts that lie wholly before; returns the names of what was dropped."""
    return await fetch_column(connection, _SQL["drop_before"], {"horizon": horizon})


async def oldest_fact(connection: Connection) -> datetime | None:
    """How far back facts go."""
    return await fetch_value(connection, _SQL["oldest_fact"], {})


async def differences(connection: Connection, *, limit: int) -> list[DifferenceRow]:
    """Hours in which the signals' roll-up is not what was booked."""
    return await fetch_all(connection, DifferenceRow, _SQL["differences"], {"limit": limit})
