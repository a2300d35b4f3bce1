"""The live model on a real event stream: goes on where it was, starts over when told, notices a frozen server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from device_profiles.program import SystemClock
from hmi.live.follow import follow
from hmi.live.plant_model import PlantModel
from hmi.server_client import Caller, Refused, ServerClient, Unreachable
from tests.journeys.feeding_plant import MOULDER
from tests.journeys.feeding_server import FeedingServer, serving

pytestmark = pytest.mark.journey
CALLER = Caller(language="en", station=MOULDER, badge="1001")
FROZEN_NOTICED_S = 6.0


@asynccontextmanager
async def followed(feeder: FeedingServer) -> AsyncIterator[PlantModel]:
    model = PlantModel()
    with serving(feeder):
        server = ServerClient(url=feeder.url, token=feeder.token)
        task = asyncio.create_task(follow(model, server, clock=SystemClock()))
        try:
            await until(lambda: model.linked, within_s=10)
            yield model
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await server.close()


async def until(condition: Callable[[], bool], *, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        changed = asyncio.Event()
        while not condition():
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), 0.02)


def shortages(feeder: FeedingServer, count: int) -> None:
    card = feeder.unit(MOULDER)
    feeder.put("unit", MOULDER, card.model_copy(update={"shortages": count}))


async def test_changes_arrive_and_the_position_moves() -> None:
    feeder = FeedingServer()
    async with followed(feeder) as model:
        shortages(feeder, 3)
        await until(lambda: model.units[MOULDER].shortages == 3, within_s=5)
        assert model.position == feeder.plant.position


async def test_a_reset_takes_a_fresh_snapshot() -> None:
    feeder = FeedingServer()
    async with followed(feeder) as model:
        feeder.plant = feeder.plant.model_copy(update={"signals": []})
        feeder.reset()
        await until(lambda: not model.signals, within_s=5)
        assert feeder.snapshots == 2


async def test_a_frozen_server_is_noticed_and_followed_on_from_the_same_position() -> None:
    feeder = FeedingServer()
    async with followed(feeder) as model:
        feeder.frozen = True
        await until(lambda: not model.linked, within_s=FROZEN_NOTICED_S)
        shortages(feeder, 5)
        feeder.frozen = False
        await until(lambda: model.linked and model.units[MOULDER].shortages == 5, within_s=15)
        assert feeder.snapshots == 1, "it resumed; it did not start over"


async def test_a_refusal_is_the_servers_problem_word_for_word() -> None:
    feeder = FeedingServer()
    with serving(feeder):
        server = ServerClient(url=feeder.url, token=feeder.token)
        body = {"barcode": "L-9", "override_reason": ""}
        with pytest.raises(Refused) as refused:
            await server.command(f"units/{MOULDER}/mount", body, key="k", caller=CALLER)
        assert refused.value.problem.title == "Lot L-9 is on hold."
        await server.close()


async def test_a_repeated_command_is_booked_once() -> None:
    feeder = FeedingServer()
    with serving(feeder):
        server = ServerClient(url=feeder.url, token=feeder.token)
        for _ in range(2):
            await server.command("work-orders/WO-1042/pause", {}, key="same", caller=CALLER)
        assert (len(feeder.commands), feeder.replays) == (1, 1)
        await server.close()


async def test_an_answer_that_is_no_problem_document_is_no_refusal() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))
    server = ServerClient(url="http://mes", token="t", transport=transport)
    with pytest.raises(Unreachable):
        await server.snapshot()
    await server.close()
