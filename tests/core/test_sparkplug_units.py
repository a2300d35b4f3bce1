"""A unit as a Sparkplug device: the same metrics for all, null for what is not known, dead when no agent reads it."""

from datetime import timedelta

import pytest

from device_profiles.catalog import builtin_plant, load_plant
from gateway.admission import rules_of
from gateway.contract.fact import AnyFact, Cause, CountFact, JobAnswerFact, StateFact
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import AgentStatus, SourceBatch
from gateway.live_view import LiveView
from gateway.sparkplug_session import Shown
from gateway.sparkplug_units import Units, device_id
from tests.core.gateway_fakes import NOW

UNIT, AGENT = "kettle-works/moulding/M1/IMM1", "edge-moulding"
ORDER_TOPIC = f"lineside/uns/{UNIT}/order"


@pytest.fixture
def units() -> Units:
    return Units.of(LiveView(rules=rules_of(load_plant(builtin_plant("kettle-works")))))


def see(units: Units, *facts: AnyFact, first_seq: int = 1) -> None:
    batch = SourceBatch(agent=AGENT, outbox_epoch=1, first_seq=first_seq, facts=[*facts])
    units.view.see(batch)


def metrics(units: Units) -> dict[str, Shown]:
    return {shown.name: shown for shown in units.metrics(UNIT)}


def state(word: EquipmentState, detail: str = "", after_s: float = 0) -> StateFact:
    at = NOW + timedelta(seconds=after_s)
    return StateFact(equipment=UNIT, signal="state", at=at, arrived=at, state=word, detail=detail)


def count(total: int) -> CountFact:
    return CountFact(
        equipment=UNIT,
        signal="good",
        at=NOW,
        arrived=NOW,
        epoch=1,
        total=total,
        delta=1,
        raw=total,
        cause=Cause.STEP,
        since=NOW,
    )


def test_before_anything_is_heard_every_metric_is_named_and_null(units: Units) -> None:
    common = [
        "State",
        "State/PackML",
        "State/Machine",
        "Order",
        "Good",
        "Scrap",
        "Rate",
        "LastFact",
    ]
    for unit in units.paths:
        shown = units.metrics(unit)
        assert [each.name for each in shown][: len(common)] == common
        assert {each.value for each in shown} == {None}


def test_the_packml_number_is_the_machines_own_or_the_nearest(units: Units) -> None:
    see(units, state(EquipmentState.DOWN, "Held"))
    assert metrics(units)["State/PackML"].value == 11
    see(units, state(EquipmentState.DOWN, "E17", after_s=1), first_seq=2)
    found = metrics(units)
    assert (found["State/PackML"].value, found["State/Machine"].value) == (9, "E17")


def test_a_lost_machine_has_no_values_but_its_last_time(units: Units) -> None:
    see(units, count(7), state(EquipmentState.RUNNING))
    assert metrics(units)["Good"].value == 7
    see(units, state(EquipmentState.UNKNOWN, "no data", after_s=1), first_seq=3)
    found = metrics(units)
    assert [found[name].value for name in ("Good", "State", "State/PackML")] == [None] * 3
    assert found["LastFact"].value == int((NOW + timedelta(seconds=1)).timestamp() * 1000)


def test_a_unit_is_heard_while_one_of_its_agents_is_there(units: Units) -> None:
    assert not units.is_heard(UNIT)
    see(units, count(1))
    assert units.is_heard(UNIT)
    units.view.agent(AgentStatus(agent=AGENT, online=False))
    assert not units.is_heard(UNIT)
    units.view.agent(AgentStatus(agent=AGENT, online=True))
    assert units.is_heard(UNIT)
    units.view.nobody_is_heard()
    assert not units.is_heard(UNIT)


def test_the_order_is_told_in_both_and_unknown_while_the_server_is_silent(units: Units) -> None:
    units.view.changes(NOW, signals_max=1_000)
    units.view.running({UNIT: "WO-7"})
    assert metrics(units)["Order"].value == "WO-7"
    told = dict(units.view.changes(NOW, signals_max=1_000))
    assert (told[ORDER_TOPIC].value, told[ORDER_TOPIC].quality) == ("WO-7", "good")
    units.view.running({UNIT: "WO-7"})
    assert units.view.changes(NOW) == []
    units.view.running({})
    assert metrics(units)["Order"].value == ""
    units.view.running(None)
    assert metrics(units)["Order"].value is None
    told = dict(units.view.changes(NOW, signals_max=1_000))
    assert (told[ORDER_TOPIC].value, told[ORDER_TOPIC].quality) == (None, "unknown")


def test_a_device_id_is_the_path_below_the_site() -> None:
    assert device_id(UNIT) == "moulding:M1:IMM1"


@pytest.mark.parametrize("signal", ["state", "good", "resin", "melt_temperature"])
def test_an_answer_to_a_job_order_is_no_value_whatever_signal_it_names(
    units: Units, signal: str
) -> None:
    before = metrics(units)
    see(
        units,
        JobAnswerFact(
            equipment=UNIT, signal=signal, at=NOW, arrived=NOW, command_id="c1", accepted=True
        ),
    )
    assert metrics(units) == before


def test_a_server_that_never_answered_makes_every_order_unknown(units: Units) -> None:
    view = units.view
    assert ORDER_TOPIC not in dict(view.changes(NOW, 1_000))
    view.running(None)
    assert dict(view.changes(NOW, 1_000))[ORDER_TOPIC].quality == "unknown"
    view.everything_changed()
    assert dict(view.changes(NOW, 1_000))[ORDER_TOPIC].quality == "unknown"
