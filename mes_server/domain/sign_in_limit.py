"""How often somebody may fail to sign in, at one station and with one badge, before waiting."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many failures within a window lock for a while, and each further one twice as long."""

    failures_max: int
    window: timedelta
    """Failures longer ago than this, since the first of them, are forgotten."""
    lock_first: timedelta
    lock_max: timedelta


BADGE_LIMIT = Limit(
    failures_max=3,
    window=timedelta(minutes=30),
    lock_first=timedelta(minutes=1),
    lock_max=timedelta(minutes=15),
)
"""Three wrong PINs: wait a minute; each further wrong one doubles it."""
STATION_LIMIT = Limit(
    failures_max=10,
    window=timedelta(minutes=1),
    lock_first=timedelta(minutes=1),
    lock_max=timedelta(minutes=5),
)
"""Ten failed scans within a minute are no person in a hurry any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """What failed so far under one badge or at one station."""

    count: int
    first_at: datetime
    locked_until: datetime | None = None

    def locked(self, now: datetime) -> datetime | None:
        """Until when to wait; None when an attempt is welcome."""
        return self.locked_until if self.locked_until and self.locked_until > now else None

    def plus_one(self, limit: Limit, *, now: datetime) -> "Failures":
        """One more attempt failed."""
        fresh = now - self.first_at > limit.window
        count = 1 if fresh else self.count + 1
        doublings = count - limit.failures_max
        locked_until = None
        if doublings >= 0:
            locked_until = now + min(limit.lock_first * 2 ** min(doublings, 10), limit.lock_max)
        return Failures(
            count=count, first_at=now if fresh else self.first_at, locked_until=locked_until
        )
