"""Figures that were reported already and became others, because a fact came late or a person corrected an hour.

Machine time decides the hour; an hour closes a grace after its end, on the server's clock. Until then late facts are
nothing special; from then on whatever changes the hour is kept, with what it was before.
"""

from datetime import datetime, timedelta

GRACE = timedelta(minutes=5)
"""How long after its end an hour still takes facts without being restated: delays on the way are ordinary."""
HOUR = timedelta(hours=1)


def closed_before(now: datetime) -> datetime:
    """The beginning of the first hour that is not closed; all hours before it are."""
    reached = now - GRACE
    return reached.replace(minute=0, second=0, microsecond=0)


def is_late(at: datetime, *, now: datetime) -> bool:
    """Whether a fact of machine time `at` restates its hour when it comes `now`."""
    return at < closed_before(now)
