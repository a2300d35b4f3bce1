"""The live plant as one snapshot."""

from fastapi import APIRouter, Depends

from mes_server.api.access import screens_only
from mes_server.api.server import ServerHere
from mes_server.contract.feed import PlantSnapshot
from mes_server.storage import feed

router = APIRouter(tags=["live"], dependencies=[Depends(screens_only)])


@router.get("/plant")
async def get_plant(server: ServerHere) -> PlantSnapshot:
    """Everything live, and the feed position it is true for; follow `/feed` from there."""
    async with server.pool.connection() as connection:
        return PlantSnapshot.model_validate(await feed.snapshot(connection, now=server.clock.now()))
