"""Calls by run-out forecast: early enough for the lead time, and changed or asked about when their order changes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from gateway.contract.state import EquipmentState
from mes_server.operations.look_at_loops import look_at_loops
from tests.storage.kettle_works import (
    LEADER,
    MOULDER,
    OPERATOR,
    PLANNER,
    WAREHOUSE,
    KettleWorks,
)


async def forecast_loop(works: KettleWorks, **setting: Any) -> None:
    """Resin at the moulder, called for by forecast; a delivery takes 14 minutes, and a minute is the margin."""
    body = {
        "item": "PP-RESIN",
        "location": "M1-LS",
        "source": "WH",
        "method": "on_demand",
        "order_quantity": "50",
        "lead_time_s": 840,
    }
    await works.do(
        f"replenishments/{(await works.get('replenishments', state='raised'))[0]['number']}/cancel",
        {"reason": "another method"},
        by=LEADER,
    )
    response = await works.put("replenishment-loops", body | setting, by=PLANNER)
    assert response.is_success, response.text


async def run(works: KettleWorks, *, quantity: str = "10000", resin: str = "50") -> None:
    """An order runs with so much resin beside it."""
    await works.receive("PP-RESIN", "R1", resin, "M1-LS")
    await works.receive("PP-RESIN", "R2", "500", "WH")
    await works.run_order("WO-1", quantity=quantity)
    box = works.moulding
    await works.send(box, box.state(MOULDER, EquipmentState.RUNNING, at=works.clock.at))


async def minute(works: KettleWorks, minutes: int = 1) -> None:
    """The moulder makes ten bodies of 0.25 kg a minute: 150 kg an hour."""
    for _ in range(minutes):
        works.pass_time(seconds=59)
        await works.count(10)


async def open_calls(works: KettleWorks) -> list[dict[str, Any]]:
    found = await works.get("replenishments")
    return [call for call in found if call["state"] in ("raised", "accepted", "picked")]


async def called(works: KettleWorks, **how: Any) -> dict[str, Any]:
    """The call that the forecast raised."""
    await forecast_loop(works)
    await run(works, **how)
    for _ in range(12):
        await minute(works)
        if found := await open_calls(works):
            return found[0]
    raise AssertionError("nobody called")


async def test_the_call_comes_when_what_is_there_lasts_no_longer_than_a_delivery_takes(
    works: KettleWorks,
) -> None:
    await forecast_loop(works)
    await run(works)
    await minute(works, 4)
    assert await open_calls(works) == []
    [place] = await works.get("run-outs")
    assert (place["item"], place["orders"], place["lasts"]) == ("PP-RESIN", ["WO-1"], False)
    assert place["runs_out_at"] is not None
    await minute(works, 2)
    [call] = await open_calls(works)
    assert (Decimal(call["quantity"]), call["method"]) == (50, "on_demand")
    [place] = await works.get("run-outs")
    assert place["open_call"] == call["number"]
    assert place["next_supply_at"] == call["due_at"]


async def test_an_unknown_rate_shows_unknown(works: KettleWorks) -> None:
    await forecast_loop(works)
    await run(works, resin="1")
    [place] = await works.get("run-outs")
    assert (place["rate_per_hour"], place["runs_out_at"], place["call_by"]) == (None, None, None)
    assert await open_calls(works) == []


async def test_time_alone_makes_a_forecast_due(works: KettleWorks) -> None:
    await forecast_loop(works)
    await run(works, resin="10")
    await works.count(10)  # a second after the start nobody knows the rate
    assert await open_calls(works) == []
    works.pass_time(seconds=20)
    await look_at_loops(works.pool, after=0, now=works.clock.at)
    [call] = await open_calls(works)
    await look_at_loops(works.pool, after=0, now=works.clock.at + timedelta(seconds=15))
    assert [one["number"] for one in await open_calls(works)] == [call["number"]]


async def test_a_call_is_called_off_when_its_order_stops(works: KettleWorks) -> None:
    call = await called(works)
    await works.do(f"replenishments/{call['number']}/accept", by=WAREHOUSE)
    await works.do("work-orders/WO-1/pause", {"reason": "no people"}, by=OPERATOR)
    [card] = await works.get("replenishments", state="cancelled", limit=1)
    assert card["number"] == call["number"]
    [change] = await works.get(f"replenishments/{call['number']}/changes")
    assert (change["verdict"], change["quantity_before"]) == ("cancel", "50.000000")


async def test_a_smaller_order_makes_the_call_smaller(works: KettleWorks) -> None:
    call = await called(works)
    made = Decimal((await works.order("WO-1"))["good"])
    less = str(made + 200)  # 50 kg more
    await works.do("work-orders/WO-1/change", {"quantity": less, "reason": "x"}, by=PLANNER)
    on_hand = await works.on_hand("PP-RESIN", "M1-LS")
    [card] = await open_calls(works)
    assert card["number"] == call["number"]
    assert Decimal(card["quantity"]) == 50 - on_hand
    [change] = await works.get(f"replenishments/{call['number']}/changes")
    assert (change["verdict"], Decimal(change["need"])) == ("adjust", 50)


async def test_what_is_picked_stays_and_asks(works: KettleWorks) -> None:
    call = await called(works)
    await works.do(f"replenishments/{call['number']}/pick", by=WAREHOUSE)
    await works.do("work-orders/WO-1/pause", {"reason": "no people"}, by=OPERATOR)
    [card] = await open_calls(works)
    assert (card["state"], Decimal(card["quantity"])) == ("picked", 50)
    assert card["question"] != ""
    await works.do(f"replenishments/{call['number']}/deliver", by=WAREHOUSE)
    assert await works.on_hand("PP-RESIN", "M1-LS") > 50
