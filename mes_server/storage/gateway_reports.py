"""The last report of each gateway: one row each, so that a server that starts again knows whom it heard."""

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from gateway.contract.codec import Malformed, decode, encode
from gateway.contract.report import GatewayReport
from mes_server.domain.gateway_report import Heard, heard
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load

_SQL = load("gateway_reports")

GATEWAYS_MAX = 100
"""Of more, those that were heard last are kept."""


async def take(connection: Connection, report: GatewayReport, *, now: datetime) -> None:
    """Keep the report in place of the gateway's one before."""
    async with connection.transaction():
        cursor = await connection.execute(_SQL["lock"], {"gateway": report.gateway})
        row = await cursor.fetchone()
        kept = heard(None if row is None else _heard(*row), report, now)
        values = {
            "gateway": report.gateway,
            "heard_at": now,
            "report": encode(report).decode(),
            "grew": Jsonb([[name, why, at.isoformat()] for (name, why), at in kept.grew.items()]),
        }
        await connection.execute(_SQL["keep"], values)
        if row is None:
            await connection.execute(_SQL["forget"], {"most": GATEWAYS_MAX})


async def find(connection: Connection, *, after: str, limit: int) -> list[tuple[str, Heard | None]]:
    """(name, last report) by name; None for one whose words this server does not know, until it speaks again."""
    cursor = await connection.execute(_SQL["find"], {"after": after, "limit": limit})
    return [(gateway, _heard(*row)) for gateway, *row in await cursor.fetchall()]


def _heard(at: datetime, report: str, grew: list[list[Any]]) -> Heard | None:
    try:
        said = decode(report.encode(), GatewayReport)
    except Malformed:
        return None
    return Heard(
        report=said,
        at=at,
        grew={(name, why): datetime.fromisoformat(when) for name, why, when in grew},
    )
