"""Sign-ins that last, and attempts that failed."""

from dataclasses import dataclass
from datetime import datetime

from mes_server.domain.sign_in_limit import Failures
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_one, fetch_value

_SQL = load("sign_ins")

FAILURES_KEPT_MAX = 2_000
"""Badges and stations whose failures are remembered; beyond it those that failed longest ago are forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _FailureRow:
    failures: int
    first_at: datetime
    locked_until: datetime | None


async def lock_failures(connection: Connection, *, kind: str, name: str, now: datetime) -> Failures:
    """What failed so far for a badge or station; whoever tries the same at once waits."""
    row = await fetch_one(
        connection, _FailureRow, _SQL["lock_failures"], {"kind": kind, "name": name, "now": now}
    )
    assert row is not None
    return Failures(count=row.failures, first_at=row.first_at, locked_until=row.locked_until)


async def keep_failures(
    connection: Connection, failures: Failures, *, kind: str, name: str, now: datetime
) -> None:
    """Store the failures of a badge or station."""
    values = {
        "kind": kind,
        "name": name,
        "failures": failures.count,
        "first_at": failures.first_at,
        "locked_until": failures.locked_until,
        "now": now,
    }
    await connection.execute(_SQL["keep_failures"], values)


async def forget_failures(connection: Connection, *, kind: str, name: str) -> None:
    """The badge signed in."""
    await connection.execute(_SQL["forget_failures"], {"kind": kind, "name": name})


async def open_sign_in(
    connection: Connection,
    *,
    person_id: int,
    station: str,
    token: str,
    now: datetime,
    until: datetime,
) -> None:
    """From now until then, commands of the person are taken from that station."""
    values = {
        "person_id": person_id,
        "station": station,
        "token": token,
        "now": now,
        "until": until,
    }
    await connection.execute(_SQL["open"], values)


async def is_open(
    connection: Connection, *, person_id: int, station: str, token: str, now: datetime
) -> bool:
    """Whether the person is signed in there."""
    values = {"person_id": person_id, "station": station, "token": token, "now": now}
    return await fetch_value(connection, _SQL["is_open"], values) is not None


async def trim(connection: Connection, *, now: datetime) -> None:
    """Forget sign-ins that are over, and all but the latest failures."""
    await connection.execute(_SQL["trim"], {"now": now})
    await connection.execute(_SQL["trim_failures"], {"keep": FAILURES_KEPT_MAX})
