"""What the gateway does with whatever the bus brings: take it, refuse it, count it, and never fall over."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalog import builtin_plant, load_plant
from gateway.admission import rules_of
from gateway.contract.codec import encode
from gateway.contract.fact import AnyFact, MeasurementFact, StateFact
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import AgentStatus, FactMessage, SourceBatch
from gateway.counters import COMPLAINT_EVERY_S, Complaints, Counters
from gateway.intake import Intake
from gateway.isolation import Isolation
from gateway.reception import Reception
from tests.core.gateway_fakes import NOW, ManualClock

SITE = "kettle-works"
AGENT = "edge-moulding"
FACTS = f"lineside/v1/{SITE}/{AGENT}/facts"
STATUS = f"lineside/v1/{SITE}/{AGENT}/status"
RULES = rules_of(load_plant(builtin_plant("kettle-works")))


class Room:
    """A reception and what it handed on."""

    def __init__(self, intake: Intake | None = None) -> None:
        self.counters = Counters()
        self.intake = intake or Intake()
        self.seen: list[SourceBatch] = []
        self.heard: list[AgentStatus] = []
        clock = ManualClock()
        self.isolation = Isolation(clock=clock)
        self.reception = Reception(
            site=SITE,
            rules=RULES,
            intake=self.intake,
            counters=self.counters,
            complaints=Complaints(clock=clock),
            clock=clock,
            on_facts={"seen": self.seen.append},
            on_status={"heard": self.heard.append},
            isolation=self.isolation,
        )


def message(*facts: AnyFact, agent: str = AGENT, first_seq: int = 1, epoch: int = 1) -> bytes:
    return encode(FactMessage(agent=agent, outbox_epoch=epoch, first_seq=first_seq, facts=[*facts]))


RUNNING = StateFact(
    equipment="kettle-works/moulding/M1/IMM1",
    signal="state",
    at=NOW,
    arrived=NOW,
    state=EquipmentState.RUNNING,
)


def test_a_message_is_judged_queued_and_shown() -> None:
    room = Room()
    room.reception.arrived(FACTS, message(RUNNING, msgspec.structs.replace(RUNNING, signal="x")))
    (batch,) = room.intake.take(10)
    assert [verdict.seq for verdict in batch.quarantined] == [2]
    assert room.seen == [batch]
    assert (room.counters.facts, room.counters.quarantined, room.counters.malformed) == (2, 1, 0)


def test_a_status_is_handed_on_and_an_emptied_one_is_not() -> None:
    room = Room()
    status = AgentStatus(agent=AGENT, online=True, since=NOW, backlog=3)
    room.reception.arrived(STATUS, encode(status))
    room.reception.arrived(STATUS, b"")
    assert room.heard == [status]
    assert room.counters.malformed == 0


@pytest.mark.parametrize("topic", [FACTS, STATUS])
def test_an_agent_cannot_speak_for_another(topic: str) -> None:
    room = Room()
    room.reception.arrived(FACTS, message(RUNNING, agent="edge-assembly"))
    room.reception.arrived(STATUS, encode(AgentStatus(agent="edge-assembly", online=False)))
    assert (room.seen, room.heard, room.intake.facts) == ([], [], 0)
    assert room.counters.wrong_agent == 2


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (FACTS, b""),
        (FACTS, b"{}"),
        (FACTS, b"\xff\xfe"),
        (FACTS, message()),
        (FACTS, message(RUNNING, first_seq=0)),
        (FACTS, message(RUNNING, first_seq=2**63)),
        (FACTS, message(RUNNING, epoch=-1)),
        (FACTS, message(*[RUNNING] * 400)),
        (FACTS.replace(SITE, "elsewhere"), message(RUNNING)),
        (FACTS.replace(AGENT, "edge moulding"), message(RUNNING)),
        (FACTS.replace(AGENT, "x" * 65), message(RUNNING, agent="x" * 65)),
        ("lineside/v2/x", message(RUNNING)),
        ("", b""),
        (STATUS, b"{}"),
    ],
)
def test_what_is_not_a_message_of_the_wire_is_counted_and_left_out(
    topic: str, payload: bytes
) -> None:
    room = Room()
    room.reception.arrived(topic, payload)
    assert room.counters.malformed == 1
    assert (room.seen, room.heard, room.intake.facts) == ([], [], 0)


@given(
    topic=st.sampled_from([FACTS, STATUS]) | st.text(max_size=60),
    payload=st.binary(max_size=400)
    | st.binary(max_size=20).map(lambda noise: message(RUNNING) + noise)
    | st.tuples(st.integers(0, 300), st.binary(min_size=1, max_size=3)).map(
        lambda change: message(RUNNING)[: change[0]] + change[1] + message(RUNNING)[change[0] + 2 :]
    ),
)
def test_nothing_that_arrives_makes_it_fall_over(topic: str, payload: bytes) -> None:
    room = Room()
    room.reception.arrived(topic, payload)
    room.reception.arrived(FACTS, message(RUNNING, first_seq=900))
    assert room.counters.messages == 2
    assert room.seen[-1].facts == [RUNNING]


def test_a_full_intake_leaves_whole_messages_out_and_counts_them() -> None:
    room = Room(Intake(facts_max=2))
    for first_seq in (1, 3, 5):
        room.reception.arrived(FACTS, message(RUNNING, RUNNING, first_seq=first_seq))
    assert room.counters.dropped == 2
    assert [batch.first_seq for batch in room.intake.take(10)] == [1]


def test_a_fact_of_a_kind_to_come_is_kept_visible_and_does_not_block_the_rest() -> None:
    room = Room()
    payload = message(RUNNING, RUNNING).replace(b'"kind":"state"', b'"kind":"vibration"', 1)
    room.reception.arrived(FACTS, payload)
    (batch,) = room.intake.take(10)
    assert "vibration" in batch.quarantined[0].reason
    assert isinstance(batch.facts[0], MeasurementFact)
    assert batch.facts[1] == RUNNING


def test_complaints_are_repeated_at_a_bounded_rate(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    complaints = Complaints(clock=clock)
    for _ in range(1_000):
        complaints.say("broken", detail="x")
    complaints.say("other")
    clock.seconds += COMPLAINT_EVERY_S
    complaints.say("broken", detail="y")
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert len(lines) == 3
    assert "999" in lines[-1]


def test_a_listener_that_breaks_stops_no_fact_and_is_counted_with_its_cause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    room = Room()

    def broken(_: object) -> None:
        raise KeyError("a unit that nobody foresaw")

    reception = replace(
        room.reception,
        on_facts={"live_view": broken, "seen": room.seen.append},
        on_status={"agents": broken, "heard": room.heard.append},
    )
    for number in range(1, 4):
        reception.arrived(FACTS, message(RUNNING, first_seq=number))
    status = AgentStatus(agent=AGENT, online=True)
    reception.arrived(STATUS, encode(status))
    assert [batch.first_seq for batch in room.seen] == [1, 2, 3]
    assert room.intake.facts == 3
    assert room.heard == [status]
    assert room.isolation.failures == {"live_view": 3, "agents": 1}
    said = capsys.readouterr().out
    assert said.count("part_failed") == 2, "the same cause is logged once"
    assert "a unit that nobody foresaw" in said
    assert room.counters.malformed == 0


def test_a_fact_over_which_the_judgement_breaks_keeps_its_place_and_the_others_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(fact: object, agent: str, rules: object) -> str | None:
        if isinstance(fact, StateFact) and fact.detail == "evil":
            raise ZeroDivisionError
        return None

    monkeypatch.setattr("gateway.admission._implausible", breaks)
    room = Room()
    evil = msgspec.structs.replace(RUNNING, detail="evil")
    room.reception.arrived(FACTS, message(RUNNING, evil, RUNNING, first_seq=5))
    (batch,) = room.intake.take(10)
    assert [batch.facts[0], batch.facts[2]] == [RUNNING, RUNNING]
    assert isinstance(batch.facts[1], MeasurementFact)
    (verdict,) = batch.quarantined
    assert verdict.seq == 6
    assert "evil" in verdict.reason
    assert "ZeroDivisionError" in verdict.reason
    assert room.isolation.failures == {"admission": 1}


def test_what_breaks_the_reading_itself_is_turned_away_and_the_next_message_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()
    with monkeypatch.context() as broken:
        broken.setattr("gateway.reception.read_message", lambda _: 1 / 0)
        room.reception.arrived(FACTS, message(RUNNING))
    room.reception.arrived(FACTS, message(RUNNING))
    assert room.reception.turned_away.of(AGENT) == {"broke": 1}
    assert room.isolation.failures == {"reception": 1}
    assert room.intake.facts == 1


async def test_a_part_that_fails_or_ends_begins_anew_and_can_be_cancelled() -> None:
    isolation, begun = Isolation(clock=ManualClock()), 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise LookupError("unforeseen")
        if begun > 2:
            await asyncio.Event().wait()

    task = asyncio.create_task(isolation.keep_running("namespace", work))
    async with asyncio.timeout(20):
        while begun < 3:
            await asyncio.sleep(0)
    assert isolation.failures == {"namespace": 2}
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
