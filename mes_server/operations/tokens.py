"""Tokens of programs: created, shown once, and revoked one by one."""

import hashlib
from collections.abc import Sequence
from typing import Any

from mes_server.domain.refusal import AlreadyExists, NotFound
from mes_server.domain.rights import TOKEN, ScopeUnknown, is_scope
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import tokens
from mes_server.storage.database import Pool

PREFIX = "lineside_"
"""Every secret begins so, which lets scanners of logs and repositories find it."""


def hash_secret(secret: str) -> bytes:
    """SHA-256 of a secret; it has so many random bits that nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()


async def create_token(
    pool: Pool, call: Call, *, name: str, scopes: Sequence[str], secret: str
) -> Answer:
    """Register a token. Answers `{id, name, scopes, hint, created_at, revoked_at, secret}`.

    The secret is in this answer only: whoever repeats the command is answered without it. Raises ScopeUnknown or
    AlreadyExists.
    """
    secret_hash = hash_secret(secret)

    async def work(transaction: Transaction) -> Outcome:
        for scope in scopes:
            if not is_scope(scope):
                raise ScopeUnknown(scope=scope)
        row = await tokens.add_token(
            transaction.connection,
            name=name,
            scopes=scopes,
            secret_hash=secret_hash,
            now=transaction.now,
        )
        if row is None:
            raise AlreadyExists(what=TOKEN, name=name)
        return Outcome(answer=token_words(row))

    given = {"name": name, "scopes": list(scopes)}
    answer = await run_command(pool, call, kind="create-token", given=given, work=work)
    ours = answer["hint"] == secret_hash.hex()[: len(answer["hint"])]
    return {**answer, "secret": secret if ours else None}


async def revoke_token(pool: Pool, call: Call, *, token_id: int) -> Answer:
    """End a token: the next request with it is refused. Answers the token; raises NotFound."""

    async def work(transaction: Transaction) -> Outcome:
        row = await tokens.revoke_token(transaction.connection, token_id, now=transaction.now)
        if row is None:
            raise NotFound(what=TOKEN, name=str(token_id))
        return Outcome(answer=token_words(row))

    return await run_command(pool, call, kind="revoke-token", given={"id": token_id}, work=work)


def token_words(row: tokens.TokenRow) -> dict[str, Any]:
    """A token in the words of the API, without its secret."""
    return {
        "id": row.id,
        "name": row.name,
        "scopes": row.scopes,
        "hint": row.hint,
        "created_at": row.created_at.isoformat(),
        "revoked_at": row.revoked_at and row.revoked_at.isoformat(),
    }
