"""Isolation: what goes wrong beside the facts' way stays beside it. It is logged with its cause, counted, and reported.

Facts come in by `gateway/reception.py` and go up by `gateway/uplink.py`. Whoever else looks at them, and every other task
of the gateway, may fail in a way nobody foresaw: that part is held apart, begins anew, and everything else goes on.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ParamSpec

import structlog

from device_profiles.program import Clock

RESTART_FIRST_S, RESTART_MAX_S = 0.5, 5.0
"""A part that failed begins anew after so long, and later each time it fails soon again."""
STEADY_S = 30.0
"""A part that worked so long failed by something new."""
CAUSES_MAX = 100
"""Different causes that are logged with all their details; further ones are counted only."""

_Words = ParamSpec("_Words")


@dataclass(slots=True, kw_only=True)
class Isolation:
    """Holds failures apart from each other."""

    clock: Clock
    failures: dict[str, int] = field(default_factory=dict[str, int])
    """Part -> how often it failed in a way nobody foresaw, since the gateway started."""
    _told: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def failed(self, part: str, error: BaseException) -> None:
        """Count a failure; its cause is logged once for each kind of it. `part` is a constant, so this is bounded."""
        self.failures[part] = self.failures.get(part, 0) + 1
        cause = (part, type(error).__name__)
        if cause in self._told or len(self._told) >= CAUSES_MAX:
            return
        self._told.add(cause)
        structlog.get_logger().error(
            "part_failed", part=part, why=f"{cause[1]}: {error}"[:500], exc_info=error
        )

    def call(
        self,
        part: str,
        job: Callable[_Words, object],
        *words: _Words.args,
        **named: _Words.kwargs,
    ) -> None:
        """Call; whatever goes wrong ends here."""
        try:
            job(*words, **named)
        except Exception as error:
            self.failed(part, error)

    async def keep_running(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` for ever, until cancelled: what fails, or ends, begins anew."""
        pause_s = RESTART_FIRST_S
        while True:
            begun_s = self.clock.monotonic()
            try:
                await work()
                self.failed(part, RuntimeError("it ended by itself"))
            except Exception as error:
                self.failed(part, error)
            if self.clock.monotonic() - begun_s > STEADY_S:
                pause_s = RESTART_FIRST_S
            await self.clock.sleep(pause_s)
            pause_s = min(2 * pause_s, RESTART_MAX_S)
