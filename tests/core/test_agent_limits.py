"""How much an agent may send, what is turned away, and that it is counted by agent and reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.agent_limits import BUCKETS_MAX, BURST_S, AgentLimits, Rate
from gateway.turned_away import AGENTS_MAX, NOBODY, OTHERS, Reason, TurnedAway
from tests.core.test_gateway_reception import AGENT, FACTS, RUNNING, SITE, STATUS, Room, message


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=400))
def test_over_any_time_an_agent_gets_its_rate_and_one_burst(pauses: list[float]) -> None:
    limits, now, taken = AgentLimits(facts=Rate(messages_per_s=10)), 0.0, 0
    for pause in pauses:
        now += pause
        taken += limits.admits("a", "facts", 1, now)
    assert taken <= 10 * (BURST_S + now) + 1


def test_a_flood_ends_at_the_limit_and_others_do_not_feel_it() -> None:
    limits = AgentLimits(facts=Rate(messages_per_s=10))
    admitted = sum(limits.admits("flood", "facts", 1, 0.0) for _ in range(1_000))
    assert admitted == 20
    assert limits.admits("quiet", "facts", 1, 0.0)
    assert limits.admits("flood", "status", 1, 0.0)
    assert limits.admits("flood", "facts", 1, 1.0)


def test_bytes_are_limited_too_and_one_message_is_always_possible() -> None:
    limits = AgentLimits(facts=Rate(bytes_per_s=1_000))
    assert limits.admits("a", "facts", 20_000, 0.0)
    assert not limits.admits("a", "facts", 1_000, 0.1)
    assert limits.admits("a", "facts", 1_000, 5.0)


def test_a_clock_that_does_not_move_gives_nothing_away() -> None:
    limits = AgentLimits(facts=Rate(messages_per_s=1))
    assert [limits.admits("a", "facts", 1, 5.0) for _ in range(4)] == [True, True, False, False]
    assert not limits.admits("a", "facts", 1, 4.0)


def test_the_buckets_are_bounded() -> None:
    limits = AgentLimits()
    for number in range(BUCKETS_MAX + 100):
        limits.admits(f"a{number}", "facts", 1, 0.0)
    assert len(limits._buckets) == BUCKETS_MAX  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("topic", "payload", "agent", "reason"),
    [
        (FACTS, b"{", AGENT, Reason.NOT_JSON),
        (FACTS, b"\xff\xfe", AGENT, Reason.NOT_JSON),
        (FACTS, b"[" * 19_000, AGENT, Reason.NOT_IN_CONTRACT),
        (FACTS, b"{}", AGENT, Reason.NOT_IN_CONTRACT),
        (STATUS, b'{"agent": 1}', AGENT, Reason.NOT_IN_CONTRACT),
        (FACTS, message(), AGENT, Reason.BAD_SEQUENCE),
        (FACTS, message(RUNNING, first_seq=0), AGENT, Reason.BAD_SEQUENCE),
        (FACTS, message(*[RUNNING] * 400), AGENT, Reason.TOO_LARGE),
        (FACTS, message(RUNNING, agent="edge-assembly"), AGENT, Reason.WRONG_AGENT),
        (FACTS.replace(SITE, "elsewhere"), message(RUNNING), NOBODY, Reason.BAD_TOPIC),
        ("x", b"", NOBODY, Reason.BAD_TOPIC),
    ],
)
def test_what_is_turned_away_is_counted_by_agent_and_reason(
    topic: str, payload: bytes, agent: str, reason: Reason
) -> None:
    room = Room()
    for _ in range(3):
        room.reception.arrived(topic, payload)
    assert room.reception.turned_away.by_agent() == {agent: {reason.value: 3}}
    assert room.reception.turned_away.total == 3


def test_a_flooding_agent_is_turned_away_and_counted() -> None:
    room = Room()
    room.reception.limits.facts = Rate(messages_per_s=5)
    for seq in range(1, 101):
        room.reception.arrived(FACTS, message(RUNNING, first_seq=seq))
    assert room.counters.too_fast == 90
    assert room.reception.turned_away.of(AGENT) == {"too-fast": 90}
    assert room.intake.facts == 10


def test_invented_agents_do_not_fill_the_memory() -> None:
    turned_away = TurnedAway()
    for number in range(AGENTS_MAX + 500):
        turned_away.count(f"invented-{number}", Reason.NOT_JSON)
    assert len(turned_away.by_agent()) == AGENTS_MAX + 1
    assert turned_away.of(OTHERS) == {"not-json": 500}
