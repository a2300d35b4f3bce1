"""Refused tokens in the audit log: which one, for what, from where, and never so often that the log fills up."""

from datetime import timedelta

import structlog
from fastapi import Request
from psycopg import Error
from psycopg_pool import PoolTimeout

from mes_server.api.access import SECRET_MAX, TokenWrong
from mes_server.api.server import server_of
from mes_server.operations.tokens import hash_secret
from mes_server.storage import audit
from mes_server.storage.tokens import name_of

KIND = "use-token"
WINDOW = timedelta(minutes=1)
"""Within it the same token from the same address is written once."""
LINES_MAX = 60
"""Lines of this kind within the window, whoever asks; what is beyond stands in the server's own log."""

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger()


async def note_refused_token(request: Request, refusal: TokenWrong) -> None:
    """Write a line, unless the same was written just now. A database that is away does not change the answer."""
    server = server_of(request)
    now = server.clock.now()
    _, _, secret = request.headers.get("authorization", "").partition(" ")
    digest = hash_secret(secret[:SECRET_MAX]) if secret else b""
    try:
        async with server.pool.connection() as connection:
            known = refusal.token or (await name_of(connection, digest) if digest else None)
            entry = audit.AuditEntry(
                at=now,
                kind=KIND,
                outcome="refused",
                refusal=refusal.type,
                token=known or (f"sha256:{digest.hex()[:8]}" if digest else ""),
                address=request.client.host if request.client else "",
                target=f"{request.method} {request.url.path}"[:200],
            )
            same, everybody = await audit.told_lately(connection, entry, since=now - WINDOW)
            if not same and everybody < LINES_MAX:
                await audit.record(connection, entry)
    except (Error, PoolTimeout) as error:
        _LOG.warning("refused_token_not_noted", error=str(error))
