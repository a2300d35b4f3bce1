"""Who is signed in where: kept here, keyed by station and browser, never in the browser itself."""

from dataclasses import dataclass, replace

from mes_server.contract.people import Person

IDLE_S = 300.0
SESSIONS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person at a station."""

    person: Person
    touched_at: float
    """Monotonic seconds of the last touch."""


class Sessions:
    """All sessions of this process. A session that was not touched for `idle_s` is over."""

    def __init__(self, *, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._sessions: dict[tuple[str, str], Session] = {}

    def open(self, station: str, browser: str, person: Person, *, now: float) -> None:
        """Sign a person in; whoever was there before is signed out. Over SESSIONS_MAX the idlest goes."""
        self._sessions[station, browser] = Session(person=person, touched_at=now)
        if len(self._sessions) > SESSIONS_MAX:
            idlest = min(self._sessions, key=lambda key: self._sessions[key].touched_at)
            del self._sessions[idlest]

    def current(self, station: str, browser: str, *, now: float) -> Person | None:
        """Who may book here now."""
        session = self._sessions.get((station, browser))
        if session is None:
            return None
        if now - session.touched_at > self._idle_s:
            del self._sessions[station, browser]
            return None
        return session.person

    def touch(self, station: str, browser: str, *, now: float) -> None:
        """The screen was touched: the session goes on."""
        if self.current(station, browser, now=now) is not None:
            key = (station, browser)
            self._sessions[key] = replace(self._sessions[key], touched_at=now)

    def close(self, station: str, browser: str) -> None:
        """Lock the station."""
        self._sessions.pop((station, browser), None)
