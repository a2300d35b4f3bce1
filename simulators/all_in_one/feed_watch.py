"""A screen without a screen: follows the server's feed and notes when each running total became visible."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx

from mes_server.contract.feed import FeedEvent, PlantSnapshot, UnitCard

RETRY_S = 0.2
SILENCE_S = 6.0
"""A feed that says nothing for so long, not even a keep-alive, is opened anew."""


class FeedWatch:
    """`run` until it is cancelled; `seen` holds what it saw."""

    def __init__(self, *, url: str, token: str) -> None:
        self._url, self._token = url, token
        self.seen: dict[tuple[str, str], list[tuple[int, float]]] = {}
        """(unit, signal) -> (running total, seconds since 1970 when it was first visible), growing."""
        self.reconnects = -1

    async def run(self) -> None:
        """Follow the feed for ever; a server that is away is tried again."""
        headers = {"Authorization": f"Bearer {self._token}"}
        timeout = httpx.Timeout(10.0, read=SILENCE_S)
        async with httpx.AsyncClient(
            base_url=self._url, headers=headers, timeout=timeout, trust_env=False
        ) as client:
            while True:
                self.reconnects += 1
                with suppress(httpx.HTTPError):  # counted above, tried again below
                    await self._follow(client)
                await asyncio.sleep(RETRY_S)

    async def _follow(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/plant")
        answer.raise_for_status()
        snapshot = PlantSnapshot.model_validate_json(answer.content)
        for unit in snapshot.units:
            self._note(unit)
        async with client.stream(
            "GET", "/api/v1/feed", params={"after": snapshot.position}
        ) as stream:
            stream.raise_for_status()
            async for kind, data in _events(stream):
                if kind == "reset":
                    return  # our place is no longer kept: take the whole plant again
                event = FeedEvent.model_validate(data)
                if event.topic == "unit":
                    self._note(UnitCard.model_validate(event.payload))

    def _note(self, unit: UnitCard) -> None:
        now = time.time()
        for signal, total in unit.totals.items():
            seen = self.seen.setdefault((unit.path, signal), [])
            if not seen or seen[-1][0] != int(total):
                seen.append((int(total), now))

    def latencies_ms(
        self, changes: list[tuple[str, str, int, float]], *, base: dict[tuple[str, str], int]
    ) -> list[float]:
        """Milliseconds from each true change to the moment when the feed showed it or more.

        `changes`: (unit, signal, true total, time); `base`: booked total when the true one was 0.
        """
        latencies: list[float] = []
        cursors: dict[tuple[str, str], int] = {}
        for unit, signal, total, at in changes:
            seen, wanted = self.seen.get((unit, signal), []), total + base.get((unit, signal), 0)
            place = cursors.get((unit, signal), 0)
            while place < len(seen) and seen[place][0] < wanted:
                place += 1
            cursors[unit, signal] = place
            if place < len(seen):
                latencies.append(max(0.0, (seen[place][1] - at) * 1000))
        return latencies


async def _events(stream: httpx.Response) -> AsyncIterator[tuple[str, object]]:
    """(event, data) of each server-sent event; keep-alive comments are passed over."""
    kind, lines = "", list[str]()
    async for line in stream.aiter_lines():
        if line.startswith("event:"):
            kind = line[6:].strip()
        elif line.startswith("data:"):
            lines.append(line[5:].strip())
        elif not line and lines:
            yield kind, json.loads("\n".join(lines))
            kind, lines = "", []
