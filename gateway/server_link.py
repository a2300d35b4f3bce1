"""The way to the server: HTTPS, outbound only, one kept-alive connection, and every answer sorted into four kinds."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx

from device_profiles.link_words import plain_fault
from device_profiles.trust import client_context
from gateway.contract.codec import Malformed, decode, encode
from gateway.contract.job_order import CommandPage, RunningOrders
from gateway.contract.report import GatewayReport
from gateway.contract.uplink import IngestReply, IngestRequest

INGEST_PATH = "/api/v1/ingest/facts"
REPORT_PATH = "/api/v1/gateway/report"
COMMANDS_PATH = "/api/v1/gateway/commands"
ORDERS_PATH = "/api/v1/gateway/orders"
CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 15.0
"""A batch of 5,000 facts commits in well under a second; beyond this the server is taken for lost."""
DOUBT_AFTER_S = 2.0
"""A request unanswered for so long makes us ask the server for a sign of life, and again every so often."""
SIGN_OF_LIFE_S = 3.0
"""Without a sign of life within this the link is taken for dead (frozen, half open), and a new one is tried."""
HEALTH_PATH = "/api/v1/health"
DETAIL_MAX = 500
"""Characters of an answer's body that a complaint quotes."""

_ABOUT_CONTENT = frozenset({400, 409, 413, 415, 422})
"""Statuses by which a server says that it will never take this very request."""

_T = TypeVar("_T", IngestReply, CommandPage, RunningOrders)


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

    def __init__(
        self,
        *,
        url: str,
        token: str,
        ca_file: Path | None = None,
        doubt_after_s: float = DOUBT_AFTER_S,
        sign_of_life_s: float = SIGN_OF_LIFE_S,
    ) -> None:
        self._doubt_after_s = doubt_after_s
        self._sign_of_life_s = sign_of_life_s
        context = client_context(ca_file)
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=httpx.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
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
            answer = await self._while_alive(self._http.post(INGEST_PATH, content=encode(request)))
        except (httpx.HTTPError, OSError) as error:
            return _unreachable(error)
        return _read(answer, IngestReply)

    async def commands(self, *, after: int, wait_s: float) -> CommandPage | NoAnswer:
        """Commands after a position, waiting up to `wait_s` for the first."""
        try:
            answer = await self._while_alive(
                self._http.get(
                    COMMANDS_PATH,
                    params={"after": after, "wait_s": f"{wait_s:g}"},
                    timeout=httpx.Timeout(wait_s + ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
                )
            )
        except (httpx.HTTPError, OSError) as error:
            return _unreachable(error)
        return _read(answer, CommandPage)

    async def running_orders(self) -> RunningOrders | NoAnswer:
        """The order that runs on each unit now."""
        try:
            answer = await self._while_alive(self._http.get(ORDERS_PATH))
        except (httpx.HTTPError, OSError) as error:
            return _unreachable(error)
        return _read(answer, RunningOrders)

    async def report(self, report: GatewayReport) -> NoAnswer | None:
        """Say how the gateway stands; None when the server took it."""
        try:
            answer = await self._http.post(REPORT_PATH, content=encode(report))
        except (httpx.HTTPError, OSError) as error:
            return _unreachable(error)
        if answer.is_success:
            return None
        return NoAnswer(why="unreachable", detail=f"HTTP {answer.status_code}")

    async def _while_alive(self, asking: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
        """The answer, waited for while the server shows signs of life; raises httpx.ReadTimeout when it shows none.

        A server that is only slow is not asked twice; one that hangs, or a link that froze, costs seconds.
        """
        request = asyncio.create_task(asking)
        try:
            while not (await asyncio.wait([request], timeout=self._doubt_after_s))[0]:
                if not await self._lives():
                    raise httpx.ReadTimeout("the server shows no sign of life")
            return request.result()
        finally:
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)

    async def _lives(self) -> bool:
        """Whether the server answers at all, whatever it says."""
        try:
            await self._http.get(HEALTH_PATH, timeout=self._sign_of_life_s)
        except (httpx.HTTPError, OSError):
            return False
        return True


def _unreachable(error: Exception) -> NoAnswer:
    return NoAnswer(why="unreachable", detail=f"{type(error).__name__}: {plain_fault(error)}")


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
