"""People: who signs in, who is registered, and with which rights."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import AskingHere, CallHere, readers_of, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.people import Person, SignIn
from mes_server.contract.rights import (
    ListedPerson,
    PersonChange,
    PinChange,
    PinState,
    RegisteredPerson,
)
from mes_server.contract.shape import Code
from mes_server.operations import save_person
from mes_server.operations.sign_in import sign_in
from mes_server.storage import people

router = APIRouter(tags=["people"], dependencies=[Depends(screens_only)])


@router.post("/sign-in")
async def post_sign_in(server: ServerHere, asking: AskingHere, body: SignIn) -> Person:
    """Who a badge belongs to; with the PIN where the person needs one (`pin-needed` says so).

    After too many failures the badge or the station has to wait: status 429, with `Retry-After`. A sign-in with PIN is
    good for commands from the same station and program for twelve hours.
    """
    call = replace(asking, badge=body.badge, station=body.station or asking.station)
    person = await sign_in(server.pool, call, pin=body.pin)
    return Person.model_validate(
        {
            "badge": person.badge,
            "name": person.name,
            "roles": person.roles,
            "language": person.language,
            "lines": person.role_lines,
        }
    )


@router.get("/people", dependencies=[Depends(readers_of("read-people"))])
async def get_people(
    server: ServerHere,
    response: Response,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Limit = 100,
) -> list[ListedPerson]:
    """Everybody by badge, inactive people too. For managers and administrators."""
    async with server.pool.connection() as connection:
        rows = await people.list_people(connection, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].badge if rows else after)
    return [
        ListedPerson.model_validate(
            {
                "badge": row.badge,
                "name": row.name,
                "roles": row.roles,
                "lines": row.role_lines,
                "language": row.language,
                "active": row.active,
                "has_pin": row.has_pin,
            }
        )
        for row in rows
    ]


@router.put("/people/{badge}")
async def put_person(
    server: ServerHere, call: CallHere, badge: Code, body: PersonChange
) -> RegisteredPerson:
    """Register a person, or change name, roles, lines, language or whether the badge works. For administrators."""
    change = save_person.PersonChange(
        badge=badge,
        name=body.name,
        roles=body.roles,
        lines={role: list(paths) for role, paths in body.lines.items()},
        language=body.language,
        active=body.active,
    )
    answer = await save_person.save_person(server.pool, call, change)
    return RegisteredPerson.model_validate(answer)


@router.put("/people/{badge}/pin")
async def put_pin(server: ServerHere, call: CallHere, badge: Code, body: PinChange) -> PinState:
    """Give a person a PIN, or take it away. For administrators; the PIN is kept as an Argon2 hash only."""
    answer = await save_person.set_pin(
        server.pool, call, badge=badge, pin=body.pin, salt=server.mint().bytes
    )
    return PinState.model_validate(answer)
