"""What the gateway did since it started, and complaints that cannot flood the log."""

from dataclasses import asdict, dataclass, field

import structlog

from device_profiles.program import Clock

COMPLAINT_EVERY_S = 10.0
"""A complaint of one kind is logged at most this often; what was held back is counted in the next one."""


@dataclass(slots=True, kw_only=True)
class Counters:
    """Running totals since start, all in pieces of what they name."""

    messages: int = 0
    facts: int = 0
    batches: int = 0
    acks: int = 0
    retries: int = 0
    quarantined: int = 0
    """Facts that were marked as not plausible."""
    malformed: int = 0
    """Messages that could not be read at all."""
    wrong_agent: int = 0
    """Messages that named another agent than their topic."""
    dropped: int = 0
    """Messages left out because too much of their agent's waited; the agent sends them again."""
    too_fast: int = 0
    """Messages left out because their agent sent more than it may; it sends them again."""
    replaced: int = 0
    """Facts that the server could not store and that travelled as a quarantined stand-in."""
    withheld: int = 0
    """Facts held back because the server refuses their agent altogether."""
    commands: int = 0
    reconnects: int = 0
    """Attempts to reach the broker again."""
    unpublished: int = 0
    """Messages to the plant that the broker did not take."""

    def as_fields(self) -> dict[str, int]:
        """For a structured log line."""
        return asdict(self)


@dataclass(slots=True, kw_only=True)
class Complaints:
    """Logs the first trouble of each kind at once, and repeats at a bounded rate."""

    clock: Clock
    every_s: float = COMPLAINT_EVERY_S
    _last: dict[str, float] = field(default_factory=dict[str, float])
    _held: dict[str, int] = field(default_factory=dict[str, int])

    def say(self, kind: str, **fields: object) -> None:
        """Log `kind` with its fields, unless it was logged a moment ago. Kinds are constants, so this is bounded."""
        now = self.clock.monotonic()
        if kind in self._last and now - self._last[kind] < self.every_s:
            self._held[kind] = self._held.get(kind, 0) + 1
            return
        self._last[kind] = now
        structlog.get_logger().warning(kind, held_back=self._held.pop(kind, 0), **fields)
