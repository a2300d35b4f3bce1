"""Containers: made known, packed, moved whole, and listed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.containers import Container, ContainerEntry, ContainerMove, ContentEntry
from mes_server.operations.container_answer import container_answer, container_words
from mes_server.operations.move_container import move_container
from mes_server.operations.pack_container import (
    Content,
    NewContainer,
    create_container,
    pack_container,
    seal_container,
)
from mes_server.storage import containers

router = APIRouter(
    prefix="/containers",
    tags=["containers"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)
CodeQuery = Annotated[str | None, Query(max_length=64)]


@router.post("", status_code=201)
async def post_container(server: ServerHere, call: CallHere, body: ContainerEntry) -> Container:
    """Make a container known, empty."""
    answer = await create_container(server.pool, call, NewContainer(**body.model_dump()))
    return Container.model_validate(answer)


@router.post("/{code}/move")
async def post_move(
    server: ServerHere, call: CallHere, code: str, body: ContainerMove
) -> Container:
    """Move the container with all that is in it."""
    answer = await move_container(
        server.pool, call, code=code, to_location=body.to_location, reason=body.reason
    )
    return Container.model_validate(answer)


@router.post("/{code}/seal")
async def post_seal(server: ServerHere, call: CallHere, code: str) -> Container:
    """Mark the container as full."""
    return Container.model_validate(await seal_container(server.pool, call, code=code, sealed=True))


@router.post("/{code}/open")
async def post_open(server: ServerHere, call: CallHere, code: str) -> Container:
    """Open a full container again."""
    return Container.model_validate(
        await seal_container(server.pool, call, code=code, sealed=False)
    )


@router.post("/{code}/{step}")
async def post_content(
    server: ServerHere,
    call: CallHere,
    code: str,
    step: Literal["pack", "unpack"],
    body: ContentEntry,
) -> Container:
    """Put loose stock of the container's place in, or take it out; the stock stays at the place."""
    answer = await pack_container(
        server.pool, call, code=code, content=Content(**body.model_dump()), unpack=step == "unpack"
    )
    return Container.model_validate(answer)


@router.get("")
async def get_containers(
    server: ServerHere,
    response: Response,
    location: CodeQuery = None,
    item: CodeQuery = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 50,
) -> list[Container]:
    """Containers and what they hold."""
    async with server.pool.connection() as connection:
        rows = await containers.find(
            connection, location=location, item=item, after=after, limit=limit
        )
        shown = [await container_words(connection, row) for row in rows]
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Container.model_validate(one) for one in shown]


@router.get("/{code}")
async def get_container(server: ServerHere, code: str) -> Container:
    """One container."""
    async with server.pool.connection() as connection:
        return Container.model_validate(await container_answer(connection, code))
