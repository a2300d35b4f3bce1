"""What an order cost is set against what its pieces came in at; the difference follows the pieces, exactly.

As in costing with moving averages: what of the difference belongs to pieces that still lie in stock changes their value,
the rest is the order's variance. Nothing is lost: material + conversion = made value + to stock + variance.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from mes_server.domain.moving_average import CostState, Stretch, gain, move
from mes_server.domain.units import booked


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCost:
    """What an order took and made, in money; `made` in the item's stock unit."""

    material: Decimal
    """What it consumed, at the moving average of the time it did."""
    conversion: Decimal
    """At standard, for all pieces that it produced, good or not."""
    made: Decimal
    """What of the item it brought into stock."""
    made_value: Decimal
    """What its pieces, co- and by-products came in at."""

    @property
    def in_process(self) -> Decimal:
        """What it took beyond what it made: work in process while it runs."""
        return self.material + self.conversion - self.made_value

    def beyond(self, settled: "OrderCost") -> "OrderCost":
        """What is left of it to settle; it belongs to all of its pieces."""
        return replace(
            self,
            material=self.material - settled.material,
            conversion=self.conversion - settled.conversion,
            made_value=self.made_value - settled.made_value,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Where what is left in process goes."""

    to_stock: Decimal
    variance: Decimal


def consumed_value(stretches: Iterable[Stretch], *, standard: Decimal) -> Decimal:
    """What the `own` part of each stretch took, at the average it had then; what came back is worth what it is then."""
    state = CostState()
    total = Decimal(0)
    for stretch in stretches:
        state = gain(state, stretch)
        if state.quantity > 0:
            price = Fraction(state.value) / Fraction(state.quantity)
        else:
            price = Fraction(standard)
        total -= booked(Fraction(stretch.own) * price)
        state = move(state, stretch.moved, standard=standard)
    return total


def settle(cost: OrderCost, stock: CostState) -> Settlement:
    """Share what is left in process between the item's stock and the order's variance.

    Pieces that are gone take nothing along: what belongs to them is variance. Stock is never worth less than nothing.
    """
    left = cost.in_process
    if cost.made <= 0 or stock.quantity <= 0:
        return Settlement(to_stock=Decimal(0), variance=left)
    covered = min(Fraction(stock.quantity) / Fraction(cost.made), Fraction(1))
    to_stock = max(booked(Fraction(left) * covered), -booked(Fraction(stock.value)))
    return Settlement(to_stock=to_stock, variance=left - to_stock)
