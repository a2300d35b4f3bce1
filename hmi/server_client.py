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
from mes_server.contract.headers import BADGE, IDEMPOTENCY_KEY, STATION
from mes_server.contract.people import Person
from mes_server.contract.problem import Problem
from mes_server.contract.work_orders import QueueEntry

COMMAND_TIMEOUT_S = 8.0
SILENCE_MAX_S = 5.0
"""The feed beats every 2 s; after this much silence the server counts as frozen."""

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

    async def command(
        self, path: str, body: Mapping[str, Any], *, key: str, caller: Caller
    ) -> dict[str, Any]:
        """POST a command; `key` makes it book once however often it is sent."""
        headers = {**_headers(caller), IDEMPOTENCY_KEY: key}
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
        try:
            response = await self._http.request(method, path, headers=dict(headers), json=body)
        except httpx.HTTPError as error:
            raise Unreachable(plain_fault(error)) from error
        if response.is_success:
            return response.json() if response.content else {}
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
