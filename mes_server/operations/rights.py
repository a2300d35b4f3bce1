"""Who may do what, where: the person's roles and lines, the sign-in, and the token of the program that asks."""

from collections.abc import Mapping
from typing import Any

from mes_server.domain.refusal import ROLE_WORDS, BadgeMissing, RoleMissing, UnknownBadge
from mes_server.domain.rights import (
    LineMissing,
    SignInNeeded,
    StationElsewhere,
    covers,
    lines_of,
    may_speak_for_people,
    stations_of,
)
from mes_server.operations.call import Call
from mes_server.operations.concerned import concerned_units
from mes_server.operations.roles import ADMIN, PROGRAMS, ROLES
from mes_server.storage import people, sign_ins
from mes_server.storage.database import Connection


async def authorise(
    connection: Connection, call: Call, *, kind: str, given: Mapping[str, Any]
) -> int | None:
    """The person's id, None for a program that may do this by itself.

    Raises UnknownBadge, BadgeMissing, RoleMissing, SignInNeeded, LineMissing or StationElsewhere.
    """
    if call.badge is None or not may_speak_for_people(call.scopes):
        if call.trusted or any(kind in PROGRAMS.get(scope, ()) for scope in call.scopes):
            return None
        raise BadgeMissing()
    person = await people.find_badge(connection, call.badge)
    if person is None:
        raise UnknownBadge(badge=call.badge)
    roles = ROLES[kind] | {ADMIN}
    held = roles.intersection(person.roles)
    if not held:
        raise RoleMissing(
            person=person.name, roles=tuple(ROLE_WORDS[role] for role in sorted(roles))
        )
    if person.needs_pin and not call.trusted:
        await _check_sign_in(connection, call, person)
    lines, stations = lines_of(held, person.role_lines), stations_of(call.scopes)
    if lines is not None or stations:
        units = await concerned_units(connection, kind=kind, given=given)
        if lines is not None and not covers(lines, units):
            raise LineMissing(person=person.name, lines=lines)
        if stations and not covers(stations, units):
            raise StationElsewhere(stations=stations)
    return person.id


async def _check_sign_in(connection: Connection, call: Call, person: people.PersonRow) -> None:
    if not await sign_ins.is_open(
        connection, person_id=person.id, station=call.station, token=call.token, now=call.now
    ):
        raise SignInNeeded(person=person.name)
