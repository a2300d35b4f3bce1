"""Messages of webhooks do not come in here again: whoever points one at us, directly or by a detour, builds no loop."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mes_server.operations.tell_webhooks import HOP, LOOP

_HEADER = HOP.lower().encode()


class RefuseOwnMessages:
    """Answers 508 to a delivery of a webhook."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(name == _HEADER for name, _ in scope["headers"]):
            answer = JSONResponse(
                {
                    "type": "loop",
                    "title": "A webhook calls the server that sends it.",
                    "status": LOOP,
                },
                status_code=LOOP,
                media_type="application/problem+json",
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
