"""Cycle counts: tolerance per class, recount, and a decision by somebody who did not count."""

from decimal import Decimal

import pytest

from mes_server.domain.cycle_count import (
    LineDone,
    OwnCount,
    Verdict,
    check_counter,
    check_decider,
    judge,
)


def verdict(book: str, counted: str, tolerance: str, *, recounted: bool = False) -> Verdict:
    return judge(
        book=Decimal(book),
        counted=Decimal(counted),
        tolerance_percent=Decimal(tolerance),
        recounted=recounted,
    )


def test_a_difference_within_tolerance_is_booked_whichever_way_it_goes() -> None:
    assert verdict("1000", "995", "0.5") is Verdict.BOOK
    assert verdict("1000", "1005", "0.5") is Verdict.BOOK
    assert verdict("1000", "1000", "0") is Verdict.BOOK


def test_a_difference_above_tolerance_is_counted_again_then_waits_for_approval() -> None:
    assert verdict("1000", "994.9", "0.5") is Verdict.RECOUNT
    assert verdict("1000", "994.9", "0.5", recounted=True) is Verdict.WAIT
    assert verdict("1000", "999", "0.5", recounted=True) is Verdict.BOOK


def test_what_the_books_do_not_know_is_always_above_tolerance() -> None:
    assert verdict("0", "1", "100") is Verdict.RECOUNT


def test_who_counted_first_does_not_recount() -> None:
    check_counter(state="open", person=1, counted_by=None)
    check_counter(state="recount", person=2, counted_by=1)
    with pytest.raises(OwnCount):
        check_counter(state="recount", person=1, counted_by=1)
    for state in ("waiting", "booked", "refused"):
        with pytest.raises(LineDone):
            check_counter(state=state, person=2, counted_by=1)


def test_who_counted_does_not_approve() -> None:
    check_decider(state="waiting", person=3, counters=(1, 2))
    for counter in (1, 2):
        with pytest.raises(OwnCount):
            check_decider(state="waiting", person=counter, counters=(1, 2))
    with pytest.raises(LineDone):
        check_decider(state="booked", person=3, counters=(1, 2))
