"""The plant's control desk: one JSON object a line over TCP on loopback, one answer a line.

`{"do": "status"}`, `{"do": "hold" | "release", "device": id}` (no device: all), `{"do": "drain"}` (hold all),
`{"do": "reset", "device": id, "signal": name}`, `{"do": "cut" | "freeze" | "restore", "device": id}`.
The answer is `{"ok": true, ...}` or `{"ok": false, "reason": "..."}`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from simulators.plant import NotPossible

LINE_BYTES_MAX = 65_536

Verb = Literal["status", "hold", "release", "drain", "reset", "cut", "freeze", "restore"]


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request at the desk."""

    do: Verb
    device: str = ""
    signal: str = ""


Answer = Callable[[Order], Awaitable[Mapping[str, object]]]


class ControlDesk:
    """Serves the desk."""

    def __init__(self, *, host: str, port: int, answer: Answer) -> None:
        self._host, self._port, self._answer = host, port, answer
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        self._server = await asyncio.start_server(
            self._serve, self._host, self._port, limit=LINE_BYTES_MAX
        )

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._reply(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # hung up, or a line longer than the limit
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()

    async def _reply(self, line: bytes) -> Mapping[str, object]:
        try:
            order = msgspec.json.decode(line, type=Order)
            return {"ok": True, **await self._answer(order)}
        except (msgspec.DecodeError, NotPossible) as refusal:
            return {"ok": False, "reason": str(refusal)}


class ControlRefused(Exception):
    """The desk refused; the message is its reason."""


async def ask(host: str, port: int, order: Order) -> dict[str, object]:
    """Send one order to a desk; raises ControlRefused, or OSError when nobody is there."""
    reader, writer = await asyncio.open_connection(host, port, limit=LINE_BYTES_MAX)
    try:
        writer.write(msgspec.json.encode(order) + b"\n")
        await writer.drain()
        answer = msgspec.json.decode(await reader.readline(), type=dict[str, object])
    finally:
        writer.close()
    if not answer.pop("ok", False):
        raise ControlRefused(str(answer.get("reason", "no answer")))
    return answer
