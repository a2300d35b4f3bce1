"""What an order cost is settled without a cent lost: on the pieces in stock, and as variance."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mes_server.domain.moving_average import CostState, Stretch, tell
from mes_server.domain.settlement import OrderCost, consumed_value, settle

MONEY = st.decimals(min_value=0, max_value=10**6, places=6)
PIECES = st.decimals(min_value=0, max_value=10**4, places=3)


def cost(material: str, made: str, made_value: str, conversion: str = "0") -> OrderCost:
    return OrderCost(
        material=Decimal(material),
        conversion=Decimal(conversion),
        made=Decimal(made),
        made_value=Decimal(made_value),
    )


def stock(quantity: str, value: str) -> CostState:
    return CostState(quantity=Decimal(quantity), value=Decimal(value))


def test_pieces_in_stock_take_what_they_cost() -> None:
    settled = settle(cost("100", "40", "30", "10"), stock("40", "30"))
    assert (settled.to_stock, settled.variance) == (80, 0)


def test_what_belongs_to_pieces_that_are_gone_is_variance() -> None:
    settled = settle(cost("100", "40", "60"), stock("10", "15"))
    assert (settled.to_stock, settled.variance) == (10, 30)
    settled = settle(cost("100", "0", "0"), stock("10", "15"))
    assert (settled.to_stock, settled.variance) == (0, 100)


def test_stock_is_never_worth_less_than_nothing() -> None:
    settled = settle(cost("0", "40", "60"), stock("40", "20"))
    assert (settled.to_stock, settled.variance) == (-20, -40)


@given(material=MONEY, conversion=MONEY, made=PIECES, value=MONEY, here=PIECES, worth=MONEY)
def test_nothing_is_lost(
    material: Decimal,
    conversion: Decimal,
    made: Decimal,
    value: Decimal,
    here: Decimal,
    worth: Decimal,
) -> None:
    told = OrderCost(material=material, conversion=conversion, made=made, made_value=value)
    settled = settle(told, CostState(quantity=here, value=worth))
    assert material + conversion == value + settled.to_stock + settled.variance
    assert worth + settled.to_stock >= 0
    assert abs(settled.to_stock) <= abs(told.in_process)


STRETCHES = st.lists(
    st.tuples(
        st.integers(1, 100),
        st.decimals(min_value=0, max_value=500, places=6),
        st.integers(0, 100),
        st.integers(0, 100),
    ),
    max_size=6,
)


@given(parts=STRETCHES)
def test_what_orders_consume_is_what_the_item_issued(
    parts: list[tuple[int, Decimal, int, int]],
) -> None:
    """Two orders take all that goes out: their material is the item's issued value, but for rounding once a stretch."""
    here, first, second = 0, list[Stretch](), list[Stretch]()
    for gained, worth, asked, more in parts:
        here += gained
        one = min(asked, here)
        other = min(more, here - one)
        here -= one + other
        common = {"gained": Decimal(gained), "worth": worth, "moved": Decimal(-one - other)}
        first.append(Stretch(**common, own=Decimal(-one)))
        second.append(Stretch(**common, own=Decimal(-other)))
    issued = tell(first, standard=Decimal(1)).issued_value
    orders = sum(consumed_value(one, standard=Decimal(1)) for one in (first, second))
    assert abs(issued - orders) <= Decimal("0.000003") * len(parts)
