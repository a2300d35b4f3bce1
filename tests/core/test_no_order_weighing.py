"""A weighing that is given to an order brings the lots that it was taken from."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.no_order_weighing import LoosePosting, Share, Weighed, share_weighings

RESIN = 1
THEN = datetime(2026, 3, 2, tzinfo=UTC)


def weighed(batch: int, quantity: str) -> Weighed:
    return Weighed(item_id=RESIN, batch=batch, quantity=Decimal(quantity), last_at=THEN)


def total(share: Share) -> Decimal:
    return sum(share.by_time.values(), start=Decimal(0))


def posting(number: int, batch: int | None, quantity: str) -> LoosePosting:
    return LoosePosting(id=number, item_id=RESIN, batch=batch, quantity=Decimal(quantity))


def test_a_weighing_takes_the_postings_of_its_own_batch() -> None:
    postings = [posting(1, 7, "2"), posting(2, 8, "5"), posting(3, 9, "4")]
    share = share_weighings([weighed(8, "5")], postings, {})
    assert share.postings == {2: 5}
    assert share.by_time == {(RESIN, None): 5}


def test_a_batch_that_took_two_lots_gives_the_first_one_first() -> None:
    share = share_weighings([weighed(8, "3")], [posting(1, 8, "2"), posting(2, 8, "6")], {})
    assert share.postings == {1: 2, 2: 1}


def test_what_found_no_stock_was_posted_later_or_waits() -> None:
    """3 of 10 kg were there; a delivery settled 4 more, and 3 still wait."""
    postings = [posting(1, 8, "3"), posting(2, None, "4"), posting(3, 6, "9")]
    share = share_weighings([weighed(8, "10")], postings, {RESIN: Decimal(3)})
    assert share.postings == {1: 3, 2: 4}
    assert share.waiting == {RESIN: 3}
    assert total(share) == 10


def test_what_people_reversed_is_not_given_away() -> None:
    assert share_weighings([weighed(8, "5")], [], {}).found == []


@given(
    st.lists(st.tuples(st.integers(1, 5), st.decimals("0.1", 9, places=1)), max_size=6),
    st.lists(st.tuples(st.none() | st.integers(1, 6), st.decimals("0.1", 9, places=1)), max_size=8),
    st.decimals(0, 9, places=1),
)
def test_never_more_is_given_than_was_weighed_posted_or_waits(
    facts: list[tuple[int, Decimal]], booked: list[tuple[int | None, Decimal]], waits: Decimal
) -> None:
    wanted = [Weighed(item_id=RESIN, batch=batch, quantity=q, last_at=THEN) for batch, q in facts]
    postings = [
        LoosePosting(id=number, item_id=RESIN, batch=batch, quantity=q)
        for number, (batch, q) in enumerate(booked, start=1)
    ]
    share = share_weighings(wanted, postings, {RESIN: waits})
    for one in postings:
        assert 0 <= share.postings.get(one.id, 0) <= one.quantity
    assert 0 <= share.waiting.get(RESIN, 0) <= waits
    there = sum((one.quantity for one in postings), start=waits)
    asked = sum((one.quantity for one in wanted), start=Decimal(0))
    assert total(share) == min(asked, there)


def test_what_another_item_was_weighed_for_is_told_apart_from_what_was_used() -> None:
    """Of one batch, half was weighed after another item took the place of the resin."""
    used, other = weighed(8, "3"), replace(weighed(8, "3"), replaced=True)
    share = share_weighings([used, other], [posting(1, 8, "4")], {RESIN: Decimal(2)})
    assert (share.postings, share.waiting) == ({1: 4}, {RESIN: 2})
    assert share.only(replaced=False).postings == {1: 3}
    assert share.only(replaced=True).postings == {1: 1}
    assert share.only(replaced=True).waiting == {RESIN: 2}
