"""The audit log."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from mes_server.api.access import readers_of, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.rights import AuditEntry
from mes_server.storage.audit import AuditFilter, find_entries

router = APIRouter(
    tags=["audit"], dependencies=[Depends(screens_only), Depends(readers_of("read-audit"))]
)
Word = Annotated[str | None, Query(max_length=200)]


@router.get("/audit")
async def get_audit(
    server: ServerHere,
    response: Response,
    badge: Word = None,
    token: Word = None,
    station: Word = None,
    kind: Word = None,
    target: Word = None,
    outcome: Literal["done", "refused"] | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[AuditEntry]:
    """Who did or tried what, when, where and why, newest first; `after` goes on to older lines.

    For managers and administrators.
    """
    which = AuditFilter(
        before=after,
        badge=badge,
        token=token,
        station=station,
        kind=kind,
        target=target,
        outcome=outcome,
        since=since,
        until=until,
    )
    async with server.pool.connection() as connection:
        rows = await find_entries(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [AuditEntry.model_validate(asdict(row)) for row in rows]
