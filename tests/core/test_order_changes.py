"""What may be changed on an order: never below what was made, never after it ended."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.order_changes import (
    CHANGED,
    BelowMade,
    NotSoManyToRework,
    SplitTooLarge,
    check_open,
    check_quantity,
    check_rework,
    check_split,
)
from mes_server.domain.work_order import Operation, OrderState, WrongState

HUNDRED = Decimal(100)


def order(*good: int, state: OrderState = OrderState.RUNNING) -> list[Operation]:
    return [
        Operation(number="WO-1", state=state, good=Decimal(pieces), target=HUNDRED)
        for pieces in good
    ]


def test_the_quantity_goes_down_to_what_the_furthest_operation_made_and_no_further() -> None:
    check_quantity(order(60, 20), Decimal(60))
    with pytest.raises(BelowMade) as refused:
        check_quantity(order(60, 20), Decimal("59.5"))
    assert refused.value.say("en")[0] == (
        "Work order WO-1 has made 60 good already; its quantity cannot become 59.5."
    )
    assert "59.5" in refused.value.say("zh")[0]


@given(done=st.integers(0, 120), quantity=st.integers(1, 150))
def test_a_split_leaves_the_order_what_it_made_and_something_to_make(
    done: int, quantity: int
) -> None:
    operations = order(done)
    if quantity >= 100 or 100 - quantity < done:
        with pytest.raises(SplitTooLarge):
            check_split(operations, Decimal(quantity))
    else:
        assert check_split(operations, Decimal(quantity)) + quantity == HUNDRED


def test_an_order_that_ended_is_not_changed_and_one_with_an_open_operation_is() -> None:
    ended = order(50, state=OrderState.COMPLETED)
    check_open([*ended, *order(10)], verb=CHANGED)
    with pytest.raises(WrongState) as refused:
        check_open(ended, verb=CHANGED)
    assert refused.value.say("en")[0] == "Work order WO-1 cannot be changed: it is completed."


def test_no_more_is_ordered_for_rework_than_waits_for_it() -> None:
    check_rework("WO-1", waiting=Decimal(4), quantity=Decimal(4))
    with pytest.raises(NotSoManyToRework):
        check_rework("WO-1", waiting=Decimal(4), quantity=Decimal(5))
