"""What the gateway believes, what it quarantines, and the words it finds for it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalog import builtin_plant, load_plant
from gateway.admission import FUTURE_MAX, SPAN_SLACK_S, judge, rules_of
from gateway.contract.codec import encode
from gateway.contract.fact import (
    AnyFact,
    Cause,
    CountFact,
    JobAnswerFact,
    MeasurementFact,
    Quality,
    StateFact,
    WeightFact,
)
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import FactMessage, SourceBatch, Verdict
from gateway.stand_in import QUOTE_MAX, read_message

RULES = rules_of(load_plant(builtin_plant("kettle-works")))
MOULDER = "kettle-works/moulding/M1/IMM1"
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def count(**changes: object) -> CountFact:
    fact = CountFact(
        equipment=MOULDER,
        signal="good",
        at=NOW,
        arrived=NOW,
        epoch=1,
        total=100,
        delta=1,
        raw=100,
        cause=Cause.STEP,
        since=NOW - timedelta(seconds=1),
    )
    return msgspec.structs.replace(fact, **changes)


def weight(**changes: object) -> WeightFact:
    fact = WeightFact(
        equipment=MOULDER,
        signal="resin",
        at=NOW,
        arrived=NOW,
        epoch=1,
        total=Decimal("12.5"),
        delta=Decimal("0.031"),
        unit="kg",
        cause=Cause.STEP,
        since=NOW - timedelta(seconds=2),
    )
    return msgspec.structs.replace(fact, **changes)


def state(**changes: object) -> StateFact:
    fact = StateFact(
        equipment=MOULDER, signal="state", at=NOW, arrived=NOW, state=EquipmentState.RUNNING
    )
    return msgspec.structs.replace(fact, **changes)


def temperature(**changes: object) -> MeasurementFact:
    fact = MeasurementFact(
        equipment=MOULDER, signal="melt_temperature", at=NOW, arrived=NOW, value=215.5, unit="Cel"
    )
    return msgspec.structs.replace(fact, **changes)


def answer(**changes: object) -> JobAnswerFact:
    fact = JobAnswerFact(
        equipment=MOULDER, signal="job", at=NOW, arrived=NOW, command_id="c-1", accepted=True
    )
    return msgspec.structs.replace(fact, **changes)


def batch(*facts: AnyFact, agent: str = "edge-moulding") -> SourceBatch:
    return SourceBatch(agent=agent, outbox_epoch=1, first_seq=7, facts=[*facts])


def reason(fact: AnyFact, agent: str = "edge-moulding") -> str:
    """Why the fact is quarantined; empty when it is not."""
    judged = judge(batch(fact, agent=agent), RULES)
    return judged.quarantined[0].reason if judged.quarantined else ""


@pytest.mark.parametrize("fact", [count(), weight(), state(), temperature(), answer()])
def test_what_the_plant_file_expects_is_passed_on_untouched(fact: AnyFact) -> None:
    given_batch = batch(fact)
    assert judge(given_batch, RULES) is given_batch


def test_equipment_that_the_plant_file_does_not_know_is_quarantined() -> None:
    why = reason(count(equipment="kettle-works/moulding/M1/IMM9"))
    assert "no equipment 'kettle-works/moulding/M1/IMM9'" in why


def test_a_signal_that_the_plant_file_does_not_know_is_quarantined() -> None:
    assert "no signal 'bad'" in reason(count(signal="bad"))


def test_only_the_agent_that_the_plant_file_names_may_count() -> None:
    why = reason(count(), agent="edge-spare")
    assert "read by agent edge-moulding" in why
    assert "count twice" in why


@pytest.mark.parametrize(
    "fact",
    [
        count(signal="resin"),
        count(signal="state"),
        weight(signal="good"),
        state(signal="scrap"),
        temperature(signal="good"),
    ],
)
def test_a_kind_of_fact_that_does_not_suit_its_signal_is_quarantined(fact: AnyFact) -> None:
    assert "but the plant file says it is" in reason(fact)


@pytest.mark.parametrize("fact", [count(delta=-1), weight(delta=Decimal("-0.001"))])
def test_a_total_never_falls(fact: AnyFact) -> None:
    assert "went backwards" in reason(fact)


def test_a_step_cannot_be_larger_than_its_total() -> None:
    assert "larger than the whole total" in reason(count(total=3, delta=4))
    assert reason(count(total=4, delta=4)) == ""


def test_a_first_reading_counts_nothing() -> None:
    assert "first reading" in reason(count(cause=Cause.BASELINE))
    assert reason(count(cause=Cause.BASELINE, delta=0, since=None)) == ""


# The moulder's profile: 20 pieces/s, 10 at once.
COUNTS_MAX = int(20 * (1 + SPAN_SLACK_S) + 10)


def test_a_counter_cannot_be_faster_than_its_machine() -> None:
    assert reason(count(total=10**6, delta=COUNTS_MAX)) == ""
    why = reason(count(total=10**6, delta=COUNTS_MAX + 1))
    assert "more than the device can make (20 pcs/s, 10 pcs at once)" in why


def test_what_came_late_may_be_as_much_as_the_outage_was_long() -> None:
    late = {"cause": Cause.LATE, "since": NOW - timedelta(hours=1), "total": 10**6}
    assert reason(count(delta=20 * 3600, **late)) == ""
    assert "more than the device can make" in reason(count(delta=20 * 4000, **late))


def test_a_step_that_does_not_say_since_when_is_no_longer_than_the_silence_that_ends_in_lost() -> (
    None
):
    lost_after_s = 2.5
    most = int(20 * (lost_after_s + SPAN_SLACK_S) + 10)
    assert reason(count(since=None, total=10**6, delta=most)) == ""
    assert "more than" in reason(count(since=None, total=10**6, delta=most + 1))


def test_a_span_that_ends_before_it_began_is_taken_for_none() -> None:
    assert reason(count(since=NOW + timedelta(days=1))) == ""


# The scale's own total runs at 5000 g/s, 20,000 g at once, and counts in grams; the fact is in kilograms.
KILOGRAMS_MAX = Decimal(5) * (2 + int(SPAN_SLACK_S)) + 20


def test_a_scale_is_limited_in_the_unit_of_its_facts_not_of_its_counter() -> None:
    heavy = {"total": Decimal(10_000)}
    assert reason(weight(delta=KILOGRAMS_MAX, **heavy)) == ""
    assert "5 kg/s" in reason(weight(delta=KILOGRAMS_MAX + 1, **heavy))


def test_a_weighing_in_another_unit_is_not_booked() -> None:
    assert "in 'g', but the profile says 'kg'" in reason(weight(unit="g"))


def test_a_machine_whose_clock_runs_ahead_is_quarantined() -> None:
    assert reason(count(at=NOW + FUTURE_MAX)) == ""
    assert "in the future" in reason(count(at=NOW + FUTURE_MAX + timedelta(seconds=1)))


def test_old_facts_are_welcome_however_late_they_come() -> None:
    long_ago = NOW - timedelta(days=30)
    assert reason(count(at=long_ago, since=long_ago - timedelta(seconds=1))) == ""


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        (count(cause=Cause.SUSPECT, delta=0, claimed=900, quality=Quality.QUARANTINED), "jumped"),
        (
            count(cause=Cause.AMBIGUOUS, delta=0, claimed=900, quality=Quality.QUARANTINED),
            "wrapped or was reset",
        ),
        (count(quality=Quality.QUARANTINED), "does not trust"),
        (weight(quality=Quality.QUARANTINED), "does not trust"),
        (temperature(quality=Quality.QUARANTINED), "does not trust"),
    ],
)
def test_what_the_agent_quarantined_stays_so_and_says_why(fact: AnyFact, word: str) -> None:
    assert word in reason(fact)


@pytest.mark.parametrize(
    "fact",
    [
        weight(total=Decimal("NaN")),
        weight(delta=Decimal("Infinity")),
        weight(level=Decimal("-sNaN")),
        weight(total=Decimal("1E+900")),
        temperature(value=float("inf")),
        temperature(value=float("nan")),
        count(raw=2**64),
        count(epoch=2**70),
        state(detail="Held\x00\x00"),
        state(detail="x" * 5_000),
        answer(reason="\x00"),
        state(at=datetime(1970, 1, 1, tzinfo=UTC)),
        state(arrived=datetime(9999, 12, 31, tzinfo=UTC)),
        count(since=datetime(1, 1, 1, tzinfo=UTC)),
        state(equipment="x\x00"),
        state(signal="s" * 500),
    ],
)
def test_what_no_database_can_hold_is_replaced_by_a_stand_in_that_quotes_it(fact: AnyFact) -> None:
    judged = judge(batch(count(), fact, count()), RULES)
    (verdict,) = judged.quarantined
    stand_in = judged.facts[1]
    assert verdict.seq == 8
    assert "It read: {" in verdict.reason
    assert "\x00" not in verdict.reason
    assert len(verdict.reason) < QUOTE_MAX + 400
    assert isinstance(stand_in, MeasurementFact)
    assert stand_in.quality is Quality.QUARANTINED
    assert (stand_in.value, judged.facts[0], judged.facts[2]) == (0.0, count(), count())


@given(
    st.lists(
        st.sampled_from(
            [count(), count(delta=-5), weight(), weight(delta=Decimal("NaN")), state(signal="x")]
        ),
        min_size=1,
        max_size=20,
    )
)
def test_a_batch_that_is_sent_again_gets_the_same_verdicts_and_stays_in_place(
    facts: list[AnyFact],
) -> None:
    once, again = judge(batch(*facts), RULES), judge(batch(*facts), RULES)
    assert once == again
    assert judge(once, RULES) == once
    assert len(once.facts) == len(facts)
    assert [v.seq for v in once.quarantined] == sorted({v.seq for v in once.quarantined})


def test_a_fact_that_cannot_be_read_is_replaced_and_its_neighbours_are_not() -> None:
    message = FactMessage(
        agent="edge-moulding", outbox_epoch=2, first_seq=5, facts=[count(), count(), state()]
    )
    damaged = encode(message).replace(b'"delta":1', b'"delta":"many"', 1)
    read, verdicts = read_message(damaged)

    assert [verdict.seq for verdict in verdicts] == [5]
    assert "$.delta" in verdicts[0].reason
    assert '"delta":"many"' in verdicts[0].reason
    assert (read.agent, read.outbox_epoch, read.first_seq) == ("edge-moulding", 2, 5)
    assert (read.facts[0].equipment, read.facts[0].signal, read.facts[0].at) == (
        MOULDER,
        "good",
        NOW,
    )
    assert read.facts[1:] == message.facts[1:]


def test_a_verdict_from_reading_is_not_judged_again() -> None:
    given_batch = msgspec.structs.replace(
        batch(count(signal="nothing")), quarantined=[Verdict(seq=7, reason="unreadable")]
    )
    assert judge(given_batch, RULES).quarantined == [Verdict(seq=7, reason="unreadable")]
