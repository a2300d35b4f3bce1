"""Routings, looked at."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract import routings as contract
from mes_server.domain.routing import Routing, RoutingOperation
from mes_server.storage import routings

router = APIRouter(tags=["master data"], dependencies=[Depends(screens_only)])


@router.get("/routings")
async def get_routings(
    server: ServerHere,
    response: Response,
    item: Annotated[str | None, Query(max_length=64)] = None,
    revision: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[contract.Routing]:
    """Routings of one item or of all, every revision."""
    async with server.pool.connection() as connection:
        found = await routings.find(
            connection, item=item, revision=revision, after=after, limit=limit
        )
    mark_next(response, found, limit=limit, after=found[-1][0] if found else after)
    return [contract.Routing.model_validate(routing, from_attributes=True) for _, routing in found]


def routing_of(given: contract.Routing) -> Routing:
    """The routing as the server keeps it."""
    return Routing(
        item=given.item,
        revision=given.revision,
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        operations=tuple(
            RoutingOperation(
                number=step.number,
                name=dict(step.name),
                units=tuple(step.units),
                setup_s=step.setup_s,
                run_s=step.run_s,
                components=tuple(sorted(step.components)),
                outsourced=step.outsourced,
            )
            for step in sorted(given.operations, key=lambda step: step.number)
        ),
    )
