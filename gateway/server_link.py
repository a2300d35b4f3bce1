"""The way to the server: HTTPS, outbound only, one kept-alive connection, and every answer sorted into four kinds."""

import ssl
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx

from gateway.contract.codec import Malformed, decode, encode
from gateway.contract.job_order import CommandPage
from gateway.contract.uplink import IngestReply, IngestRequest

INGEST_PATH = "/api/v1/ingest/facts"
COMMANDS_PATH = "/api/v1/gateway/commands"
CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 15.0
"""A batch of 5,000 facts commits in well under a second; beyond this the server is taken for lost."""
DETAIL_MAX = 500
"""Characters of an answer's body that a complaint quotes."""

_ABOUT_CONTENT = frozenset({400, 409, 413, 415, 422})
"""Statuses by which a server says that it will never take this very request."""

_T = TypeVar("_T", IngestReply, CommandPage)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The request was not served.

    `unreachable`: no connection, time-out, overload, or a wrong token or path: try again. `failed`: the server broke
    over it (status 500): try again, but it may be the content. `refused`: the content will never be taken.
    """

    why: Literal["unreachable", "failed", "refused"]
    detail: str


class ServerLink:
    """One server. Use as an asynchronous context manager."""

    def __init__(self, *, url: str, token: str, ca_file: Path | None = None) -> None:
        context = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=4),
            verify=context,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def ingest(self, request: IngestRequest) -> IngestReply | NoAnswer:
        """Send one batch; the reply comes after the server's commit."""
        try:
            answer = await self._http.post(INGEST_PATH, content=encode(request))
        except (httpx.HTTPError, OSError) as error:
            return _unreachable(error)
        return _read(answer, IngestReply)

    async def commands(self, *, after: int, wait_s: float) -> CommandPage | NoAnswer:
        """Commands after a position, waiting up to `wait_s` for the first."""
        try:
            answer = await self._http.get(
                COMMANDS_PATH,
                params={"after": after, "wait_s": f"{wait_s:g}"},
                timeout=httpx.Timeout(wait_s + ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            )
        except (httpx.HTTPError, OSError) as error:
            return _unreachable(error)
        return _read(answer, CommandPage)


def _unreachable(error: Exception) -> NoAnswer:
    return NoAnswer(why="unreachable", detail=f"{type(error).__name__}: {error}")


def _read(answer: httpx.Response, kind: type[_T]) -> _T | NoAnswer:
    if answer.status_code == HTTPStatus.OK:
        try:
            return decode(answer.content, kind)
        except Malformed as error:
            return NoAnswer(why="unreachable", detail=f"the answer is {error}")
    detail = f"HTTP {answer.status_code}: {answer.text[:DETAIL_MAX]}"
    if answer.status_code in _ABOUT_CONTENT:
        return NoAnswer(why="refused", detail=detail)
    if answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return NoAnswer(why="failed", detail=detail)
    return NoAnswer(why="unreachable", detail=detail)
