"""Whether the server can work; asked by supervisors, without a token."""

from fastapi import APIRouter, Response
from psycopg import Error
from psycopg_pool import PoolTimeout

from mes_server.api.server import ServerHere
from mes_server.contract.health import Health
from mes_server.storage.migrate import applied_migrations

router = APIRouter(tags=["health"])

DATABASE_WAIT_S = 2.0


@router.get("/health")
async def get_health(server: ServerHere, response: Response) -> Health:
    """200 when the database answers and is migrated, else 503."""
    migrations: list[str] = []
    reached = False
    try:
        async with server.pool.connection(timeout=DATABASE_WAIT_S) as connection:
            migrations = await applied_migrations(connection)
            reached = True
    except (Error, PoolTimeout):
        response.status_code = 503
    return Health(ok=reached and bool(migrations), database=reached, migrations=migrations)
