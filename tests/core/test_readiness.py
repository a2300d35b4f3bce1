"""Kitting: what an order needs, whether it is here, elsewhere, coming or missing, and when it comes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.bill_of_material import Component
from mes_server.domain.readiness import Incoming, Ready, Stock, Supply, worst

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PIECES = st.integers(0, 300).map(Decimal)


def arrival(quantity: int, *, hours: int, external: bool = True) -> Incoming:
    return Incoming(
        kind="purchase" if external else "call",
        reference="1",
        quantity=Decimal(quantity),
        at=NOON + timedelta(hours=hours),
        external=external,
    )


def supply(
    *, to_make: int = 100, here: int = 0, elsewhere: int = 0, incoming: tuple[Incoming, ...] = ()
) -> Supply:
    return Supply(
        component=Component(item="CORD", quantity=Decimal(2), base_quantity=Decimal(1)),
        target=Decimal(100),
        to_make=Decimal(to_make),
        issued=Decimal(0),
        here=Decimal(here),
        reserved=Decimal(0),
        elsewhere=[Stock(location="WH", location_name={}, quantity=Decimal(elsewhere))],
        incoming=incoming,
    )


def test_what_is_still_needed_is_for_what_is_still_to_be_made() -> None:
    found = supply(to_make=40, here=80)
    assert (found.required, found.needed, found.ready) == (200, 80, Ready.READY)


def test_what_lies_elsewhere_has_to_be_brought_and_is_here_when_the_calls_for_it_are_served() -> (
    None
):
    found = supply(here=50, elsewhere=500)
    assert (found.to_bring, found.missing, found.ready) == (150, 0, Ready.TO_BRING)
    assert found.comes_at is None
    calls = (arrival(100, hours=2, external=False), arrival(60, hours=1, external=False))
    assert supply(here=50, elsewhere=500, incoming=calls).comes_at == NOON + timedelta(hours=2)


def test_what_the_plant_has_not_comes_when_enough_of_it_has_arrived() -> None:
    orders = (arrival(30, hours=5), arrival(30, hours=3))
    found = supply(here=100, elsewhere=50, incoming=orders)
    assert (found.missing, found.ready) == (50, Ready.COMING)
    assert found.comes_at == NOON + timedelta(hours=5)


def test_what_nobody_ordered_enough_of_is_missing() -> None:
    found = supply(here=100, elsewhere=50, incoming=(arrival(49, hours=5),))
    assert (found.missing, found.ready, found.comes_at) == (50, Ready.MISSING, None)


def test_moving_what_the_plant_has_makes_nothing_that_is_missing() -> None:
    calls = (arrival(500, hours=1, external=False),)
    assert supply(incoming=calls).ready is Ready.MISSING


def test_an_order_is_as_ready_as_its_worst_component() -> None:
    assert worst([Ready.READY, Ready.COMING, Ready.TO_BRING]) is Ready.COMING
    assert worst([]) is Ready.READY


@given(to_make=st.integers(0, 100), here=st.integers(0, 300), elsewhere=st.integers(0, 300))
def test_here_elsewhere_and_missing_together_cover_what_is_needed(
    to_make: int, here: int, elsewhere: int
) -> None:
    found = supply(to_make=to_make, here=here, elsewhere=elsewhere)
    assert found.to_bring + min(found.needed, Decimal(here)) == found.needed
    assert found.missing <= found.to_bring <= found.needed
    assert (found.missing > 0) == (found.needed > here + elsewhere)
