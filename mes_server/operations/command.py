"""How every command of a person runs: who may, once a key, in one transaction, with what follows from it.

A verb does its own work on the open transaction and returns an Outcome. This module does the rest: the person and the
role, the idempotency key, calls that were for an order that changed, shortages and calls that follow from moved stock,
the feed, the audit log, and a bounded number of tries.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mes_server.domain.refusal import KeyReused, Refusal
from mes_server.operations.call import Call
from mes_server.operations.concerned import reason_of, target_of
from mes_server.operations.review_calls import review_calls
from mes_server.operations.rights import authorise
from mes_server.operations.versions import check_version
from mes_server.storage import audit, commands, feed, stock_effects
from mes_server.storage.database import OVERTAKEN, Connection, Pool
from mes_server.storage.touched import Touched

__all__ = ["Answer", "Call", "Outcome", "Transaction", "Work", "run_command"]

GIVEN_BYTES_MAX = 8_000
"""Content of a refused command that the audit log keeps; of more only its digest."""
TRIES_MAX = 3
"""How often a command is tried when other transactions are faster; then the error goes to the caller."""

Answer = dict[str, Any]
"""JSON object that the caller gets, and gets again for the same key."""


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
    pool: Pool,
    call: Call,
    *,
    kind: str,
    given: Mapping[str, Any],
    work: Work,
    streamed: bool = False,
) -> Answer:
    """Run `work` once for the call's key, or give the answer it was given before.

    `given` is the content that the key stands for; the same key with other content raises KeyReused. Whatever `work`
    raises undoes everything; a refusal stays in the audit log. `streamed`: the database is waited for only where rows are
    read, so that what the command locks is held for a shorter time; not for a verb that copies, goes by the number of rows
    that a statement changed, or goes on after a statement that failed.
    """
    try:
        return await _in_transaction(
            pool, call, kind=kind, given=given, work=work, streamed=streamed
        )
    except Refusal as refusal:
        await _record_refusal(pool, call, kind=kind, given=given, refusal=refusal)
        raise


async def _in_transaction(
    pool: Pool, call: Call, *, kind: str, given: Mapping[str, Any], work: Work, streamed: bool
) -> Answer:
    for attempt in range(1, TRIES_MAX + 1):
        try:
            async with (
                pool.connection() as connection,
                connection.pipeline() if streamed else nullcontext(),
                connection.transaction(),
            ):
                return await _once(connection, call, kind=kind, given=given, work=work)
        except OVERTAKEN:
            if attempt == TRIES_MAX:
                raise
    raise AssertionError("unreachable")


async def _once(
    connection: Connection, call: Call, *, kind: str, given: Mapping[str, Any], work: Work
) -> Answer:
    content = _spell(given)
    person_id = await authorise(connection, call, kind=kind, given=content)
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
    await check_version(connection, content, expected=call.expected_version, kind=kind)
    transaction = Transaction(
        connection=connection, now=call.now, command_id=call.command_id, person_id=person_id
    )
    outcome = await work(transaction)
    await commands.keep_answer(connection, command_id=call.command_id, answer=outcome.answer)
    touched = outcome.touched
    touched |= await review_calls(
        connection, operations=touched.operations, now=call.now, command_id=call.command_id
    )
    if outcome.places:
        touched |= await stock_effects.apply(
            connection, places=outcome.places, now=call.now, command_id=call.command_id
        )
    entry = _entry(call, kind=kind, given=content)
    await audit.record(
        connection,
        replace(entry, outcome="done", person_id=person_id, command_id=call.command_id),
    )
    await feed.emit(connection, touched=touched, now=call.now)
    return outcome.answer


async def _record_refusal(
    pool: Pool, call: Call, *, kind: str, given: Mapping[str, Any], refusal: Refusal
) -> None:
    """The refused command in the audit log, in a transaction of its own."""
    content = _spell(given)
    if len(json.dumps(content)) > GIVEN_BYTES_MAX:
        content = {"sha256": _digest(kind, content).hex()}
    entry = _entry(call, kind=kind, given=content)
    async with pool.connection() as connection:
        await audit.record(
            connection,
            replace(entry, refusal=refusal.type, command_id=call.command_id, given=content),
        )


def _entry(call: Call, *, kind: str, given: Answer) -> audit.AuditEntry:
    return audit.AuditEntry(
        at=call.now,
        kind=kind,
        outcome="refused",
        badge=call.badge or "",
        token=call.token,
        station=call.station,
        address=call.address,
        target=target_of(given),
        reason=reason_of(given),
    )


def _spell(given: Mapping[str, Any]) -> Answer:
    """The content as JSON, in one spelling."""
    return json.loads(json.dumps(given, sort_keys=True, default=str))


def _digest(kind: str, given: Answer) -> bytes:
    """SHA-256 over the content."""
    return hashlib.sha256(json.dumps([kind, given], sort_keys=True).encode()).digest()
