"""Whose clock a fact goes by: the machine's where it can be trusted, else the agent's. Recognises replays. Pure."""

from collections import deque
from datetime import datetime, timedelta

from edge.decoding import RawValue

TRUSTED_WITHIN = timedelta(seconds=5)
"""A machine's clock is trusted within this distance of the agent's."""
REPLAYS_REMEMBERED = 64
"""Samples per signal whose (source time, value) are remembered."""


class SourceTime:
    """The machine time of one signal: monotone, close to the agent's clock, and never the same sample twice."""

    __slots__ = ("_latest", "_recent")

    def __init__(self, latest: datetime | None = None, value: RawValue | None = None) -> None:
        self._latest = latest
        self._recent: deque[tuple[datetime, RawValue]] = deque(maxlen=REPLAYS_REMEMBERED)
        if latest is not None and value is not None:
            self._recent.append((latest, value))

    @property
    def latest(self) -> datetime | None:
        """Newest source time so far."""
        return self._latest

    def is_replay(self, source_time: datetime | None, value: RawValue) -> bool:
        """True when this very sample was taken before; else it is remembered."""
        if source_time is None:
            return False
        sample = (source_time, value)
        if self._latest is not None and source_time <= self._latest and sample in self._recent:
            return True
        self._recent.append(sample)
        return False

    def choose(
        self, source_time: datetime | None, arrived: datetime, *, historical: bool = False
    ) -> tuple[datetime, bool]:
        """(time of the fact, True when the agent's clock had to stand in for the machine's).

        What a device kept for later, and says so, keeps its time however old it is.
        """
        if source_time is None:
            return arrived, False
        monotone = self._latest is None or source_time >= self._latest
        if historical and not monotone:
            return source_time, False
        if monotone or self._latest is None or source_time < self._latest - TRUSTED_WITHIN:
            # A machine clock that was set back by much starts a new order of its own.
            self._latest = source_time
        if historical and source_time <= arrived:
            return source_time, False
        if monotone and abs(source_time - arrived) <= TRUSTED_WITHIN:
            return source_time, False
        return arrived, True
