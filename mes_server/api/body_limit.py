"""How large a request may be, for every address: refused before it fills the memory, with what to do about it."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect

from mes_server.contract.problem import Problem
from mes_server.domain.refusal import Refusal, words

BODY_BYTES_MAX = 32_000_000
"""Master data of a large plant is a tenth of it; a spreadsheet may be larger than that."""
INGEST_BYTES_MAX = 8_000_000
"""FACTS_PER_BATCH_MAX facts are about two million bytes."""
INGEST_PATH = "/api/v1/ingest/"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


@dataclass(kw_only=True, eq=False)
class BodyTooLarge(Refusal):
    """More than one request may carry."""

    type = "too-large"
    status = 413
    title = words("The request is too large.", "请求内容过大。")
    detail = words(
        "At most {limit} bytes are taken at once. Send it in parts.",
        "一次最多接收 {limit} 字节，请分批发送。",
    )
    limit: int


class BodyLimit:
    """ASGI middleware: counts what comes, whatever the client said about its length."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        at_ingest = str(scope["path"]).startswith(INGEST_PATH)
        limit = INGEST_BYTES_MAX if at_ingest else BODY_BYTES_MAX
        if _announced(scope) > limit:
            await _refuse(scope, send, limit)
            return
        counted = _Counted(receive, send, limit)
        try:
            await self._app(scope, counted.receive, counted.send)
        except ClientDisconnect:
            if not counted.over:
                raise
        if counted.over:
            await _refuse(scope, send, limit)


class _Counted:
    """One request whose body is counted; once it is over the limit, the application sees that the client left."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send = receive, send
        self._left = limit
        self._answered = False

    @property
    def over(self) -> bool:
        """Whether it was too large, and is not answered yet."""
        return self._left < 0 and not self._answered

    async def receive(self) -> Message:
        """The next message of the client."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                return {"type": "http.disconnect"}  # what came so far must not pass for the whole
        return message

    async def send(self, message: Message) -> None:
        """The next message of the application."""
        if not self.over:
            self._answered = True
            await self._send(message)


def _announced(scope: MutableMapping[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(scope: MutableMapping[str, Any], send: Send, limit: int) -> None:
    """Answer 413 in the caller's language."""
    accepted = dict(scope["headers"]).get(b"accept-language", b"").lower()
    refusal = BodyTooLarge(limit=limit)
    title, detail = refusal.say("zh" if accepted.startswith(b"zh") else "en")
    problem = Problem(
        type=refusal.type,
        title=title,
        status=refusal.status,
        detail=detail,
        instance="",
        overridable=False,
    )
    body = problem.model_dump_json().encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
