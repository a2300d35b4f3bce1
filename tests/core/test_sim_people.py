"""What the simulated people do, and the script of faults that a seed chooses."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mes_server.contract.feed import (
    OrderCard,
    PlantSnapshot,
    RunningOrder,
    SignalCard,
    StockCard,
    StockLot,
    UnitCard,
)
from simulators.all_in_one.faults import script
from simulators.all_in_one.first_data import demo_data, score_data
from simulators.all_in_one.people import SCORE, Deed, Memory, decide

UNIT = "kettle-works/moulding/M1/IMM1"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NAME = {"en": "x", "zh": "x"}


def running(good: int, target: int) -> RunningOrder:
    return RunningOrder(
        number="WO-1", operation=10, state="running", item="KETTLE-BODY", item_name=NAME, unit="pcs",
        target=Decimal(target), good=Decimal(good), scrap=Decimal(0), rework=Decimal(0),
        started_at=NOW, due_at=NOW, ahead=None, predicted_finish_at=None,
    )  # fmt: skip


def unit(order: RunningOrder | None) -> UnitCard:
    return UnitCard(
        path=UNIT, line="M1", name=NAME, line_name=NAME, state="running", state_detail="",
        state_since=NOW, last_heard_at=NOW, order=order, rate_per_min=None, standard_per_min=None,
        mounted=[], totals={}, no_order_good=Decimal(0), no_order_scrap=Decimal(0), shortages=0,
    )  # fmt: skip


def order(number: str, priority: int) -> OrderCard:
    return OrderCard(
        number=number, operation=10, state="allowed_to_start", item="KETTLE-BODY", item_name=NAME,
        unit="pcs", target=Decimal(10), good=Decimal(0), scrap=Decimal(0), rework=Decimal(0),
        equipment=UNIT, equipment_name=NAME, priority=priority, due_at=NOW, released_at=NOW,
        started_at=None, ended_at=None, predicted_finish_at=None, over_percent=Decimal(10), version=1,
    )  # fmt: skip


def signal(state: str) -> SignalCard:
    return SignalCard.model_validate(
        {
            "number": 7, "state": state, "item": "PP-RESIN", "item_name": NAME, "unit": "kg",
            "quantity": 10, "delivered_quantity": 0, "source": "RM-STORE", "source_name": NAME,
            "location": "M1-LS", "location_name": NAME, "on_hand": 3, "runs_out_at": None,
            "projected_when_raised": 5, "reorder_point": 6, "raised_at": NOW, "accepted_at": None,
            "accepted_by": None, "picked_at": None, "delivered_at": None, "picks": [],
            "suggested": [{"lot": "A", "quantity": 10}],
        }
    )  # fmt: skip


def stock(source_on_hand: int = 1000) -> StockCard:
    lots = [
        StockLot(lot="OLD", quantity=Decimal(3), expires_on=None, status="held", mounted_at=None),
        StockLot(
            lot="PP-A", quantity=Decimal(3), expires_on=None, status="available", mounted_at=None
        ),
    ]
    return StockCard(
        location="M1-LS", location_name=NAME, location_kind="line_side", item="PP-RESIN", item_name=NAME, unit="kg",
        on_hand=Decimal(6), reserved=Decimal(0), shortage=Decimal(0), projected=Decimal(6),
        reorder_point=Decimal(6), order_quantity=Decimal(10), source="RM-STORE",
        source_on_hand=Decimal(source_on_hand), rate_per_hour=None, runs_out_at=None,
        open_signal=None, lots=lots,
    )  # fmt: skip


def plant(**parts: object) -> PlantSnapshot:
    things: dict[str, object] = {"units": [], "orders": [], "stock": [], "signals": [], **parts}
    return PlantSnapshot.model_validate(
        {
            "position": "1",
            "site": "s",
            "name": NAME,
            "time_zone": "UTC",
            "at": NOW,
            "states": {},
            **things,
        }
    )


def after_a_while(snapshot: PlantSnapshot, seconds: float = 60) -> list[Deed]:
    """What they do when they have seen the same thing for some time."""
    memory, dice = Memory(), random.Random(1)
    places = {UNIT: "M1-LS"}
    decide(snapshot, places, SCORE, memory, rng=dice, now=NOW)
    later = NOW + timedelta(seconds=seconds)
    return decide(snapshot, places, SCORE, memory, rng=dice, now=later)


def paths(deeds: list[Deed]) -> list[str]:
    return [deed.path for deed in deeds if deed.path]


def test_the_operator_starts_the_most_urgent_order_that_may_start() -> None:
    snapshot = plant(units=[unit(None)], orders=[order("WO-9", 90), order("WO-2", 20)])
    assert paths(after_a_while(snapshot)) == ["work-orders/WO-2/start"]


def test_the_operator_completes_an_order_that_is_made_and_not_before() -> None:
    assert paths(after_a_while(plant(units=[unit(running(20, 20))]))) == [
        "work-orders/WO-1/complete"
    ]
    assert "complete" not in "".join(paths(after_a_while(plant(units=[unit(running(19, 20))]))))


def test_nobody_is_quicker_than_a_person() -> None:
    snapshot = plant(units=[unit(None)], orders=[order("WO-2", 20), order("WO-3", 30)])
    assert after_a_while(snapshot, seconds=0.1) == []


def test_the_warehouse_takes_a_call_step_by_step() -> None:
    for state, verb in (("raised", "accept"), ("accepted", "pick"), ("picked", "deliver")):
        assert paths(after_a_while(plant(signals=[signal(state)]))) == [f"replenishments/7/{verb}"]
    assert after_a_while(plant(signals=[signal("delivered")])) == []


def test_the_operator_mounts_the_first_lot_that_is_not_held() -> None:
    deeds = after_a_while(plant(units=[unit(running(1, 20))], stock=[stock()]))
    (mount,) = [deed for deed in deeds if deed.path.endswith("/mount")]
    assert mount.body == {"barcode": "PP-A"}


def test_purchases_are_received_when_the_store_runs_low() -> None:
    assert paths(after_a_while(plant(stock=[stock(19)]))) == ["receipts"]
    assert paths(after_a_while(plant(stock=[stock(20)]))) == []


def test_the_planner_keeps_orders_waiting() -> None:
    deeds = after_a_while(plant(units=[unit(running(1, 20))], orders=[order("WO-2", 20)]))
    planned = [(deed.new_order, deed.body["number"]) for deed in deeds if deed.new_order]
    assert planned == [(UNIT, "WO-3")]


def test_a_seed_chooses_the_faults_and_every_kind_is_among_them() -> None:
    def of(seed: int) -> list[str]:
        faults = script(rng=random.Random(seed), seconds=60, edges=["edge-a", "edge-b"])
        assert {(f.kind, f.target) for f in faults if f.kind == "kill"} == {
            ("kill", name)
            for name in ("broker", "server", "postgres", "gateway", "edge-a", "edge-b")
        }
        assert {fault.kind for fault in faults} == {"kill", "cut", "freeze", "reset"}
        assert all(first.after_s < then.after_s < 60 for first, then in itertools.pairwise(faults))
        return [fault.words for fault in faults]

    assert of(1) == of(1)
    assert len({tuple(of(seed)) for seed in range(10)}) > 5


def test_the_first_data_name_only_things_they_define() -> None:
    for data in (demo_data(), score_data()):
        items = {item["code"] for item in data.master_data["items"]}
        places = {place["code"] for place in data.master_data["locations"]}
        for receipt in data.receipts:
            assert {receipt.item} <= items
            assert {receipt.location} <= places
        for loop in data.master_data["loops"]:
            assert {loop["item"]} <= items
            assert {loop["location"], loop["source"]} <= places
        assert {order.item for order in data.work_orders} <= items


def test_stock_at_the_start_calls_for_nothing() -> None:
    for data in (demo_data(), score_data()):
        for loop in data.master_data["loops"]:
            first = next(
                receipt.quantity
                for receipt in data.receipts
                if (receipt.item, receipt.location) == (loop["item"], loop["location"])
            )
            assert first > Decimal(str(loop["reorder_point"]))
