"""Keep the PlantModel true: snapshot, then the feed after its position, for as long as the process lives."""

import asyncio

import structlog
from pydantic import ValidationError

from device_profiles.program import Clock
from hmi.live.plant_model import PlantModel
from hmi.server_client import SILENCE_MAX_S, Refused, ServerClient, Unreachable
from mes_server.contract.feed import FeedEvent

BACKOFF_FIRST_S = 0.25
BACKOFF_MAX_S = 4.0

_log = structlog.get_logger(__name__)


async def follow(model: PlantModel, server: ServerClient, *, clock: Clock) -> None:
    """Never returns; every loss is shown in the model and tried again, ever slower up to BACKOFF_MAX_S."""
    wait_s = BACKOFF_FIRST_S
    while True:
        heard_before = model.heard_at
        try:
            await _follow_once(model, server, clock=clock)
        except (Unreachable, Refused, ValidationError, TimeoutError) as error:
            _log.warning("feed_lost", reason=str(error)[:300] or type(error).__name__)
        model.lost()
        wait_s = (
            BACKOFF_FIRST_S if model.heard_at != heard_before else min(wait_s * 2, BACKOFF_MAX_S)
        )
        await clock.sleep(wait_s)


async def _follow_once(model: PlantModel, server: ServerClient, *, clock: Clock) -> None:
    """One connection; returns when the server asks for a fresh snapshot or ends the stream."""
    if model.position is None:
        model.replace(await server.snapshot())
        model.heard(clock.monotonic())
    async with server.feed(model.position or "") as messages:
        while True:
            message = await asyncio.wait_for(anext(messages, None), SILENCE_MAX_S)
            if message is None:
                return
            if message.event == "reset":
                model.replace(await server.snapshot())
                _log.info("feed_reset", position=model.position)
                model.heard(clock.monotonic())
                return
            if message.event != "heartbeat":
                model.apply(FeedEvent.model_validate_json(message.data))
            model.heard(clock.monotonic())
