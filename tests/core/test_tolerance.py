"""Over- and under-delivery: per cent per order, or unlimited; nothing completes by itself."""

from decimal import Decimal

import pytest

from mes_server.domain.tolerance import OverDelivery, ShortDelivery, Tolerance, over_delivery
from mes_server.domain.work_order import (
    ChangeState,
    Operation,
    OrderState,
    ReportProduction,
    StateChanged,
    Verb,
    decide,
)

HUNDRED = Decimal(100)
TEN_AND_FIVE = Tolerance(over_percent=Decimal(10), under_percent=Decimal(5))
COMPLETE = ChangeState(verb=Verb.COMPLETE)


def operation(good: str, tolerance: Tolerance = TEN_AND_FIVE) -> Operation:
    return Operation(
        number="WO-1",
        state=OrderState.RUNNING,
        good=Decimal(good),
        target=HUNDRED,
        tolerance=tolerance,
    )


def test_completing_within_the_under_tolerance_needs_no_reason() -> None:
    assert decide(operation("95"), COMPLETE) == StateChanged(state=OrderState.COMPLETED)


def test_completing_short_of_it_needs_a_reason_and_the_refusal_gives_the_figures() -> None:
    with pytest.raises(ShortDelivery) as refused:
        decide(operation("94.999"), COMPLETE)
    assert refused.value.overridable
    assert refused.value.say("en")[0] == (
        "Work order WO-1 has 94.999 good of 100; at least 95 are within tolerance."
    )
    assert "95件" in refused.value.say("zh")[0]
    confirmed = ChangeState(verb=Verb.COMPLETE, reason="mould broke")
    assert decide(operation("94.999"), confirmed) == StateChanged(state=OrderState.COMPLETED)


def test_an_unlimited_under_tolerance_lets_any_order_be_completed() -> None:
    assert decide(operation("0", Tolerance()), COMPLETE) == StateChanged(state=OrderState.COMPLETED)


def test_a_person_reports_up_to_the_over_tolerance_and_no_further() -> None:
    decide(operation("100"), ReportProduction(good=Decimal(10)))
    with pytest.raises(OverDelivery) as refused:
        decide(operation("100"), ReportProduction(good=Decimal(11)))
    assert refused.value.say("en")[0] == (
        "Work order WO-1 asks for 100, at most 110 with its tolerance; 11 more would make 111."
    )


def test_scrap_is_no_delivery() -> None:
    decide(operation("110"), ReportProduction(scrap=Decimal(40)))


def test_an_unlimited_over_tolerance_takes_any_report() -> None:
    unlimited = Tolerance(under_percent=Decimal(5))
    decide(operation("100", unlimited), ReportProduction(good=Decimal(1000)))
    assert over_delivery(unlimited, good=Decimal(5000), target=HUNDRED) == 0


def test_what_a_machine_made_beyond_the_tolerance_is_flagged() -> None:
    assert over_delivery(TEN_AND_FIVE, good=Decimal(110), target=HUNDRED) == 0
    assert over_delivery(TEN_AND_FIVE, good=Decimal(123), target=HUNDRED) == 13
