"""Who looks at a page, from where, in which language."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fastapi import Request

from hmi.house import House
from hmi.i18n import Language, Words, language_from
from hmi.server_client import Caller
from hmi.views.formatting import Format
from mes_server.contract.people import Person

LANGUAGE_COOKIE = "lineside_language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One browser on one page."""

    house: House
    browser: str
    station: str
    language: Language

    @property
    def words(self) -> Words:
        """The words of the visitor's language."""
        return Words(language=self.language)

    def form(self) -> Format:
        """How this visitor reads figures, in the plant's zone."""
        return Format(words=self.words, zone=ZoneInfo(self.house.model.time_zone))

    def person(self) -> Person | None:
        """Who is signed in at this station."""
        now = self.house.clock.monotonic()
        return self.house.sessions.current(self.station, self.browser, now=now)

    def caller(self) -> Caller:
        """For the headers of a request."""
        person = self.person()
        badge = "" if person is None else person.badge
        return Caller(language=self.language, station=self.station, badge=badge)


def visitor_of(request: Request, house: House, *, station: str) -> Visitor:
    """The visitor behind a page request."""
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    return Visitor(
        house=house,
        browser=str(request.session["id"]),
        station=station,
        language=language_from(wanted, house.settings.default_language),
    )
