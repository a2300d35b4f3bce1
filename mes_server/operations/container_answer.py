"""A container with what it holds, as commands answer it and lists show it."""

from decimal import Decimal

from mes_server.domain.container import CONTAINER, status_of
from mes_server.domain.refusal import NotFound
from mes_server.operations.command import Answer
from mes_server.storage import containers
from mes_server.storage.database import Connection


async def container_answer(connection: Connection, code: str) -> Answer:
    """A Container in JSON; raises NotFound."""
    rows = await containers.find(connection, code=code, limit=1)
    if not rows:
        raise NotFound(what=CONTAINER, name=code)
    return await container_words(connection, rows[0])


async def container_words(connection: Connection, row: containers.ContainerRow) -> Answer:
    """A Container in JSON."""
    inside = await containers.contents(connection, row.id)
    total = sum((one.quantity for one in inside), start=Decimal(0))
    return {
        "code": row.code,
        "kind": row.kind,
        "location": row.location,
        "location_name": row.location_name,
        "status": status_of(content=total, sealed=row.sealed).value,
        "tare": None if row.tare is None else str(row.tare),
        "tare_unit": row.tare_unit,
        "moved_at": row.moved_at.isoformat() if row.moved_at else None,
        "contents": [
            {
                "item": one.item,
                "item_name": one.item_name,
                "unit": one.unit,
                "lot": one.lot,
                "quantity": str(one.quantity),
            }
            for one in inside
        ],
    }
