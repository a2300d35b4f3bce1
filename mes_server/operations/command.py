"""How every command of a person runs: who may, once a key, in one transaction, with what follows from it.

A verb does its own work on the open transaction and returns an Outcome. This module does the rest: the person and the
role, the idempotency key, shortages and calls that follow from moved stock, the feed, and a bounded number of tries.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from mes_server.domain.refusal import (
    ROLE_WORDS,
    BadgeMissing,
    KeyReused,
    RoleMissing,
    UnknownBadge,
)
from mes_server.operations.roles import ADMIN, ROLES
from mes_server.storage import commands, feed, people, stock_effects
from mes_server.storage.database import OVERTAKEN, Connection, Pool
from mes_server.storage.touched import Touched

TRIES_MAX = 3
"""How often a command is tried when other transactions are faster; then the error goes to the caller."""

Answer = dict[str, Any]
"""JSON object that the caller gets, and gets again for the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who asks for something, from where, when, and under which idempotency key."""

    command_id: UUID
    now: datetime
    badge: str | None = None
    station: str = ""
    trusted: bool = False
    """True for a service that may act without a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """The open transaction of one command."""

    connection: Connection
    now: datetime
    command_id: UUID
    person_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a verb did."""

    answer: Answer
    touched: Touched = field(default_factory=Touched)
    places: frozenset[tuple[int, int]] = frozenset()
    """(item, location) whose stock moved."""


Work = Callable[[Transaction], Awaitable[Outcome]]


async def run_command(
    pool: Pool, call: Call, *, kind: str, given: Mapping[str, Any], work: Work
) -> Answer:
    """Run `work` once for the call's key, or give the answer it was given before.

    `given` is the content that the key stands for; the same key with other content raises KeyReused. Whatever `work`
    raises undoes everything.
    """
    for attempt in range(1, TRIES_MAX + 1):
        try:
            async with pool.connection() as connection, connection.transaction():
                return await _once(connection, call, kind=kind, given=given, work=work)
        except OVERTAKEN:
            if attempt == TRIES_MAX:
                raise
    raise AssertionError("unreachable")


async def _once(
    connection: Connection, call: Call, *, kind: str, given: Mapping[str, Any], work: Work
) -> Answer:
    person_id = await _authorise(connection, call, kind=kind)
    content = _spell(given)
    digest = _digest(kind, content)
    stored = await commands.claim(
        connection,
        command_id=call.command_id,
        kind=kind,
        input_hash=digest,
        given=content,
        person_id=person_id,
        station=call.station,
        at=call.now,
    )
    if stored is not None:
        if stored.input_hash != digest:
            raise KeyReused()
        return stored.answer
    transaction = Transaction(
        connection=connection, now=call.now, command_id=call.command_id, person_id=person_id
    )
    outcome = await work(transaction)
    await commands.keep_answer(connection, command_id=call.command_id, answer=outcome.answer)
    touched = outcome.touched
    if outcome.places:
        touched |= await stock_effects.apply(
            connection, places=outcome.places, now=call.now, command_id=call.command_id
        )
    await feed.emit(connection, touched=touched, now=call.now)
    return outcome.answer


async def _authorise(connection: Connection, call: Call, *, kind: str) -> int | None:
    """The person's id; raises UnknownBadge, BadgeMissing or RoleMissing."""
    if call.badge is None:
        if call.trusted:
            return None
        raise BadgeMissing()
    person = await people.find_badge(connection, call.badge)
    if person is None:
        raise UnknownBadge(badge=call.badge)
    roles = ROLES[kind] | {ADMIN}
    if roles.isdisjoint(person.roles):
        raise RoleMissing(
            person=person.name, roles=tuple(ROLE_WORDS[role] for role in sorted(roles))
        )
    return person.id


def _spell(given: Mapping[str, Any]) -> Answer:
    """The content as JSON, in one spelling."""
    return json.loads(json.dumps(given, sort_keys=True, default=str))


def _digest(kind: str, given: Answer) -> bytes:
    """SHA-256 over the content."""
    return hashlib.sha256(json.dumps([kind, given], sort_keys=True).encode()).digest()
