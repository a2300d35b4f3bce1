"""Who calls: tokens of programs, by the environment or by the table of tokens; the badge of the person; the key."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mes_server.api.server import ServerHere
from mes_server.contract.headers import BADGE, IDEMPOTENCY_KEY, IF_MATCH, STATION
from mes_server.domain.refusal import Refusal, words
from mes_server.domain.rights import (
    ADMIN_SCOPE,
    EVERY_STATION,
    INGEST_SCOPE,
    may_command,
    may_read,
)
from mes_server.operations.call import Call
from mes_server.operations.rights import authorise
from mes_server.operations.tokens import hash_secret
from mes_server.storage.tokens import find_token

_BEARER = HTTPBearer(
    auto_error=False,
    description="Token of a gateway, a terminal, another program or an administrator",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
SECRET_MAX = 200
"""Characters of a token that are looked at; nobody has a longer one."""


@dataclass(kw_only=True, eq=False)
class TokenWrong(Refusal):
    """No token, a revoked one, or not one that may do this."""

    type = "token-wrong"
    status = 401
    title = words("This program may not ask for that.", "该程序无权访问。")
    detail = words(
        "Give its configuration the token that the server knows, then start it again.",
        "请在其配置中填写服务器认可的令牌，然后重新启动。",
    )
    token: str = ""
    """Name of the token, when it is one that is known but not for this."""


@dataclass(kw_only=True, eq=False)
class KeyMissing(Refusal):
    """A command without a usable idempotency key."""

    type = "key-missing"
    status = 400
    title = words("The command has no Idempotency-Key.", "指令缺少 Idempotency-Key。")
    detail = words(
        "Send a new UUID with each command, and the same one again when you repeat it.",
        "每条指令须携带新的 UUID；重发时使用相同的 UUID。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program that calls."""

    token: str
    """Name of its token, e.g. `hmi` for the one in the environment."""
    scopes: frozenset[str]


async def program_of(server: ServerHere, credentials: Credentials) -> Program:
    """Whose token was sent; raises TokenWrong. Tokens of the environment need no database."""
    secret = credentials.credentials if credentials is not None else ""
    bootstrap = (
        ("admin", server.tokens.admin, ADMIN_SCOPE),
        ("hmi", server.tokens.hmi, EVERY_STATION),
        ("gateway", server.tokens.gateway, INGEST_SCOPE),
    )
    for name, token, scope in bootstrap:
        if token and hmac.compare_digest(secret.encode(), token.encode()):
            return Program(token=name, scopes=frozenset({scope}))
    if not secret or len(secret) > SECRET_MAX:
        raise TokenWrong()
    async with server.pool.connection() as connection:
        row = await find_token(connection, hash_secret(secret))
    if row is None:
        raise TokenWrong()
    return Program(token=row.name, scopes=frozenset(row.scopes))


ProgramHere = Annotated[Program, Depends(program_of)]


async def gateway_only(program: ProgramHere) -> None:
    """Lets gateways and administrators in; raises TokenWrong."""
    if program.scopes.isdisjoint({INGEST_SCOPE, ADMIN_SCOPE}):
        raise TokenWrong(token=program.token)


async def screens_only(request: Request, program: ProgramHere) -> None:
    """Lets readers look, and terminals, other programs and administrators command; raises TokenWrong."""
    allowed = may_read if request.method in ("GET", "HEAD") else may_command
    if not allowed(program.scopes):
        raise TokenWrong(token=program.token)


async def asking_of(
    server: ServerHere,
    request: Request,
    program: ProgramHere,
    shown: Annotated[
        str | None, Header(alias=BADGE, max_length=64, description="Badge of the person")
    ] = None,
    where: Annotated[
        str, Header(alias=STATION, max_length=128, description="Terminal or unit")
    ] = "",
) -> Call:
    """Who asks, without an idempotency key."""
    return Call(
        command_id=server.mint(),
        now=server.clock.now(),
        badge=shown or None,
        station=where,
        trusted=ADMIN_SCOPE in program.scopes,
        scopes=program.scopes,
        token=program.token,
        address=request.client.host if request.client else "",
    )


AskingHere = Annotated[Call, Depends(asking_of)]


async def call_of(
    asking: AskingHere,
    key: Annotated[
        str | None, Header(alias=IDEMPOTENCY_KEY, description="UUID; the same key books once")
    ] = None,
    seen: Annotated[
        str | None,
        Header(
            alias=IF_MATCH,
            pattern=r'^"?\d{1,9}"?$',
            description="order_version of the card that this was decided on, or what /versions said; 412 when it changed since",
        ),
    ] = None,
) -> Call:
    """Who commands, under which key, having seen which version; raises KeyMissing."""
    try:
        key_given = UUID(key or "")
    except ValueError:
        raise KeyMissing() from None
    expected = None if seen is None else int(seen.strip('"'))
    return replace(asking, command_id=key_given, expected_version=expected)


CallHere = Annotated[Call, Depends(call_of)]


def readers_of(kind: str) -> Callable[[ServerHere, AskingHere], Awaitable[None]]:
    """A dependency that lets in whoever may do `kind`: an administrator's token, or a person with one of its roles."""

    async def check(server: ServerHere, asking: AskingHere) -> None:
        async with server.pool.connection() as connection:
            await authorise(connection, asking, kind=kind, given={})

    return check
