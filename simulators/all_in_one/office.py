"""The server's API as people and planners use it: bearer token, badge, idempotency key, patience."""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import datetime

import httpx

from mes_server.contract.feed import PlantSnapshot
from mes_server.contract.headers import BADGE, IDEMPOTENCY_KEY, STATION

ATTEMPTS = 40
PAUSE_S = 0.5
_KEYS = uuid.UUID("6f5c3a10-2f0e-4bb3-9d0c-0c5a3f1f7a11")


class OfficeRefused(Exception):
    """The server understood and refused; the message is its problem's title and detail."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class OfficeAway(Exception):
    """The server did not answer in time, again and again."""


class Office:
    """One client. A command that got no answer is sent again with the same key, so it books once."""

    def __init__(self, *, url: str, token: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
            timeout=10.0,
            trust_env=False,
        )

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def plant(self) -> PlantSnapshot:
        """The live plant; raises OfficeAway when the server does not answer."""
        answer = await self._send("GET", "/api/v1/plant", None, {})
        return PlantSnapshot.model_validate_json(answer.content)

    async def put_master_data(self, document: Mapping[str, object]) -> None:
        """Send the master data; raises OfficeRefused."""
        await self._send(
            "PUT", "/api/v1/master-data", document, {IDEMPOTENCY_KEY: str(uuid.uuid4())}
        )

    async def command(
        self,
        path: str,
        body: Mapping[str, object],
        *,
        badge: str | None = None,
        station: str = "",
        key: str | None = None,
    ) -> None:
        """POST one command until it is answered; raises OfficeRefused or OfficeAway.

        `key` names the command for ever (the same words, the same key); None mints a new one.
        """
        minted = uuid.uuid4() if key is None else uuid.uuid5(_KEYS, key)
        headers = {IDEMPOTENCY_KEY: str(minted)}
        if badge:
            headers[BADGE] = badge
        if station:
            headers[STATION] = station
        await self._send("POST", f"/api/v1/{path}", body, headers)

    async def put(
        self, path: str, body: Mapping[str, object], *, badge: str | None = None, key: str
    ) -> None:
        """PUT one thing until it is answered, under a key for ever; raises OfficeRefused or OfficeAway."""
        headers = {IDEMPOTENCY_KEY: str(uuid.uuid5(_KEYS, key))}
        if badge:
            headers[BADGE] = badge
        await self._send("PUT", f"/api/v1/{path}", body, headers)

    async def _send(
        self, method: str, path: str, body: object, headers: Mapping[str, str]
    ) -> httpx.Response:
        trouble = ""
        for _ in range(ATTEMPTS):
            try:
                answer = await self._http.request(method, path, json=body, headers=dict(headers))
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
            else:
                if answer.status_code < 400:
                    return answer
                if answer.status_code < 500 and answer.status_code != 429:
                    raise OfficeRefused(answer.status_code, _words(answer))
                trouble = f"{answer.status_code}: {_words(answer)}"
            await asyncio.sleep(PAUSE_S)
        raise OfficeAway(f"{method} {path} got no answer: {trouble}")


def _words(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:300]
    if isinstance(problem, dict) and "title" in problem:
        return f"{problem.get('title')} {problem.get('detail', '')}".strip()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return str(problem)[:300]  # pyright: ignore[reportUnknownArgumentType]


def instant(moment: datetime) -> str:
    """A time as the API takes it."""
    return moment.isoformat()
