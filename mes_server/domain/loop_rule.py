"""When a loop calls for stock, and how much it then orders; each method is one rule on projected stock.

The hot path has the same rules in SQL (`wanted_quantity`, `order_size`, migration 0040); a test compares the two.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

CALL_MARGIN_S = 60
"""A call by run-out forecast is made this much before the lead time begins: forecasts are looked at in periods."""
_HOUR_S = 3600


class Method(StrEnum):
    """How a loop decides."""

    REORDER_POINT = "reorder_point"
    MIN_MAX = "min_max"
    KANBAN = "kanban"
    TWO_BIN = "two_bin"
    ON_DEMAND = "on_demand"
    MRP = "mrp"


class SupplyKind(StrEnum):
    """Where a loop's stock comes from: another place, a supplier, or an order of our own."""

    TRANSFER = "transfer"
    PURCHASE = "purchase"
    MAKE = "make"


@dataclass(frozen=True, slots=True, kw_only=True)
class Modifiers:
    """What an order quantity has to keep to; quantities in the stock unit, None: no such limit."""

    minimum: Decimal | None = None
    multiple: Decimal | None = None
    pack: Decimal | None = None
    """Content of one pack, from the item's unit conversion."""
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRule:
    """What a loop was told. Which figures count depends on the method."""

    method: Method
    reorder_point: Decimal = Decimal(0)
    """Reorder point; the minimum of min-max."""
    order_quantity: Decimal
    """Order quantity; the content of one card or one bin."""
    max_quantity: Decimal | None = None
    """The maximum of min-max."""
    lead_time_s: int = 0
    scanned: bool = True
    """Two bins: whether people scan empty bins, or the ledger says when one is empty."""
    modifiers: Modifiers = Modifiers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the rule looks at."""

    projected: Decimal
    """On hand + open supply - reserved - waiting consumption - what others called from here."""
    empty_cards: int = 0
    rate_per_hour: Decimal | None = None
    """What the running orders draw; None: not known."""
    need: Decimal = Decimal(0)
    """What running and released orders still want here."""


def projected_stock(
    *,
    on_hand: Decimal,
    open_supply: Decimal,
    reserved: Decimal,
    waiting: Decimal = Decimal(0),
    asked: Decimal = Decimal(0),
) -> Decimal:
    """On hand + open supply (open calls, purchase orders, make orders to the place) - reserved - consumption that
    waits - what open calls of other places ask of this one and have not picked. Never on hand alone."""
    return on_hand + open_supply - reserved - waiting - asked


def wanted(rule: LoopRule, seen: Seen) -> Decimal:
    """What the loop wants now, before order modifiers; 0 when it is not due."""
    projected = seen.projected
    match rule.method:
        case Method.REORDER_POINT:
            due = projected <= rule.reorder_point
            return rule.order_quantity if due else Decimal(0)
        case Method.MIN_MAX:
            if projected > rule.reorder_point or rule.max_quantity is None:
                return Decimal(0)
            return max(rule.max_quantity - projected, Decimal(0))
        case Method.KANBAN:
            return seen.empty_cards * rule.order_quantity
        case Method.TWO_BIN:
            empty = seen.empty_cards if rule.scanned else _empty_bins(rule, projected)
            return empty * rule.order_quantity
        case Method.ON_DEMAND:
            return _on_demand(rule, seen)
        case Method.MRP:
            return Decimal(0)
        case _:
            assert_never(rule.method)


def order_size(quantity: Decimal, modifiers: Modifiers) -> Decimal:
    """`quantity` made an order: at least the minimum, a multiple of the lot, whole packs, at most the maximum.

    A maximum that is no whole number of packs (of lots) is met by the last whole one below it, or by itself when it
    is smaller than one. Nothing stays nothing.
    """
    if quantity <= 0:
        return Decimal(0)
    if modifiers.minimum is not None:
        quantity = max(quantity, modifiers.minimum)
    for step in (modifiers.multiple, modifiers.pack):
        if step is not None:
            quantity = _up(quantity, step)
    if modifiers.maximum is not None and quantity > modifiers.maximum:
        step = modifiers.pack or modifiers.multiple
        whole = modifiers.maximum - modifiers.maximum % step if step else modifiers.maximum
        quantity = whole or modifiers.maximum
    return quantity


def due_order(rule: LoopRule, seen: Seen) -> Decimal:
    """What the loop orders now; cards and bins are packs by themselves and know no modifiers."""
    quantity = wanted(rule, seen)
    if rule.method in {Method.KANBAN, Method.TWO_BIN}:
        return quantity
    return order_size(quantity, rule.modifiers)


def deficiency(*, projected: Decimal, safety_stock: Decimal) -> Decimal:
    """What an emergency call orders: exactly what is missing up to the safety stock, whatever the modifiers say."""
    return max(safety_stock - projected, Decimal(0))


def _empty_bins(rule: LoopRule, projected: Decimal) -> int:
    if projected <= 0:
        return 2
    return 1 if projected <= rule.order_quantity else 0


def _on_demand(rule: LoopRule, seen: Seen) -> Decimal:
    """Due when what is there lasts no longer than a delivery takes, and only for what the orders still want."""
    rate = seen.rate_per_hour
    if rate is None or rate <= 0 or seen.need <= seen.projected:
        return Decimal(0)
    if seen.projected * _HOUR_S > rate * (rule.lead_time_s + CALL_MARGIN_S):
        return Decimal(0)
    return min(rule.order_quantity, seen.need - seen.projected)


def _up(quantity: Decimal, step: Decimal) -> Decimal:
    rest = quantity % step
    return quantity if rest == 0 else quantity - rest + step
