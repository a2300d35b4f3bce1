"""Tokens of programs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, readers_of, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.rights import CreatedToken, NewToken, Token
from mes_server.operations.tokens import PREFIX, create_token, revoke_token, token_words
from mes_server.storage.tokens import list_tokens

router = APIRouter(prefix="/tokens", tags=["tokens"], dependencies=[Depends(screens_only)])


@router.post("", status_code=201)
async def post_token(server: ServerHere, call: CallHere, body: NewToken) -> CreatedToken:
    """Create a token for a terminal (`station:…`), a gateway (`ingest`) or another program. For administrators.

    Its secret is in this answer and nowhere else.
    """
    secret = f"{PREFIX}{server.mint().hex}{server.mint().hex}"
    answer = await create_token(
        server.pool, call, name=body.name, scopes=body.scopes, secret=secret
    )
    return CreatedToken.model_validate(answer)


@router.post("/{token_id}/revoke")
async def post_revocation(server: ServerHere, call: CallHere, token_id: int) -> Token:
    """Revoke a token: the next request that carries it is answered 401. For administrators."""
    return Token.model_validate(await revoke_token(server.pool, call, token_id=token_id))


@router.get("", dependencies=[Depends(readers_of("read-tokens"))])
async def get_tokens(
    server: ServerHere,
    response: Response,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[Token]:
    """Every token by number, revoked ones too, without secrets. For administrators."""
    async with server.pool.connection() as connection:
        rows = await list_tokens(connection, after=after, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Token.model_validate(token_words(row)) for row in rows]
