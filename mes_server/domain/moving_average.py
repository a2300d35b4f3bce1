"""Moving average cost, told from the ledger: what comes in brings its price, what goes out takes the average.

Money is never lost: value that came in = value in stock + value that went out, to the last decimal place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction

from mes_server.domain.units import booked

_EXACT = Context(prec=100)
"""Wide enough for every sum and product of ledger quantities and prices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One movement with a price, and what came and went without one until the next."""

    gained: Decimal
    """What came in for money; negative when such a receipt was reversed; 0 before the first one."""
    worth: Decimal
    """The money, with the sign of `gained`."""
    moved: Decimal
    """What came (+) and went (-) since, at the average."""
    own: Decimal = Decimal(0)
    """What of that one order took (-) and gave back (+)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostState:
    """An item's valued stock; quantities in the stock unit, money in the plant's currency."""

    quantity: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    received_value: Decimal = Decimal(0)
    """All that priced movements brought."""
    issued_value: Decimal = Decimal(0)
    """All that unpriced movements took, less what they brought back."""

    def average(self, standard: Decimal) -> Decimal:
        """Money for one stock unit, to six places; the standard cost while there is nothing to average."""
        if self.quantity <= 0:
            return standard
        return booked(Fraction(self.value) / Fraction(self.quantity))


def tell(stretches: Iterable[Stretch], *, standard: Decimal) -> CostState:
    """The state after all stretches, in order; stock without any price counts at `standard`."""
    state = CostState()
    for stretch in stretches:
        state = move(gain(state, stretch), stretch.moved, standard=standard)
    return state


def gain(state: CostState, stretch: Stretch) -> CostState:
    """What comes in brings its money, exactly; a reversed receipt takes it along again."""
    quantity = state.quantity + stretch.gained
    value = _EXACT.add(state.value, stretch.worth)
    state = replace(
        state,
        quantity=quantity,
        value=value,
        received_value=_EXACT.add(state.received_value, stretch.worth),
    )
    return _spent(state) if quantity <= 0 else state


def move(state: CostState, quantity: Decimal, *, standard: Decimal) -> CostState:
    """What goes out (-) takes its share of the value, rounded once; the last piece takes all that is left."""
    left = state.quantity + quantity
    if quantity == 0:
        return state
    if left <= 0:
        return _spent(replace(state, quantity=left))
    if state.quantity > 0:
        share = booked(Fraction(state.value) * Fraction(quantity) / Fraction(state.quantity))
        worth = max(share, -state.value)  # rounding never takes more than there is
    else:
        worth = booked(Fraction(quantity) * Fraction(standard))
    return replace(
        state,
        quantity=left,
        value=_EXACT.add(state.value, worth),
        issued_value=_EXACT.subtract(state.issued_value, worth),
    )


def _spent(state: CostState) -> CostState:
    """Nothing is left: what value remains went out with the last of it."""
    return replace(
        state, value=Decimal(0), issued_value=_EXACT.add(state.issued_value, state.value)
    )
