"""One visitor's live screen: sends what changed, at most twice a second, and answers what is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from nicegui import ui

from hmi.components.live_panel import LivePanel
from hmi.i18n import catalog
from hmi.pages.asking import NO_QUESTIONS, Question, answer
from hmi.pages.visitor import Visitor
from hmi.views.formatting import Format, millis

BEAT_S = 1.0
"""A silent screen is told this often how fresh it is."""
SPACING_S = 0.5
TERMINAL_STALE_MS = 5_000
BOARD_STALE_MS = 90_000

_log = structlog.get_logger(__name__)

TITLES = {
    "home": "home",
    "run": "run.title",
    "queue": "queue.title",
    "board": "board.title",
    "replenishment": "stock.title",
    "orders": "orders.title",
    "order": "order.title",
    "trace": "trace.title",
    "review": "review.title",
    "reports": "reports.title",
    "receive": "receive.title",
    "count": "count.title",
    "stock": "where.title",
    "plan": "plan.title",
}
"""Screen -> key of the words on its browser tab."""

View = Callable[[datetime, Format], dict[str, Any]]
Refresh = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What distinguishes one page from another."""

    name: str
    view: View
    unit: str = ""
    refresh: Refresh | None = None
    """Asked for what the feed does not carry, before each picture."""
    stale_after_ms: int = TERMINAL_STALE_MS
    books: bool = True
    """Whether people book here: the page then has a session and takes scans."""
    questions: Mapping[str, Question] = field(default_factory=lambda: NO_QUESTIONS)
    """What a browser may ask here besides commands."""
    answered: Callable[[], None] | None = None
    """Told after each request: what was read before may be old now."""


def show(visitor: Visitor, screen: Screen) -> None:
    """Build the page and keep it live until the browser is gone."""
    client = ui.context.client
    client.title = f"{visitor.words(TITLES[screen.name])} · Lineside"
    model = visitor.house.model
    changed = asyncio.Event()

    async def on_ask(message: dict[str, Any]) -> None:
        settled = await answer(visitor, message, unit=screen.unit, questions=screen.questions)
        if screen.answered is not None and message.get("verb") != "touch":
            screen.answered()
        panel.settle(settled)
        changed.set()

    panel = LivePanel(
        screen=screen.name,
        labels=catalog(visitor.language),
        page=_page(visitor, screen),
        on_ask=on_ask,
    )
    pump = asyncio.create_task(_pump(visitor, screen, panel, changed))
    pump.add_done_callback(_report)
    stop_watching = model.watch(changed.set)

    def leave() -> None:
        stop_watching()
        pump.cancel()

    client.on_delete(leave)  # pyright: ignore[reportUnknownMemberType]


def _report(pump: asyncio.Task[None]) -> None:
    """A screen that stopped being fed by a mistake of ours is told to the log; the browser shows it as stale."""
    if not pump.cancelled() and (error := pump.exception()) is not None:
        _log.error("screen_stopped", exc_info=error)


async def _pump(visitor: Visitor, screen: Screen, panel: LivePanel, changed: asyncio.Event) -> None:
    clock, model = visitor.house.clock, visitor.house.model
    sent: Mapping[str, Any] = {}
    while not panel.client.is_deleted:
        changed.clear()
        if not panel.client.has_socket_connection:
            sent = {}
            await clock.sleep(0.05)
            continue
        if screen.refresh is not None and model.linked:
            await screen.refresh()
        picture = _picture(visitor, screen) if model.loaded else {}
        patch = {key: value for key, value in picture.items() if sent.get(key, panel) != value}
        sent = picture
        panel.receive({"patch": patch, "link": _link(visitor)})
        await clock.sleep(SPACING_S)
        try:
            await asyncio.wait_for(changed.wait(), BEAT_S)
        except TimeoutError:
            continue


def _picture(visitor: Visitor, screen: Screen) -> dict[str, Any]:
    form = visitor.form()
    picture = screen.view(visitor.house.clock.now(), form)
    picture["plant"] = form.words.name(visitor.house.model.plant_name)
    picture["zone"] = visitor.house.model.time_zone
    if screen.books:
        picture["person"] = _person(visitor)
    return picture


def _person(visitor: Visitor) -> dict[str, str] | None:
    person = visitor.person()
    if person is None:
        return None
    roles = ", ".join(visitor.words(f"role.{role}") for role in person.roles)
    return {"name": person.name, "roles": roles}


def _link(visitor: Visitor) -> dict[str, Any]:
    """How fresh the picture is; the browser goes on counting by its own clock."""
    model, clock = visitor.house.model, visitor.house.clock
    age = None if model.heard_at is None else (clock.monotonic() - model.heard_at) * 1000
    return {
        "nowMs": millis(clock.now()),
        "ageMs": age,
        "linked": model.linked,
        "loaded": model.loaded,
    }


def _page(visitor: Visitor, screen: Screen) -> dict[str, Any]:
    settings = visitor.house.settings
    return {
        "language": visitor.language,
        "station": visitor.station if screen.books else "",
        "unit": screen.unit,
        "staleAfterMs": screen.stale_after_ms,
        "scannerPrefix": settings.scanner_prefix,
        "actionHeight": settings.action_height_px(screen.unit),
    }
