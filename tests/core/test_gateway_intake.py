"""How waiting messages become batches: consecutive, bounded, in the order of each agent."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.uplink import (
    SourceBatch,
    Verdict,
)
from gateway.intake import Intake
from tests.core.gateway_fakes import (
    FakeServer,
    incoming,
    source,
    values,
)


def test_consecutive_messages_of_an_agent_become_one_batch() -> None:
    intake = Intake()
    for first in (1, 11, 21):
        intake.add(incoming(source(first, first + 9)))
    (batch,) = intake.take(5_000)
    assert (batch.first_seq, values(batch)) == (1, list(range(1, 31)))
    assert intake.facts == 0


def test_agents_share_a_batch_and_each_keeps_its_own_order() -> None:
    intake = Intake()
    for first in (1, 6):
        for agent in ("a", "b"):
            intake.add(incoming(source(first, first + 4, agent=agent)))
    batches = intake.take(5_000)
    assert [(b.agent, values(b)) for b in batches] == [
        ("a", list(range(1, 11))),
        ("b", list(range(1, 11))),
    ]


def test_what_was_sent_twice_is_in_the_batch_once() -> None:
    intake = Intake()
    for first, last in ((1, 10), (1, 10), (6, 15), (11, 12)):
        intake.add(incoming(source(first, last)))
    (batch,) = intake.take(5_000)
    assert values(batch) == list(range(1, 16))


def test_a_gap_a_step_back_and_a_new_outbox_wait_for_the_next_batch_with_all_behind_them() -> None:
    for second in (source(21, 30), source(1, 3), source(1, 10, epoch=2)):
        intake = Intake()
        third = source(11, 12)
        for batch in (source(5, 10), second, third):
            intake.add(incoming(batch))
        assert [values(b) for b in intake.take(5_000)] == [list(range(5, 11))]
        assert intake.facts == len(second.facts) + len(third.facts)
        (again,) = intake.take(5_000)
        assert values(again)[: len(second.facts)] == values(second)


def test_a_batch_is_never_larger_than_asked_for_and_messages_stay_whole() -> None:
    intake = Intake()
    for first in range(1, 101, 10):
        intake.add(incoming(source(first, first + 9)))
    assert [len(intake.take(25)[0].facts) for _ in range(5)] == [20] * 5
    assert intake.take(25) == []


def test_verdicts_travel_with_their_facts_and_those_of_duplicates_do_not() -> None:
    intake = Intake()
    for first, seqs in ((1, (2,)), (3, (3, 5))):
        batch = source(first, first + 3)
        verdicts = [Verdict(seq=seq, reason=f"from {first}") for seq in seqs]
        intake.add(
            incoming(
                SourceBatch(
                    agent="a",
                    outbox_epoch=1,
                    first_seq=first,
                    facts=batch.facts,
                    quarantined=verdicts,
                )
            )
        )
    (batch,) = intake.take(100)
    assert [(v.seq, v.reason) for v in batch.quarantined] == [(2, "from 1"), (5, "from 3")]


def test_what_an_edge_no_longer_holds_is_told_but_never_beyond_what_is_in_the_batch() -> None:
    intake = Intake()
    for batch in (source(10, 14, oldest=8), source(15, 19, oldest=15)):
        intake.add(incoming(batch))
    assert intake.take(100)[0].oldest_seq == 10


def test_a_full_intake_has_no_room_in_facts_nor_in_bytes() -> None:
    intake = Intake(facts_max=20, bytes_max=1_000)
    assert intake.has_room("a", 1_000)
    assert not intake.has_room("a", 1_001)
    intake.add(incoming(source(1, 20)))
    assert not intake.has_room("a", 1)
    intake.take(20)
    assert intake.has_room("a", 1_000)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 40), st.integers(1, 12)), max_size=40),
    st.integers(12, 60),
)
def test_whatever_comes_every_batch_is_consecutive_and_nothing_new_is_left_out(
    messages: list[tuple[str, int, int]], room: int
) -> None:
    intake, server = Intake(), FakeServer()
    held: dict[str, set[int]] = {"a": set(), "b": set()}
    for agent, first, length in messages:
        intake.add(incoming(source(first, first + length - 1, agent=agent)))
        held[agent] |= set(range(first, first + length))
    seen: dict[str, set[int]] = {"a": set(), "b": set()}
    while batches := intake.take(room):
        assert len({batch.agent for batch in batches}) == len(batches)
        assert sum(len(batch.facts) for batch in batches) <= room
        for batch in batches:
            last = batch.first_seq + len(batch.facts)
            assert values(batch) == list(range(batch.first_seq, last))
            seen[batch.agent] |= set(values(batch))
    assert seen == held
    assert (intake.facts, server.requests) == (0, 0)


def test_who_floods_waits_behind_himself_and_everybody_gets_a_turn() -> None:
    intake = Intake()
    for first in range(1, 7_001, 70):
        intake.add(incoming(source(first, first + 69, agent="flood")))
    for agent in ("quiet", "calm"):
        intake.add(incoming(source(1, 5, agent=agent)))
    taken = {batch.agent: len(batch.facts) for batch in intake.take(100)}
    assert taken == {"flood": 70, "quiet": 5, "calm": 5}
    intake.add(incoming(source(6, 9, agent="calm")))
    assert "calm" in {batch.agent for batch in intake.take(100)}


def test_one_agent_fills_its_own_share_and_no_more() -> None:
    intake = Intake(facts_max=1_000, agent_facts_max=100)
    intake.add(incoming(source(1, 100, agent="flood")))
    assert not intake.has_room("flood", 1)
    assert intake.has_room("quiet", 1)


def test_a_crowd_cannot_lock_out_an_agent_of_whom_nothing_waits() -> None:
    intake = Intake(facts_max=100)
    for number in range(10):
        intake.add(incoming(source(1, 10, agent=f"crowd-{number}")))
    assert not intake.has_room("crowd-1", 1)
    assert intake.has_room("quiet", 1)


def test_in_a_full_batch_the_next_turn_begins_with_somebody_else() -> None:
    intake, first = Intake(), set[str]()
    for agent in "abc":
        for begin in range(1, 31, 10):
            intake.add(incoming(source(begin, begin + 9, agent=agent)))
    for _ in range(3):
        first |= {batch.agent for batch in intake.take(10)}
    assert first == {"a", "b", "c"}
