"""What becomes of an open call when the order that it serves stops, ends or changes."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mes_server.domain.loop_rule import Modifiers, order_size
from mes_server.domain.replenishment import SignalState


class Verdict(StrEnum):
    """Keep the call, take less, call it off, or ask the people who already picked for it."""

    KEEP = "keep"
    ADJUST = "adjust"
    CANCEL = "cancel"
    ASK = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The verdict, and the quantity the call then has."""

    verdict: Verdict
    quantity: Decimal


def review_call(
    *,
    state: SignalState,
    quantity: Decimal,
    stock: Decimal,
    need: Decimal,
    drawn: bool,
    modifiers: Modifiers,
) -> Review:
    """Judge an on-demand call anew.

    `stock` is projected stock without this call, `need` what orders still want here, `drawn` whether an order that
    draws from the place runs. A call that nobody needs is called off, a larger one than needed shrinks, and it never
    grows: the next call does that. What is picked already stays, and asks.
    """
    missing = order_size(need - stock, modifiers) if drawn else Decimal(0)
    if missing >= quantity:
        return Review(verdict=Verdict.KEEP, quantity=quantity)
    if state is SignalState.PICKED:
        return Review(verdict=Verdict.ASK, quantity=quantity)
    if missing <= 0:
        return Review(verdict=Verdict.CANCEL, quantity=quantity)
    return Review(verdict=Verdict.ADJUST, quantity=missing)
