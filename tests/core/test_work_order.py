"""The life of an operation: what people may do when, and that scrap never adds production."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.refusal import Refusal
from mes_server.domain.work_order import (
    ChangeState,
    Command,
    Disposition,
    MoreThanGood,
    NotRunning,
    Operation,
    OrderState,
    ReportScrap,
    TakeBackScrap,
    Verb,
    WrongState,
    allowed,
    decide,
    evolve,
)

QUANTITIES = st.decimals(min_value=0, max_value=1000, places=3)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(ChangeState, verb=st.sampled_from(Verb)),
    st.builds(ReportScrap, quantity=QUANTITIES, disposition=st.sampled_from(Disposition)),
)
ENDED = {OrderState.CLOSED, OrderState.ABORTED}


def after(operation: Operation, *verbs: Verb) -> Operation:
    for verb in verbs:
        operation = evolve(operation, decide(operation, ChangeState(verb=verb)))
    return operation


@pytest.mark.parametrize(
    ("verbs", "state"),
    [
        ((Verb.RELEASE,), OrderState.ALLOWED_TO_START),
        ((Verb.RELEASE, Verb.START), OrderState.RUNNING),
        ((Verb.RELEASE, Verb.START, Verb.SUSPEND), OrderState.SUSPENDED),
        ((Verb.RELEASE, Verb.START, Verb.HOLD), OrderState.HELD),
        ((Verb.RELEASE, Verb.START, Verb.SUSPEND, Verb.HOLD), OrderState.HELD),
        ((Verb.RELEASE, Verb.START, Verb.HOLD, Verb.RESUME), OrderState.RUNNING),
        ((Verb.RELEASE, Verb.START, Verb.SUSPEND, Verb.COMPLETE), OrderState.COMPLETED),
        ((Verb.RELEASE, Verb.START, Verb.COMPLETE, Verb.CLOSE), OrderState.CLOSED),
        ((Verb.ABORT,), OrderState.ABORTED),
        ((Verb.RELEASE, Verb.START, Verb.ABORT), OrderState.ABORTED),
    ],
)
def test_an_order_walks_through_its_life(verbs: tuple[Verb, ...], state: OrderState) -> None:
    assert after(Operation(number="WO-1"), *verbs).state is state


@pytest.mark.parametrize("state", OrderState)
def test_a_state_refuses_every_verb_that_it_does_not_allow(state: OrderState) -> None:
    operation = Operation(number="WO-1", state=state)
    for verb in set(Verb) - set(allowed(state)):
        with pytest.raises(WrongState):
            decide(operation, ChangeState(verb=verb))


def test_only_a_person_ends_an_order_and_a_completed_one_is_not_aborted() -> None:
    assert allowed(OrderState.RUNNING) == (Verb.SUSPEND, Verb.HOLD, Verb.COMPLETE, Verb.ABORT)
    assert allowed(OrderState.COMPLETED) == (Verb.CLOSE,)
    assert all(allowed(state) == () for state in ENDED)


@given(good=QUANTITIES, quantity=QUANTITIES, disposition=st.sampled_from(Disposition))
def test_scrap_moves_good_and_never_adds_production(
    good: Decimal, quantity: Decimal, disposition: Disposition
) -> None:
    before = Operation(number="WO-1", state=OrderState.RUNNING, good=good)
    command = ReportScrap(quantity=quantity, disposition=disposition)
    if quantity == 0 or quantity > good:
        with pytest.raises(MoreThanGood):
            decide(before, command)
        return
    booked = evolve(before, decide(before, command))
    assert booked.produced == before.produced
    assert booked.good == good - quantity
    undone = evolve(
        booked, decide(booked, TakeBackScrap(quantity=quantity, disposition=disposition))
    )
    assert undone == before


@given(good=QUANTITIES, commands=st.lists(COMMANDS, max_size=25))
def test_whatever_people_try_production_stays_and_an_ended_order_stays_ended(
    good: Decimal, commands: list[Command]
) -> None:
    operation = Operation(number="WO-1", good=good)
    for command in commands:
        before = operation
        try:
            operation = evolve(operation, decide(operation, command))
        except Refusal:
            continue
        assert before.state not in ENDED
        assert operation.produced == good
        assert min(operation.good, operation.scrap, operation.rework) >= 0


@pytest.mark.parametrize(
    "state", [OrderState.NOT_ALLOWED_TO_START, OrderState.ALLOWED_TO_START, *sorted(ENDED)]
)
def test_an_order_that_is_not_at_work_takes_no_scrap(state: OrderState) -> None:
    operation = Operation(number="WO-1", state=state, good=Decimal(10))
    with pytest.raises(NotRunning):
        decide(operation, ReportScrap(quantity=Decimal(1), disposition=Disposition.SCRAP))
