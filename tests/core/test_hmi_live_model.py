"""The live model and the stream it is fed from, without a network."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from hmi.live.event_stream import StreamMessage, read_messages
from hmi.live.plant_model import PlantModel
from mes_server.contract.feed import FeedEvent, StatesCard, StateSegment
from tests.journeys.feeding_plant import ASSEMBLY, MOULDER, kettle_works

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


async def lines(*text: str) -> AsyncIterator[str]:
    for line in text:
        yield line


async def messages(*text: str) -> list[StreamMessage]:
    return [message async for message in read_messages(lines(*text))]


def model() -> PlantModel:
    plant = PlantModel()
    plant.replace(kettle_works(NOW))
    return plant


def event(
    topic: Literal["unit", "order", "stock", "signal", "states"],
    key: str,
    card: BaseModel,
    *,
    at: datetime = NOW,
) -> FeedEvent:
    payload: dict[str, Any] = card.model_dump(mode="json")
    return FeedEvent(position="2-0", topic=topic, key=key, at=at, payload=payload)


async def test_events_carry_their_position_and_joined_lines() -> None:
    assert await messages("id: 7-1", "event: unit", "data: {", "data: }", "") == [
        StreamMessage(event="unit", data="{\n}", id="7-1")
    ]


async def test_a_comment_is_a_sign_of_life_at_once() -> None:
    assert await messages(": beat") == [StreamMessage(event="heartbeat")]


async def test_a_reset_without_data_is_told() -> None:
    assert [m.event for m in await messages("event: reset", "")] == ["reset"]


def test_a_card_replaces_the_one_before_and_keeps_its_place() -> None:
    plant = model()
    before = list(plant.units)
    card = plant.units[MOULDER].model_copy(update={"shortages": 4})
    plant.apply(event("unit", MOULDER, card))
    assert plant.units[MOULDER].shortages == 4
    assert list(plant.units) == before
    assert plant.position == "2-0"


def test_an_order_that_is_closed_leaves() -> None:
    plant = model()
    card = plant.orders["WO-1041/10"].model_copy(update={"state": "closed"})
    plant.apply(event("order", "WO-1041/10", card))
    assert "WO-1041/10" not in plant.orders


def test_a_delivered_signal_stays_for_an_hour() -> None:
    plant = model()
    card = plant.signals[6].model_copy(update={"delivered_quantity": Decimal(1000)})
    plant.apply(event("signal", "6", card))
    assert 6 in plant.signals
    plant.apply(event("signal", "7", plant.signals[7], at=NOW + timedelta(hours=2)))
    assert 6 not in plant.signals


def test_a_new_state_ends_the_one_before() -> None:
    plant = model()
    began = NOW + timedelta(minutes=5)
    segment = StateSegment(state="down", detail="", start=began, end=None)
    plant.apply(event("states", MOULDER, StatesCard(path=MOULDER, segment=segment), at=began))
    *_, before, last = plant.states[MOULDER]
    assert (before.state, before.end) == ("running", began)
    assert (last.state, last.end) == ("down", None)


def test_states_older_than_eight_hours_are_forgotten() -> None:
    plant = model()
    later = NOW + timedelta(hours=7)
    segment = StateSegment(state="idle", detail="", start=later, end=None)
    plant.apply(event("states", ASSEMBLY, StatesCard(path=ASSEMBLY, segment=segment), at=later))
    assert all(
        row.end is None or row.end > later - timedelta(hours=8) for row in plant.states[ASSEMBLY]
    )


def test_watchers_are_told_until_they_stop_watching() -> None:
    plant, told = model(), list[int]()
    stop = plant.watch(lambda: told.append(1))
    plant.apply(event("unit", MOULDER, plant.units[MOULDER]))
    stop()
    plant.apply(event("unit", MOULDER, plant.units[MOULDER]))
    assert told == [1]


def test_losing_the_server_is_told_once_and_hearing_it_again_too() -> None:
    plant, told = model(), list[bool]()
    plant.watch(lambda: told.append(plant.linked))
    plant.heard(1.0)
    plant.heard(2.0)
    plant.lost()
    plant.lost()
    assert told == [True, False]
    assert plant.heard_at == 2.0
