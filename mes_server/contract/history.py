"""History of signals and units."""

from decimal import Decimal
from typing import Literal

from mes_server.contract.shape import Instant, Shape


class SeriesPoint(Shape):
    """What a signal read in the stretch that begins at `at`, or, at resolution raw, one reading.

    `average`, `minimum` and `maximum` are of values (measurements, states have none); `step` is what counters and scales
    added, as it was booked. Quarantined readings are in none of them.
    """

    at: Instant
    readings: int
    uncertain: int
    quarantined: int
    average: float | None
    minimum: float | None
    maximum: float | None
    step: Decimal | None
    total: Decimal | None
    """Running total, at resolution raw only."""
    detail: str | None
    """What the machine said of it, or why it is quarantined; at resolution raw only."""


class SeriesGap(Shape):
    """Nothing was heard from the signal from `since` to `until`."""

    since: Instant
    until: Instant


class Series(Shape):
    """`GET /api/v1/history/series?unit=&signal=&from=&until=&resolution=&points=`."""

    unit: str
    signal: str
    role: str
    signal_unit: str
    """Unit of its values."""
    since: Instant
    until: Instant
    resolution: Literal["raw", "minute", "hour", "day"]
    points: list[SeriesPoint]
    gaps: list[SeriesGap]
    more_from: Instant | None
    """There is more: ask again with this `from`."""


class StateTime(Shape):
    """So long in a state."""

    state: str
    seconds: Decimal


class WindowFigures(Shape):
    """What a unit made within an hour, a shift or a day, and how long it was in which state."""

    unit: str
    since: Instant
    until: Instant
    good: Decimal
    scrap: Decimal
    states: list[StateTime]
    unheard_s: Decimal
    """Seconds up to now, or to the end of the window, of which no state is known."""
    restated_at: Instant | None = None
    """Of a shift that was closed: when a late fact last changed any of these (`GET /api/v1/shift-restatements`)."""


class Production(Shape):
    """`GET /api/v1/history/production?from=&until=&unit=&window=hour|shift|day`: windows that begin in [from, until)."""

    window: Literal["hour", "shift", "day"]
    time_zone: str
    """The plant's, in which shifts and days begin."""
    rows: list[WindowFigures]


class HistoryKept(Shape):
    """`GET /api/v1/history/kept`: how far back single readings go, and what holds them."""

    oldest_reading: Instant | None
    keep_days: int
    """0: for ever."""
    needed_since: Instant | None
    """Facts from here on are kept whatever the setting says, for an open order."""
    needed_by: str | None
