"""Whatever comes in on the bus, the gateway reads on, counts it, and takes the next honest message."""

import random
from itertools import chain

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_profiles.catalog import builtin_plant, load_plant
from gateway.admission import rules_of
from gateway.contract.codec import encode
from gateway.counters import Complaints, Counters
from gateway.intake import Intake
from gateway.isolation import Isolation
from gateway.live_view import LiveView
from gateway.reception import Reception
from tests.conformance.gateway_rig import AGENT, SITE, message
from tests.core.gateway_fakes import ManualClock
from tests.faults.hostile import hostile_messages
from tests.faults.hostile_strategies import Message, fuzzed, hostile

INPUTS = 10_000
FUZZED = 400
RULES = rules_of(load_plant(builtin_plant(SITE)))


def _reception() -> Reception:
    clock, view = ManualClock(), LiveView(rules=RULES)
    return Reception(
        site=SITE,
        rules=RULES,
        intake=Intake(facts_max=10**9, bytes_max=2**40),
        counters=Counters(),
        complaints=Complaints(clock=clock),
        clock=clock,
        on_facts={"live_view": view.see},
        on_status={"live_view": view.agent},
        isolation=Isolation(clock=clock),
    )


def test_thousands_of_hostile_messages_are_read_counted_and_survived() -> None:
    reception = _reception()
    for topic, payload in hostile_messages(random.Random(7), INPUTS):
        reception.arrived(topic, payload)
    counted = reception.counters
    assert counted.messages == INPUTS
    assert counted.malformed > INPUTS // 5
    assert counted.wrong_agent > INPUTS // 50
    # Strangers' facts are kept and shown, but marked: none of them is booked.
    assert counted.quarantined == counted.facts > 0
    reasons = [
        v.reason for batch in reception.intake.take(counted.facts) for v in batch.quarantined
    ]
    assert reasons
    assert not any("\0" in reason for reason in reasons), "no database takes that"
    before = reception.intake.facts
    reception.arrived(f"lineside/v1/{SITE}/{AGENT}/facts", encode(message(1, 3)))
    assert reception.intake.facts == before + 3
    assert counted.quarantined == counted.facts - 3


@settings(
    max_examples=FUZZED,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
@given(st.lists(hostile, min_size=1, max_size=3))
def test_whatever_hypothesis_can_think_of_is_survived_counted_and_never_booked(
    messages: list[Message],
) -> None:
    reception = _reception()
    for topic, payload in messages:
        reception.arrived(topic, payload)
    counted = reception.counters
    assert counted.messages == len(messages)
    assert counted.quarantined == counted.facts
    assert reception.isolation.failures == {}, "foreseen, every one of them"
    reception.arrived(f"lineside/v1/{SITE}/{AGENT}/facts", encode(message(1, 3)))
    assert counted.facts == counted.quarantined + 3


def test_what_hypothesis_draws_for_the_soak_is_of_many_kinds_and_the_same_for_a_seed() -> None:
    drawn, same = ([*chain(*fuzzed("a seed", 90, at_once=40))] for _ in range(2))
    assert len(drawn) == 90
    assert drawn == same
    assert len({*drawn}) > 45
    reception = _reception()
    for topic, payload in drawn:
        reception.arrived(topic, payload)
    counted = reception.counters
    assert min(counted.malformed, counted.wrong_agent, counted.quarantined) > 0


@given(st.binary(max_size=300), st.text(max_size=40), st.sampled_from(["facts", "status", "ack"]))
def test_any_bytes_on_any_topic_are_survived(payload: bytes, name: str, channel: str) -> None:
    reception = _reception()
    reception.arrived(f"lineside/v1/{SITE}/{name}/{channel}", payload)
    assert reception.counters.messages == 1
    assert reception.intake.facts == 0
