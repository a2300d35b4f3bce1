"""How a batch reaches a bad server, and how the one fact it cannot take is found."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.uplink import (
    IngestRequest,
    SourceMark,
)
from gateway.counters import Complaints, Counters
from gateway.delivery import REPLACED_MAX, WITHHOLD_S, Delivery
from gateway.server_link import NoAnswer
from tests.core.gateway_fakes import (
    FAILED,
    REFUSED,
    UNREACHABLE,
    FakeServer,
    ManualClock,
    source,
    values,
)


def delivery(
    server: FakeServer, clock: ManualClock | None = None
) -> tuple[Delivery, list[SourceMark]]:
    marks: list[SourceMark] = []
    clock = clock or ManualClock()

    async def remember(new: list[SourceMark]) -> None:
        marks.extend(new)

    return (
        Delivery(
            gateway="g",
            server=server,
            on_marks=remember,
            counters=Counters(),
            complaints=Complaints(clock=clock),
            clock=clock,
        ),
        marks,
    )


async def test_a_batch_is_sent_until_the_server_answers() -> None:
    answers = [UNREACHABLE] * 4 + [FAILED] * 2
    server = FakeServer(verdict=lambda _: answers.pop() if answers else None)
    clock = ManualClock()
    sender, marks = delivery(server, clock)
    await sender.deliver([source(1, 10)])
    assert [mark.through for mark in marks] == [10]
    assert [seq for _, seq, _, _ in server.stored] == list(range(1, 11))
    assert sender.counters.retries == 6
    assert clock.seconds < 6 * 2.0


@given(
    st.sets(st.integers(1, 60), max_size=8),
    st.sets(st.integers(1, 60), max_size=4),
    st.sampled_from([REFUSED, FAILED]),
)
def test_poisoned_facts_are_found_and_replaced_and_all_others_are_stored_as_they_are(
    poison_a: set[int], poison_b: set[int], answer: NoAnswer
) -> None:
    poison = {"a": poison_a, "b": poison_b}

    def judge(request: IngestRequest) -> NoAnswer | None:
        hit = any(set(values(batch)) & poison[batch.agent] for batch in request.sources)
        return answer if hit else None

    server = FakeServer(verdict=judge)
    sender, marks = delivery(server)
    asyncio.run(sender.deliver([source(1, 60), source(1, 60, agent="b")]))

    assert {mark.agent: mark.through for mark in marks} == {"a": 60, "b": 60}
    for agent in ("a", "b"):
        rows = [row for row in server.stored if row[0] == agent]
        assert [seq for _, seq, _, _ in rows] == list(range(1, 61))
        for _, seq, value, reason in rows:
            if seq in poison[agent]:
                assert value == 0.0
                assert f'"value":{seq}.0' in reason
            else:
                assert (value, reason) == (float(seq), "")
    assert sender.counters.replaced == len(poison_a) + len(poison_b)


async def test_a_fact_that_breaks_the_server_is_found_soon() -> None:
    """The whole plant waits meanwhile. Only before the fact itself is judged the server gets all its chances again."""
    server = FakeServer(
        verdict=lambda request: (
            FAILED if any(777 in values(batch) for batch in request.sources) else None
        )
    )
    clock = ManualClock()
    sender, marks = delivery(server, clock)
    await sender.deliver([source(1, 5_000)])
    assert marks[-1].through == 5_000
    assert [seq for _, seq, value, _ in server.stored if value == 0.0] == [777]
    assert clock.seconds < 10


async def test_a_server_that_breaks_over_everything_is_waited_for_and_nothing_is_replaced() -> None:
    server = FakeServer()
    server.verdict = lambda _: FAILED if server.requests < 40 else None
    server.pages = [UNREACHABLE] * 100
    sender, marks = delivery(server)
    await sender.deliver([source(1, 4)])
    assert [mark.through for mark in marks] == [4]
    assert sender.counters.replaced == 0
    assert all(reason == "" for _, _, _, reason in server.stored)


async def test_an_agent_whose_stand_ins_are_refused_too_is_withheld_and_others_are_not() -> None:
    server = FakeServer(
        verdict=lambda request: REFUSED if any(b.agent == "x" for b in request.sources) else None
    )
    clock = ManualClock()
    sender, marks = delivery(server, clock)
    await sender.deliver([source(1, 30, agent="x"), source(1, 30)])
    assert [(mark.agent, mark.through) for mark in marks] == [("a", 30)]

    requests = server.requests
    await sender.deliver([source(1, 30, agent="x")])
    assert server.requests == requests
    assert sender.counters.withheld == 30

    server.verdict = lambda _: None
    clock.seconds += WITHHOLD_S
    await sender.deliver([source(1, 30, agent="x")])
    assert marks[-1].agent == "x"
    assert marks[-1].through == 30


async def test_an_agent_of_which_nothing_can_be_stored_costs_a_bounded_number_of_requests() -> None:
    def judge(request: IngestRequest) -> NoAnswer | None:
        return REFUSED if any(any(values(b)) for b in request.sources) else None

    server = FakeServer(verdict=judge)
    sender, marks = delivery(server)
    await sender.deliver([source(1, 5_000)])
    assert sender.counters.replaced == REPLACED_MAX
    assert marks[-1].through == REPLACED_MAX
    assert server.requests < 100
