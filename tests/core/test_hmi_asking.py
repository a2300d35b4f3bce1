"""What a browser asks for, and what it is answered: done, or the problem word for word."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx

from hmi.house import House, ScreenSettings
from hmi.live.plant_model import PlantModel
from hmi.pages.asking import ANSWER_WITHIN_MS, answer
from hmi.pages.visitor import Visitor
from hmi.scrap_reasons import ScrapReasons
from hmi.server_client import ServerClient
from hmi.session import Sessions
from hmi.views.formatting import millis
from tests.journeys.feeding_plant import MOULDER, PEOPLE, kettle_works

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
NOW_MS = millis(NOW) or 0


class StillClock:
    """It is always NOW."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 1000.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Desk:
    """A visitor at a terminal, and a server that writes down what it is asked."""

    def __init__(self, reply: httpx.Response | Exception, *, signed_in: bool = True) -> None:
        self.requests: list[httpx.Request] = []

        def serve(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            if isinstance(reply, Exception):
                raise reply
            return reply

        server = ServerClient(url="http://mes", token="t", transport=httpx.MockTransport(serve))
        house = House(
            model=PlantModel(),
            server=server,
            sessions=Sessions(),
            reasons=ScrapReasons(),
            clock=StillClock(),
            settings=ScreenSettings(),
        )
        house.model.replace(kettle_works(NOW))
        self.visitor = Visitor(house=house, browser="b", station=MOULDER, language="en")
        if signed_in:
            house.sessions.open(MOULDER, "b", PEOPLE["1001"], now=1000.0)

    async def ask(self, verb: str, body: dict[str, Any], *, at_ms: int = NOW_MS) -> dict[str, Any]:
        message = {"id": "id-1", "verb": verb, "body": body, "atMs": at_ms}
        return await answer(self.visitor, message, unit=MOULDER)


SCRAP = {
    "number": "WO-1042",
    "operation": 10,
    "quantity": "3",
    "reason": "flash",
    "disposition": "scrap",
}


async def test_a_command_goes_out_with_the_browsers_id_the_badge_and_the_station() -> None:
    desk = Desk(httpx.Response(200, json={"id": 7}))
    assert await desk.ask("scrap", SCRAP) == {"id": "id-1", "ok": True, "result": {"id": 7}}
    (request,) = desk.requests
    assert request.headers["idempotency-key"] == "id-1"
    assert request.headers["lineside-badge"] == "1001"
    assert request.headers["lineside-station"] == MOULDER
    assert request.headers["accept-language"] == "en"
    assert json.loads(request.content)["quantity"] == "3"
    assert desk.visitor.house.reasons.ranked(MOULDER)[0] == "flash"


async def test_a_locked_station_books_nothing() -> None:
    desk = Desk(httpx.Response(200, json={}), signed_in=False)
    refused = await desk.ask("scrap", SCRAP)
    assert (refused["ok"], refused["problem"]["title"]) == (False, "This station is locked.")
    assert desk.requests == []


async def test_a_tap_that_waited_in_a_socket_is_not_booked_later() -> None:
    desk = Desk(httpx.Response(200, json={}))
    refused = await desk.ask("scrap", SCRAP, at_ms=NOW_MS - ANSWER_WITHIN_MS - 1)
    assert not refused["ok"]
    assert desk.requests == []


async def test_the_servers_problem_is_passed_on_word_for_word() -> None:
    problem = {
        "type": "x",
        "title": "No.",
        "detail": "Do that.",
        "instance": "e-1",
        "overridable": True,
    }
    desk = Desk(httpx.Response(409, json={**problem, "status": 409}))
    assert (await desk.ask("scrap", SCRAP))["problem"] == problem


async def test_a_server_that_does_not_answer_is_told_and_may_be_asked_again() -> None:
    refused = await Desk(httpx.ConnectError("refused")).ask("scrap", SCRAP)
    assert refused["problem"]["title"] == "No answer from the server."
    assert "books only once" in refused["problem"]["detail"]


async def test_what_is_no_command_is_not_understood() -> None:
    desk = Desk(httpx.Response(200, json={}))
    for verb, body in (("erase", {}), ("scrap", {**SCRAP, "quantity": "many"})):
        refused = await desk.ask(verb, body)
        assert refused["problem"]["title"] == "This entry was not understood."
    assert desk.requests == []


async def test_a_pin_is_sent_only_when_one_was_entered() -> None:
    person = PEOPLE["1001"].model_dump(mode="json")
    desk = Desk(httpx.Response(200, json=person), signed_in=False)
    await desk.ask("sign_in", {"badge": "1001"})
    await desk.ask("sign_in", {"badge": "1001", "pin": "2468"})
    bodies = [json.loads(request.content) for request in desk.requests]
    assert [body.get("pin") for body in bodies] == [None, "2468"]
    assert desk.visitor.person() == PEOPLE["1001"]
