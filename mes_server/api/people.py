"""Badges."""

from fastapi import APIRouter, Depends

from mes_server.api.access import screens_only
from mes_server.api.server import ServerHere
from mes_server.contract.people import Person, SignIn
from mes_server.operations.sign_in import sign_in

router = APIRouter(tags=["people"], dependencies=[Depends(screens_only)])


@router.post("/sign-in")
async def post_sign_in(server: ServerHere, body: SignIn) -> Person:
    """Who a badge belongs to."""
    person = await sign_in(server.pool, badge=body.badge)
    return Person.model_validate(
        {
            "badge": person.badge,
            "name": person.name,
            "roles": person.roles,
            "language": person.language,
        }
    )
