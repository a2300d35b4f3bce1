"""Versions of what people edit, for `If-Match`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from mes_server.api.access import screens_only
from mes_server.api.server import ServerHere
from mes_server.contract.versions import EditedThing, Version
from mes_server.storage.versions import version_of

router = APIRouter(prefix="/versions", tags=["master data"], dependencies=[Depends(screens_only)])


@router.get("/{thing}/{key:path}")
async def get_version(
    server: ServerHere,
    response: Response,
    thing: Annotated[EditedThing, Path(description="What it is")],
    key: Annotated[
        str,
        Path(
            max_length=130,
            description="Badge or code; of a bill `item@revision`, of a loop `item@location`",
        ),
    ],
) -> Version:
    """The version of a person, location, item, bill or loop, also as `ETag`.

    Take it before you show the thing to be edited, and send it as `If-Match` when it is saved: 412 says that somebody
    else was faster, and nothing is changed.
    """
    async with server.pool.connection() as connection:
        version = await version_of(connection, thing, key)
    response.headers["ETag"] = f'"{version}"'
    return Version(thing=thing, key=key, version=version)
