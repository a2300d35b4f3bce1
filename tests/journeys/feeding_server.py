"""A stand-in for the MES in tests of the screens: real HTTP and server-sent events, made-up stock and orders.

It keeps no rule of the plant; it answers as the contract says, so that states that are hard to provoke on a real plant
(a frozen server, a refusal, a reset of the feed) can be shown to a real browser.
"""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel

from mes_server.contract.feed import OrderCard, PlantSnapshot, SignalCard, UnitCard
from mes_server.contract.work_orders import ScrapReport
from tests.journeys import feeding_desk, feeding_plant, feeding_warehouse

HEARTBEAT_S = 0.5
Topic = Literal["unit", "order", "stock", "signal", "states"]


class FeedingServer:
    """Holds the plant, remembers what was asked, and streams what changes."""

    def __init__(self, *, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.now = datetime.now(UTC)
        self.plant: PlantSnapshot = feeding_plant.kettle_works(self.now)
        self.commands: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        """Path, body and headers of each command that was booked; a replay of a key is not booked again."""
        self.replays = 0
        self.snapshots = 0
        self.frozen = False
        self.token = "test-token"
        self.url = ""
        self._heartbeat_s = heartbeat_s
        self._answers: dict[str, Any] = {}
        self._events: list[tuple[int, str]] = []
        self._position = 1
        self._changed = threading.Condition()

    # ------------------------------------------------------------------ what tests do to the plant

    def start_over(self) -> None:
        """A fresh plant; every follower is told to take it."""
        self.frozen = False
        self.now = datetime.now(UTC)
        self.plant = feeding_plant.kettle_works(self.now)
        self.commands.clear()
        self._answers.clear()
        self.replays = 0
        self.reset()

    def put(self, topic: Topic, key: str, card: BaseModel) -> None:
        """Change a card and tell the feed."""
        field = {"unit": "units", "order": "orders", "stock": "stock", "signal": "signals"}[topic]
        cards = {_key(one): one for one in getattr(self.plant, field)} | {key: card}
        self.plant = self.plant.model_copy(update={field: list(cards.values())})
        self.emit(topic, key, card)

    def emit(self, topic: Topic, key: str, card: BaseModel) -> None:
        """One feed event."""
        self._position += 1
        position = f"{self._position}-0"
        event = {
            "position": position,
            "topic": topic,
            "key": key,
            "at": self.now.isoformat(),
            "payload": card.model_dump(mode="json"),
        }
        self.plant = self.plant.model_copy(update={"position": position})
        self._events.append((self._position, f"id: {position}\ndata: {json.dumps(event)}\n\n"))

    def reset(self) -> None:
        """Tell every follower to take a fresh snapshot."""
        self._position += 1
        self._events.append((self._position, "event: reset\ndata: {}\n\n"))
        self.plant = self.plant.model_copy(update={"position": f"{self._position}-0"})

    def unit(self, path: str) -> UnitCard:
        """The card of a unit."""
        return next(card for card in self.plant.units if card.path == path)

    def booked(self, suffix: str) -> list[dict[str, Any]]:
        """Bodies of the commands whose path ends so."""
        return [body for path, body, _ in self.commands if path.endswith(suffix)]

    # ------------------------------------------------------------------ the API

    def app(self) -> FastAPI:
        """The routes of the contract."""
        app = FastAPI()

        @app.middleware("http")
        async def freeze(request: Request, call_next: Any) -> Response:
            await self._thaw()
            if request.headers.get("authorization") != f"Bearer {self.token}":
                return _problem(
                    401, "not-allowed", "This program is not known.", "Check its token."
                )
            return await call_next(request)

        @app.get("/api/v1/plant")
        async def plant() -> Response:
            self.snapshots += 1
            return Response(self.plant.model_dump_json(), media_type="application/json")

        @app.get("/api/v1/feed")
        async def feed(after: str) -> StreamingResponse:
            return StreamingResponse(self._stream(after), media_type="text/event-stream")

        @app.post("/api/v1/sign-in")
        async def sign_in(request: Request) -> Response:
            body = await request.json()
            badge = body["badge"]
            person = feeding_plant.PEOPLE.get(badge)
            if badge == feeding_plant.BADGE_WITH_PIN and body.get("pin") != feeding_plant.PIN:
                name = "pin-wrong" if body.get("pin") else "pin-needed"
                return _problem(403, name, "The PIN is missing or wrong.", "Enter the PIN.")
            if person is None:
                return _problem(
                    403, "unknown-badge", f"Badge {badge} is not known.", "Ask your team leader."
                )
            return Response(person.model_dump_json(), media_type="application/json")

        @app.get("/api/v1/units/{path:path}/queue")
        async def queue(path: str, request: Request) -> JSONResponse:
            language = request.headers.get("accept-language", "en")
            rows = feeding_plant.queue(path, list(self.plant.orders), language)
            return JSONResponse([row.model_dump(mode="json") for row in rows])

        self._tell_lists(app)

        @app.post("/api/v1/{path:path}")
        async def command(path: str, request: Request) -> Response:
            key = request.headers["idempotency-key"]
            if key in self._answers:
                self.replays += 1
                return JSONResponse(self._answers[key])
            body = await request.json()
            answer = self._book(path, body)
            if isinstance(answer, Response):
                return answer
            self.commands.append((path, body, dict(request.headers)))
            self._answers[key] = answer
            return JSONResponse(answer)

        return app

    def _tell_lists(self, app: FastAPI) -> None:
        """What is asked beside the feed."""

        @app.get("/api/v1/reports/days-of-cover")
        async def cover() -> JSONResponse:
            return JSONResponse(feeding_warehouse.cover(self.now))

        @app.get("/api/v1/{path:path}")
        async def rows(path: str) -> Response:
            cards = [card.model_dump(mode="json") for card in self.plant.orders]
            found = feeding_warehouse.lists(self.now).get(path)
            found = found or feeding_desk.answers(path, self.now, cards)
            if found is None:
                return _problem(404, "not-found", "There is no such list.", path)
            return JSONResponse(found)

    async def _thaw(self) -> None:
        """A frozen server keeps its connections and says nothing."""
        for _ in range(20_000):
            if not self.frozen:
                return
            await asyncio.sleep(0.02)

    async def _stream(self, after: str) -> AsyncGenerator[str]:
        seen = int(after.partition("-")[0] or 0)
        quiet = 0.0
        yield ": here\n\n"
        while True:
            await self._thaw()
            for position, text in [event for event in self._events if event[0] > seen]:
                seen, quiet = position, 0.0
                yield text
                if text.startswith("event: reset"):
                    return
            await asyncio.sleep(0.02)
            quiet += 0.02
            if quiet >= self._heartbeat_s:
                quiet = 0.0
                yield ": beat\n\n"

    # ------------------------------------------------------------------ what commands do

    def _book(self, path: str, body: dict[str, Any]) -> Any:
        parts = path.split("/")
        match parts:
            case ["work-orders", number, "scrap"]:
                return self._scrap(number, body)
            case ["scrap-reports", _, "reverse"]:
                return {}
            case ["work-orders", number, verb]:
                return self._change(number, verb)
            case ["units", *_, "mount"]:
                return self._mount(body)
            case ["replenishments", number, step]:
                return self._step(int(number), step, body)
            case _:
                return _problem(404, "not-found", "There is no such command.", path)

    def _scrap(self, number: str, body: dict[str, Any]) -> Any:
        quantity = Decimal(str(body["quantity"]))
        card = next(c for c in self.plant.units if c.order and c.order.number == number)
        assert card.order is not None
        if quantity > card.order.good:
            return _problem(
                409,
                "more-than-good",
                f"Only {card.order.good} good pieces are booked on {number}.",
                "Enter that many or fewer.",
            )
        field = body["disposition"]
        order = card.order.model_copy(
            update={
                "good": card.order.good - quantity,
                field: getattr(card.order, field) + quantity,
            }
        )
        self.put("unit", card.path, card.model_copy(update={"order": order}))
        report = ScrapReport(
            id=len(self.commands) + 1,
            number=number,
            operation=10,
            quantity=quantity,
            reason=body["reason"],
            disposition=body["disposition"],
            at=self.now,
            person="Operator One",
            reversed_at=None,
        )
        return report.model_dump(mode="json")

    def _change(self, number: str, verb: str) -> Any:
        states: dict[str, Any] = {
            "release": "allowed_to_start",
            "start": "running",
            "resume": "running",
            "pause": "suspended",
            "hold": "held",
            "complete": "completed",
            "close": "closed",
            "abort": "aborted",
        }
        order = next(c for c in self.plant.orders if c.number == number)
        changed = order.model_copy(update={"state": states[verb]})
        self.put("order", f"{number}/10", changed)
        self._place(changed)
        return {}

    def _place(self, order: OrderCard) -> None:
        card = self.unit(order.equipment)
        if order.state in ("running", "held", "suspended"):
            running = feeding_plant.running(
                order.equipment,
                order.number,
                order.item,
                self.now,
                good=int(order.good),
                target=int(order.target),
                scrap=int(order.scrap),
                ahead=1,
            ).model_copy(update={"state": order.state})
            self.put("unit", card.path, card.model_copy(update={"order": running}))
        elif card.order and card.order.number == order.number:
            self.put("unit", card.path, card.model_copy(update={"order": None}))

    def _mount(self, body: dict[str, Any]) -> Any:
        if "L-2500" not in body["barcode"] and not body["override_reason"]:
            return _problem(
                409,
                "lot-on-hold",
                f"Lot {body['barcode']} is on hold.",
                "Take another lot, or ask quality.",
                overridable=body["barcode"] == "L-9999",
            )
        name, measure = feeding_plant.ITEMS["PP-RESIN"]
        return {
            "item": "PP-RESIN",
            "item_name": name,
            "lot": "L-2500",
            "quantity": "25",
            "unit": measure,
            "expires_on": None,
        }

    def _step(self, number: int, step: str, body: dict[str, Any]) -> Any:
        card: SignalCard = next(c for c in self.plant.signals if c.number == number)
        if step == "accept":
            update: dict[str, Any] = {
                "state": "accepted",
                "accepted_at": self.now,
                "accepted_by": "Store One",
            }
        elif step == "pick":
            picks = body["picks"] or [pick.model_dump() for pick in card.suggested]
            picks = [{**pick, "location": pick["location"] or card.source} for pick in picks]
            update = {"state": "picked", "picks": picks}
        else:
            update = {"state": "delivered", "delivered_at": self.now}
        changed = SignalCard.model_validate({**card.model_dump(), **update})
        self.put("signal", str(number), changed)
        return {}


def _key(card: Any) -> str:
    match card:
        case UnitCard():
            return card.path
        case OrderCard():
            return f"{card.number}/{card.operation}"
        case SignalCard():
            return str(card.number)
        case _:
            return f"{card.location}/{card.item}"


def _problem(
    status: int, name: str, title: str, detail: str, *, overridable: bool = False
) -> JSONResponse:
    problem = {
        "overridable": overridable,
        "type": name,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "e-4711",
    }
    return JSONResponse(problem, status, media_type="application/problem+json")


@contextmanager
def serving(feeder: FeedingServer) -> Iterator[str]:
    """Run it on a free port in a thread; gives its URL."""
    config = uvicorn.Config(
        feeder.app(), host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = threading.Event()
    for _ in range(500):
        if server.started:
            break
        deadline.wait(0.02)
    assert server.started, "the feeding server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    feeder.url = f"http://127.0.0.1:{port}"
    try:
        yield feeder.url
    finally:
        feeder.frozen = False
        server.should_exit = True
        thread.join(5)


@contextmanager
def _no_signals() -> Generator[None]:
    yield
