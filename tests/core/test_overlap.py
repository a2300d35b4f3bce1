"""Operations overlap: the next may start on a part, and people report no more than the operation before made."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.overlap import (
    BeyondUpstream,
    NothingUpstream,
    PassedOn,
    available,
    over_upstream,
)
from mes_server.domain.refusal import Refusal
from mes_server.domain.work_order import (
    ChangeState,
    Disposition,
    Operation,
    OrderState,
    ReportProduction,
    ReportScrap,
    Verb,
    decide,
    evolve,
)

PIECES = st.integers(0, 500).map(Decimal)


def waiting(upstream_good: int | None) -> Operation:
    good = None if upstream_good is None else Decimal(upstream_good)
    return Operation(number="WO-1", state=OrderState.ALLOWED_TO_START, upstream_good=good)


def running(*, upstream: int, good: int = 0, passed_on: int = 0) -> Operation:
    return Operation(
        number="WO-1",
        state=OrderState.RUNNING,
        good=Decimal(good),
        upstream_good=Decimal(upstream),
        passed_on=Decimal(passed_on),
    )


def test_the_next_operation_starts_on_a_partial_quantity() -> None:
    start = ChangeState(verb=Verb.START)
    assert evolve(waiting(1), decide(waiting(1), start)).state is OrderState.RUNNING


def test_the_first_operation_has_nothing_to_wait_for() -> None:
    decide(waiting(None), ChangeState(verb=Verb.START))


def test_it_does_not_start_with_nothing_upstream_and_says_so_in_both_languages() -> None:
    with pytest.raises(NothingUpstream) as refused:
        decide(waiting(0), ChangeState(verb=Verb.START))
    assert refused.value.say("en")[0] == (
        "Work order WO-1 has nothing to work on here: the operation before made 0 good, 0 of them are worked already."
    )
    assert refused.value.say("zh")[0] == "工单WO-1在此无料可加工：上道工序良品0件，其中0件已加工。"


def test_a_report_beyond_the_upstream_good_output_is_refused_with_the_figures() -> None:
    operation = running(upstream=10, good=7)
    with pytest.raises(BeyondUpstream) as refused:
        decide(operation, ReportProduction(good=Decimal(3), scrap=Decimal(1)))
    assert refused.value.say("en") == (
        "Work order WO-1: the operation before made 10 good; with 4 more this one would have made 11.",
        "Report at most 3 here, or have the operation before reported first.",
    )
    assert refused.value.say("zh")[1] == "此处最多可报3件，或请先报上道工序的产量。"


def test_good_pieces_that_the_next_operation_worked_are_not_scrapped_here() -> None:
    operation = running(upstream=100, good=10, passed_on=8)
    scrap = ReportScrap(quantity=Decimal(3), disposition=Disposition.SCRAP)
    with pytest.raises(PassedOn):
        decide(operation, scrap)
    assert evolve(
        operation, decide(operation, ReportScrap(quantity=Decimal(2), disposition=Disposition.SCRAP))
    ).good == 8  # fmt: skip


@given(upstream=PIECES, reports=st.lists(st.tuples(PIECES, PIECES), max_size=10))
def test_whatever_people_report_it_stays_within_the_upstream_good_output(
    upstream: Decimal, reports: list[tuple[Decimal, Decimal]]
) -> None:
    operation = Operation(number="WO-1", state=OrderState.RUNNING, upstream_good=upstream)
    for good, scrap in reports:
        try:
            operation = evolve(
                operation, decide(operation, ReportProduction(good=good, scrap=scrap))
            )
        except Refusal:
            assert operation.produced + good + scrap > upstream
    assert operation.produced <= upstream
    assert over_upstream(produced=operation.produced, upstream_good=upstream) == 0


@given(produced=PIECES, upstream=PIECES)
def test_what_is_available_less_what_is_over_is_what_upstream_made_less_what_was_worked(
    produced: Decimal, upstream: Decimal
) -> None:
    left = available(produced=produced, upstream_good=upstream)
    assert left is not None
    assert left - over_upstream(produced=produced, upstream_good=upstream) == upstream - produced
