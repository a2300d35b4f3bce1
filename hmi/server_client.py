"""The one door to the MES: commands, questions, and the live feed, over HTTP."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from device_profiles.link_words import plain_fault
from device_profiles.trust import client_context
from hmi.live.event_stream import StreamMessage, read_messages
from mes_server.contract.feed import PlantSnapshot
from mes_server.contract.headers import BADGE, IDEMPOTENCY_KEY, IF_MATCH, NEXT, STATION
from mes_server.contract.people import Person
from mes_server.contract.problem import Problem
from mes_server.contract.work_orders import QueueEntry

COMMAND_TIMEOUT_S = 8.0
FILE_TIMEOUT_S = 60.0
"""Between two pieces of a file, whose rows the server reads page by page."""
SILENCE_MAX_S = 5.0
"""The feed beats every 2 s; after this much silence the server counts as frozen."""

PAGE_ROWS = 200
ROWS_MAX = 1_000
"""Rows of a list that a screen shows; who wants more exports it."""

_QUEUE = TypeAdapter(list[QueueEntry])


class Refused(Exception):
    """The server said no; `problem` is shown word for word."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title}: {problem.detail}")
        self.problem = problem


class Unreachable(Exception):
    """The server did not answer, or not in words we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a request is made."""

    language: str
    station: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the server told, and where the next page of it begins."""

    body: Any
    next: str | None = None


Query = Mapping[str, str | int | Sequence[str]]
"""Filters of a list."""


class ServerClient:
    """Speaks for one HMI process; safe to share between all its pages."""

    def __init__(
        self,
        *,
        url: str,
        token: str,
        ca_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=COMMAND_TIMEOUT_S,
            transport=transport,
            verify=client_context(ca_file),
        )

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.aclose()

    async def snapshot(self) -> PlantSnapshot:
        """The whole live plant and the feed position it is true for."""
        return PlantSnapshot.model_validate(await self._ask("GET", "/api/v1/plant", {}))

    @asynccontextmanager
    async def feed(self, after: str) -> AsyncGenerator[AsyncGenerator[StreamMessage]]:
        """Messages after a position; raises Unreachable when the stream breaks or falls silent."""
        timeout = httpx.Timeout(SILENCE_MAX_S)
        try:
            async with self._http.stream(
                "GET",
                "/api/v1/feed",
                params={"after": after},
                headers={"Accept": "text/event-stream"},
                timeout=timeout,
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise _refusal(response)
                yield read_messages(response.aiter_lines())
        except httpx.HTTPError as error:
            raise Unreachable(plain_fault(error)) from error

    async def sign_in(self, badge: str, *, pin: str = "", caller: Caller) -> Person:
        """The person behind a badge; `pin` where the server asked for one with `pin-needed`."""
        body = {"badge": badge, "station": caller.station, **({"pin": pin} if pin else {})}
        answer = await self._ask("POST", "/api/v1/sign-in", _headers(caller), body=body)
        return Person.model_validate(answer)

    async def queue(self, unit: str, *, caller: Caller) -> Sequence[QueueEntry]:
        """The orders that may run at a unit next, with what keeps them from starting."""
        answer = await self._ask("GET", f"/api/v1/units/{quote(unit)}/queue", _headers(caller))
        return _QUEUE.validate_python(answer)

    async def read(self, path: str, query: Query, *, caller: Caller) -> Told:
        """GET what the feed does not carry; `path` is below /api/v1 and quoted already."""
        response = await self._send("GET", f"/api/v1/{path}", _headers(caller), query=query)
        return Told(
            body=response.json() if response.content else None, next=response.headers.get(NEXT)
        )

    async def rows(
        self, path: str, query: Query, *, caller: Caller, most: int = ROWS_MAX
    ) -> list[Any]:
        """GET a list below /api/v1 page by page, until it ends or `most` rows are there."""
        found: list[Any] = []
        wanted = {**query, "limit": min(PAGE_ROWS, most)}
        while True:
            told = await self.read(path, wanted, caller=caller)
            found.extend(cast(list[Any], told.body))
            if told.next is None or len(found) >= most:
                return found[:most]
            wanted["after"] = told.next

    @asynccontextmanager
    async def download(
        self, path: str, query: Query, *, caller: Caller
    ) -> AsyncGenerator[httpx.Response]:
        """A file as a stream; raises Refused, or Unreachable before its first byte."""
        try:
            async with self._http.stream(
                "GET",
                f"/api/v1/{path}",
                params=query,
                headers=_headers(caller),
                timeout=FILE_TIMEOUT_S,
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise _refusal(response)
                yield response
        except httpx.HTTPError as error:
            raise Unreachable(plain_fault(error)) from error

    async def command(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str,
        caller: Caller,
        seen: int | None = None,
    ) -> dict[str, Any]:
        """POST a command; `key` makes it book once however often it is sent, `seen` is the version it was decided on."""
        headers = {**_headers(caller), IDEMPOTENCY_KEY: key}
        if seen is not None:
            headers[IF_MATCH] = f'"{seen}"'
        answer = await self._ask("POST", f"/api/v1/{path}", headers, body=body)
        return cast(dict[str, Any], answer) if isinstance(answer, dict) else {}

    async def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        response = await self._send(method, path, headers, body=body)
        return response.json() if response.content else {}

    async def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        body: Mapping[str, Any] | None = None,
        query: Query | None = None,
    ) -> httpx.Response:
        try:
            response = await self._http.request(
                method, path, headers=dict(headers), json=body, params=query
            )
        except httpx.HTTPError as error:
            raise Unreachable(plain_fault(error)) from error
        if response.is_success:
            return response
        raise _refusal(response)


def _headers(caller: Caller) -> dict[str, str]:
    headers = {"Accept-Language": caller.language}
    if caller.station:
        headers[STATION] = quote(caller.station)
    if caller.badge:
        headers[BADGE] = caller.badge
    return headers


def _refusal(response: httpx.Response) -> Exception:
    """A problem document becomes Refused; anything else is a server that does not speak our language."""
    try:
        return Refused(Problem.model_validate_json(response.content))
    except ValidationError:
        return Unreachable(f"HTTP {response.status_code}")
