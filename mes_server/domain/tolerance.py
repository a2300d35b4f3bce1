"""How far an order may miss its quantity: per cent over and under, or unlimited.

Nothing completes or stops by itself. A machine's over-run is kept and flagged; a person's report beyond it is refused;
completing short of it needs a reason.
"""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Per cent of the order's quantity; None is unlimited."""

    over_percent: Decimal | None = None
    under_percent: Decimal | None = None

    def most(self, target: Decimal) -> Decimal | None:
        """The most good pieces within tolerance; None when there is no such limit."""
        if self.over_percent is None:
            return None
        return target * (100 + self.over_percent) / 100

    def least(self, target: Decimal) -> Decimal:
        """The fewest good pieces within tolerance."""
        if self.under_percent is None:
            return Decimal(0)
        return target * (100 - self.under_percent) / 100


@dataclass(kw_only=True, eq=False)
class ShortDelivery(Refusal):
    """Completing with fewer pieces than agreed."""

    type = "short-delivery"
    overridable = True
    title = words(
        "Work order {number} has {good} good of {target}; at least {least} are within tolerance.",
        "工单{number}良品{good}件，计划{target}件；公差允许的最低数量为{least}件。",
    )
    detail = words(
        "Make the rest, or complete it with a reason.", "请完成剩余数量，或填写原因后完工。"
    )
    number: str
    good: Decimal
    target: Decimal
    least: Decimal


@dataclass(kw_only=True, eq=False)
class OverDelivery(Refusal):
    """A person's report beyond what may be delivered."""

    type = "over-delivery"
    title = words(
        "Work order {number} asks for {target}, at most {most} with its tolerance; {more} more would make {good}.",
        "工单{number}计划{target}件，含公差最多{most}件；再报{more}件后将达{good}件。",
    )
    detail = words(
        "Check the quantity, or have the planner raise the order's quantity or tolerance.",
        "请核对数量，或请计划员调整工单数量或公差。",
    )
    number: str
    target: Decimal
    most: Decimal
    more: Decimal
    good: Decimal
    """What the order would have."""


def over_delivery(tolerance: Tolerance, *, good: Decimal, target: Decimal) -> Decimal:
    """Good pieces beyond the tolerance, however they came: kept, and flagged."""
    most = tolerance.most(target)
    return Decimal(0) if most is None else max(good - most, Decimal(0))


def check_not_short(number: str, tolerance: Tolerance, *, good: Decimal, target: Decimal) -> None:
    """Refuse to complete with fewer good pieces than the tolerance allows; raises ShortDelivery."""
    least = tolerance.least(target)
    if good < least:
        raise ShortDelivery(number=number, good=good, target=target, least=least)


def check_not_over(
    number: str, tolerance: Tolerance, *, good: Decimal, more: Decimal, target: Decimal
) -> None:
    """Refuse what a person reports beyond the tolerance; raises OverDelivery."""
    most = tolerance.most(target)
    if most is not None and good + more > most and more > 0:
        raise OverDelivery(number=number, target=target, most=most, more=more, good=good + more)
