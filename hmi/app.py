"""The web application: routes to pages, the look in the head of each, nothing from another host."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from nicegui import app as nicegui_app
from nicegui import ui

from hmi.exports import exports
from hmi.house import House
from hmi.live.follow import follow
from hmi.pages.home_page import home_page
from hmi.pages.leader.review_page import review_page
from hmi.pages.manager.board_page import board_page
from hmi.pages.manager.order_page import order_page
from hmi.pages.manager.orders_page import orders_page
from hmi.pages.manager.reports_page import reports_page
from hmi.pages.manager.trace_page import trace_page
from hmi.pages.operator.queue_page import queue_page
from hmi.pages.operator.run_page import run_page
from hmi.pages.warehouse.count_page import count_page
from hmi.pages.warehouse.plan_page import plan_page
from hmi.pages.warehouse.receive_page import receive_page
from hmi.pages.warehouse.replenishment_page import replenishment_page
from hmi.pages.warehouse.stock_page import stock_page
from hmi.theme import STATIC, head

RECONNECT_TIMEOUT_S = 3.0
"""Sets the heartbeat of the sockets: a frozen server is noticed in about twice that."""
PAGE_SURVIVES_S = 60.0
"""A page outlives a network that is gone for so long."""


def create_app(house: House, *, storage_secret: str) -> FastAPI:
    """Everything behind one port. One call a process: NiceGUI's routes are global."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        following = asyncio.create_task(follow(house.model, house.server, clock=house.clock))
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await house.server.close()

    api = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @api.get("/healthz")
    async def healthz() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """200 while this process lives; `linked` tells whether it hears the server."""
        return JSONResponse({"status": "ok", "linked": house.model.linked})

    api.include_router(exports(house))
    nicegui_app.add_static_files("/assets", STATIC, max_cache_age=3600)
    ui.add_head_html(head(), shared=True)
    _route(house)
    ui.run_with(  # pyright: ignore[reportUnknownMemberType]
        api,
        title="Lineside",
        favicon=STATIC / "favicon.svg",
        dark=False,
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_TIMEOUT_S,
        tailwind=False,
        storage_secret=storage_secret,
        show_welcome_message=False,
    )
    return api


PAGES: Mapping[str, Callable[[House, Request], None]] = {
    "/": home_page,
    "/board": board_page,
    "/replenishment": replenishment_page,
    "/orders": orders_page,
    "/trace": trace_page,
    "/review": review_page,
    "/reports": reports_page,
    "/warehouse/receive": receive_page,
    "/warehouse/stock": stock_page,
    "/warehouse/plan": plan_page,
    "/warehouse/count": count_page,
}
"""Screens that are one of a kind, by address."""


def _route(house: House) -> None:
    """The addresses of all screens; the queue's comes first, for a unit's path may be of any depth."""

    def queue(request: Request, unit: str) -> None:
        queue_page(house, request, unit)

    def run(request: Request, unit: str) -> None:
        run_page(house, request, unit)

    def order(request: Request, number: str) -> None:
        order_page(house, request, number)

    routes = {
        "/terminal/{unit:path}/queue": queue,
        "/terminal/{unit:path}": run,
        "/orders/{number:path}": order,
    }
    for path, page in PAGES.items():
        ui.page(path, reconnect_timeout=PAGE_SURVIVES_S)(_of(house, page))
    for path, terminal in routes.items():
        ui.page(path, reconnect_timeout=PAGE_SURVIVES_S)(terminal)


def _of(house: House, page: Callable[[House, Request], None]) -> Callable[[Request], None]:
    """The page of this house, with the signature that a route wants."""

    def visited(request: Request) -> None:
        page(house, request)

    return visited
