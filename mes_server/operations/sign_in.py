"""A badge shown at a station, with a PIN where one is needed: who is it?

Failures are counted by badge and by station, in the database: waiting times outlast a restart and hold for every way in.
"""

import asyncio
import math
from datetime import datetime, timedelta

from mes_server.domain.refusal import Refusal, UnknownBadge, Words
from mes_server.domain.rights import (
    AT_THIS_STATION,
    WITH_THIS_BADGE,
    PinNeeded,
    PinNotSet,
    PinWrong,
    TooManyAttempts,
)
from mes_server.domain.sign_in_limit import BADGE_LIMIT, STATION_LIMIT, Failures, Limit
from mes_server.operations.call import Call
from mes_server.operations.pin import pin_matches
from mes_server.storage import audit, people, sign_ins
from mes_server.storage.database import Connection, Pool

LASTS = timedelta(hours=12)
"""How long a sign-in with PIN is good for commands; terminals lock themselves much sooner."""


async def sign_in(pool: Pool, call: Call, *, pin: str | None) -> people.PersonRow:
    """The active person with the call's badge.

    Raises UnknownBadge, PinNeeded, PinNotSet, PinWrong or TooManyAttempts; what failed is counted and in the audit log.
    """
    async with pool.connection() as connection, connection.transaction():
        outcome = await _attempt(connection, call, pin=pin)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _attempt(
    connection: Connection, call: Call, *, pin: str | None
) -> people.PersonRow | Refusal:
    badge = call.badge or ""
    at_station = await _failures(connection, call, "station")
    if until := at_station.locked(call.now):
        return _too_many(AT_THIS_STATION, until, now=call.now)
    person = await people.find_badge(connection, badge)
    if person is None:
        return await _fail(connection, call, UnknownBadge(badge=badge), at_station=at_station)
    if person.needs_pin:
        refusal = await _check_pin(connection, call, person, pin=pin, at_station=at_station)
        if refusal is not None:
            return refusal
        await sign_ins.open_sign_in(
            connection,
            person_id=person.id,
            station=call.station,
            token=call.token,
            now=call.now,
            until=call.now + LASTS,
        )
    await sign_ins.forget_failures(connection, kind="badge", name=badge)
    if not at_station.count:
        await sign_ins.forget_failures(connection, kind="station", name=_name(call, "station"))
    await _record(connection, call, outcome="done")
    return person


async def _check_pin(
    connection: Connection,
    call: Call,
    person: people.PersonRow,
    *,
    pin: str | None,
    at_station: Failures,
) -> Refusal | None:
    if person.pin_hash is None:
        await _record(connection, call, refusal=PinNotSet.type)
        return PinNotSet(person=person.name)
    with_badge = await _failures(connection, call, "badge")
    if until := with_badge.locked(call.now):
        return _too_many(WITH_THIS_BADGE, until, now=call.now)
    if pin is None:
        return PinNeeded(person=person.name)
    if await asyncio.to_thread(pin_matches, person.pin_hash, pin):
        return None
    failed = await _count(connection, call, with_badge, kind="badge", limit=BADGE_LIMIT)
    left = BADGE_LIMIT.failures_max - failed.count
    refusal: Refusal = PinWrong(left=max(left, 0))
    if until := failed.locked(call.now):
        refusal = _too_many(WITH_THIS_BADGE, until, now=call.now)
    return await _fail(connection, call, refusal, at_station=at_station)


async def _fail(
    connection: Connection, call: Call, refusal: Refusal, *, at_station: Failures
) -> Refusal:
    """Count the failure at the station too, and write it down."""
    await _count(connection, call, at_station, kind="station", limit=STATION_LIMIT)
    await _record(connection, call, refusal=refusal.type)
    return refusal


async def _failures(connection: Connection, call: Call, kind: str) -> Failures:
    return await sign_ins.lock_failures(connection, kind=kind, name=_name(call, kind), now=call.now)


async def _count(
    connection: Connection, call: Call, failures: Failures, *, kind: str, limit: Limit
) -> Failures:
    failed = failures.plus_one(limit, now=call.now)
    await sign_ins.keep_failures(
        connection, failed, kind=kind, name=_name(call, kind), now=call.now
    )
    if failed.locked(call.now):
        await _record(connection, call, kind=f"lock-{kind}")
    return failed


def _name(call: Call, kind: str) -> str:
    return (call.badge or "") if kind == "badge" else f"{call.token} {call.station}"


def _too_many(where: Words, until: datetime, *, now: datetime) -> Refusal:
    seconds = max(1, math.ceil((until - now).total_seconds()))
    return TooManyAttempts(where=where, retry_after_s=seconds)


async def _record(
    connection: Connection,
    call: Call,
    *,
    kind: str = "sign-in",
    outcome: str = "refused",
    refusal: str = "",
) -> None:
    entry = audit.AuditEntry(
        at=call.now,
        kind=kind,
        outcome="done" if kind != "sign-in" else outcome,
        refusal=refusal,
        badge=call.badge or "",
        token=call.token,
        station=call.station,
        address=call.address,
        target=call.badge or "",
    )
    await audit.record(connection, entry)
