"""Tokens of programs, known by the hash of their secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

_SQL = load("tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """One token; nobody can read the secret back."""

    id: int
    name: str
    scopes: list[str]
    hint: str
    """First characters of the hash, to tell tokens apart."""
    created_at: datetime
    revoked_at: datetime | None


async def find_token(connection: Connection, secret_hash: bytes) -> TokenRow | None:
    """The live token of a secret."""
    return await fetch_one(connection, TokenRow, _SQL["by_hash"], {"secret_hash": secret_hash})


async def add_token(
    connection: Connection, *, name: str, scopes: Sequence[str], secret_hash: bytes, now: datetime
) -> TokenRow | None:
    """Register a token; None when a live one has the name."""
    values = {
        "name": name,
        "scopes": list(scopes),
        "secret_hash": secret_hash,
        "hint": secret_hash.hex()[:8],
        "now": now,
    }
    return await fetch_one(connection, TokenRow, _SQL["add"], values)


async def revoke_token(connection: Connection, token_id: int, *, now: datetime) -> TokenRow | None:
    """End a token; None when no live one has that number."""
    return await fetch_one(connection, TokenRow, _SQL["revoke"], {"id": token_id, "now": now})


async def list_tokens(connection: Connection, *, after: int, limit: int) -> list[TokenRow]:
    """Tokens whose number comes after one."""
    return await fetch_all(connection, TokenRow, _SQL["list"], {"after": after, "limit": limit})


async def name_of(connection: Connection, secret_hash: bytes) -> str | None:
    """What the token of a secret is, or was, called."""
    return await fetch_value(connection, _SQL["name_of"], {"secret_hash": secret_hash})
