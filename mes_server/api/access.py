"""Who calls: bearer tokens of services, compared in constant time; the badge of the person; the idempotency key."""

import hmac
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mes_server.api.server import ServerHere
from mes_server.contract.headers import BADGE, IDEMPOTENCY_KEY, STATION
from mes_server.domain.refusal import Refusal, words
from mes_server.operations.command import Call

_BEARER = HTTPBearer(
    auto_error=False, description="Token of the gateway, the HMI or an administrator"
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


@dataclass(kw_only=True, eq=False)
class TokenWrong(Refusal):
    """No token, or not one that may do this."""

    type = "token-wrong"
    status = 401
    title = words("This program may not ask for that.", "该程序无权访问。")
    detail = words(
        "Give its configuration the token that the server knows, then start it again.",
        "请在其配置中填写服务器认可的令牌，然后重新启动。",
    )


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


def _matches(credentials: HTTPAuthorizationCredentials | None, token: str) -> bool:
    """Constant-time comparison; an empty token lets nobody in."""
    given = credentials.credentials if credentials is not None else ""
    return hmac.compare_digest(given.encode(), token.encode()) and bool(token)


def is_admin(server: ServerHere, credentials: Credentials) -> bool:
    """Whether the administrator's token was sent."""
    return _matches(credentials, server.tokens.admin)


def gateway_only(server: ServerHere, credentials: Credentials) -> None:
    """Lets the gateway and administrators in; raises TokenWrong."""
    if not _matches(credentials, server.tokens.gateway) and not is_admin(server, credentials):
        raise TokenWrong()


def screens_only(server: ServerHere, credentials: Credentials) -> None:
    """Lets the HMI and administrators in; raises TokenWrong."""
    if not _matches(credentials, server.tokens.hmi) and not is_admin(server, credentials):
        raise TokenWrong()


def call_of(
    server: ServerHere,
    credentials: Credentials,
    key: Annotated[
        str | None, Header(alias=IDEMPOTENCY_KEY, description="UUID; the same key books once")
    ] = None,
    badge: Annotated[str | None, Header(alias=BADGE, max_length=64)] = None,
    station: Annotated[str, Header(alias=STATION, max_length=128)] = "",
) -> Call:
    """Who commands, and under which key; raises KeyMissing."""
    try:
        command_id = UUID(key or "")
    except ValueError:
        raise KeyMissing() from None
    return Call(
        command_id=command_id,
        now=server.clock.now(),
        badge=badge or None,
        station=station,
        trusted=is_admin(server, credentials),
    )


CallHere = Annotated[Call, Depends(call_of)]
