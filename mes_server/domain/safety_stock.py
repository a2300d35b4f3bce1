"""Reorder points and numbers of cards from history: lead-time demand plus safety stock for a wanted service level."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from math import sqrt
from statistics import NormalDist, fmean, stdev

DAY_S = 86_400
DAYS_MIN = 2
"""With fewer days of demand there is no spread to speak of, and no suggestion."""
_SIX = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Demand of each whole day of a window (days without demand are zeros), and how long deliveries took, in days."""

    demand: Sequence[Decimal]
    lead_times: Sequence[float]
    stated_lead_time: float
    """Days; used while there are no deliveries to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A reorder point and everything it was made of. Quantities in the stock unit, times in days."""

    days: int
    deliveries: int
    mean_demand: float
    demand_deviation: float
    lead_time: float
    lead_time_deviation: float
    service_level: float
    z: float
    lead_time_demand: float
    safety_stock: Decimal
    reorder_point: Decimal


def safety_stock(
    *,
    z: float,
    lead_time: float,
    mean_demand: float,
    demand_deviation: float,
    lead_deviation: float,
) -> float:
    """SS = Z * sqrt(L * sD^2 + D^2 * sL^2), demand a day and lead time in days."""
    return z * sqrt(lead_time * demand_deviation**2 + mean_demand**2 * lead_deviation**2)


def suggest_reorder_point(history: History, *, service_level: float) -> Suggestion | None:
    """Reorder point = lead-time demand + safety stock; None while there is too little history.

    `service_level` is the share of replenishment cycles without a stock-out, in (0.5, 1).
    """
    if len(history.demand) < DAYS_MIN or not any(history.demand):
        return None
    demand = [float(day) for day in history.demand]
    mean, deviation = fmean(demand), stdev(demand)
    leads = history.lead_times
    lead = fmean(leads) if leads else history.stated_lead_time
    lead_deviation = stdev(leads) if len(leads) >= 2 else 0.0
    z = NormalDist().inv_cdf(service_level)
    buffer = safety_stock(
        z=z,
        lead_time=lead,
        mean_demand=mean,
        demand_deviation=deviation,
        lead_deviation=lead_deviation,
    )
    return Suggestion(
        days=len(demand),
        deliveries=len(leads),
        mean_demand=mean,
        demand_deviation=deviation,
        lead_time=lead,
        lead_time_deviation=lead_deviation,
        service_level=service_level,
        z=z,
        lead_time_demand=mean * lead,
        safety_stock=_up(buffer),
        reorder_point=_up(mean * lead + buffer),
    )


def kanban_cards(
    *, demand_per_day: Decimal, lead_time_days: Decimal, safety: Decimal, content: Decimal
) -> int:
    """N = ceil(D * L * (1 + s) / C); `safety` is a share (0.2 = 20 %), `content` what one card stands for."""
    if content <= 0:
        raise ValueError(f"a card stands for more than {content}")
    return int(
        (demand_per_day * lead_time_days * (1 + safety) / content).to_integral_value(ROUND_CEILING)
    )


def _up(quantity: float) -> Decimal:
    return Decimal(repr(quantity)).quantize(_SIX, rounding=ROUND_CEILING)
