"""/export/...: reports as files, fetched from the server for the browser, which has no token of its own."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from hmi.house import House
from hmi.i18n import language_from
from hmi.pages.visitor import LANGUAGE_COOKIE
from hmi.server_client import Caller, Refused, Unreachable
from hmi.views.report_tables import TABLES

PATHS = frozenset(table.path for table in TABLES.values())
"""Nothing else is handed out: these are on the screens for everybody who can open them."""
PASSED_ON = ("content-type", "content-disposition")


def exports(house: House) -> APIRouter:
    """The route of all files."""
    router = APIRouter()

    @router.get("/export/{path:path}")
    async def export(path: str, request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        """A report as CSV (or `format=xlsx`), with the filters of its screen."""
        if path not in PATHS:
            return PlainTextResponse("Not found", status_code=404)
        language = language_from(
            request.cookies.get(LANGUAGE_COOKIE), house.settings.default_language
        )
        caller = Caller(language=language, station="reports")
        stack = AsyncExitStack()
        try:
            answer = await stack.enter_async_context(
                house.server.download(f"exports/{path}", dict(request.query_params), caller=caller)
            )
        except Refused as refused:
            said = refused.problem
            return PlainTextResponse(f"{said.title}\n{said.detail}", status_code=said.status)
        except Unreachable:
            return PlainTextResponse("The plant server does not answer.", status_code=503)

        async def body() -> AsyncGenerator[bytes]:
            async with stack:
                async for part in answer.aiter_bytes():
                    yield part

        headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        return StreamingResponse(body(), headers=headers)

    return router
