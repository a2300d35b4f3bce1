"""What machines counted or weighed while no order ran: hours in a row as one, and the orders that may take them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hmi.i18n import Words
from hmi.views.formatting import Format, millis
from mes_server.contract.feed import OrderCard
from mes_server.contract.review import NoOrderCount, NoOrderWeighing

HOUR = timedelta(hours=1)
TAKES_COUNTS = ("running", "held", "suspended", "completed")


@dataclass(slots=True, kw_only=True)
class Stretch:
    """Hours in a row in which a unit counted or weighed without an order."""

    since: datetime
    until: datetime
    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    weighed: dict[tuple[str, str], Decimal] = field(default_factory=dict[tuple[str, str], Decimal])


def stretches(
    counts: Iterable[NoOrderCount], weighings: Iterable[NoOrderWeighing], words: Words
) -> dict[str, list[Stretch]]:
    """Unit -> its hours without an order, those in a row as one, the latest first."""
    hours: dict[str, dict[datetime, Stretch]] = defaultdict(dict)

    def of(path: str, at: datetime) -> Stretch:
        hour = at.replace(minute=0, second=0, microsecond=0)
        fresh = Stretch(since=hour, until=hour + HOUR)
        return hours[path].setdefault(hour, fresh)

    for count in counts:
        found = of(count.equipment, count.hour)
        found.good += count.good
        found.scrap += count.scrap
    for one in weighings:
        found = of(one.equipment, one.at)
        key = (words.name(one.item_name), one.unit)
        found.weighed[key] = found.weighed.get(key, Decimal(0)) + one.quantity
    return {path: _joined(sorted(found.items())) for path, found in hours.items()}


def _joined(hours: Sequence[tuple[datetime, Stretch]]) -> list[Stretch]:
    joined: list[Stretch] = []
    for _, one in hours:
        last = joined[-1] if joined else None
        if last is None or last.until != one.since:
            joined.append(one)
            continue
        last.until, last.good, last.scrap = one.until, last.good + one.good, last.scrap + one.scrap
        for key, quantity in one.weighed.items():
            last.weighed[key] = last.weighed.get(key, Decimal(0)) + quantity
    return joined[::-1]


def weighed(stretch: Stretch, form: Format) -> str:
    """What was weighed in it, by the names of the items."""
    return ", ".join(
        f"{item} {form.quantity(quantity, unit)}"
        for (item, unit), quantity in sorted(stretch.weighed.items())
    )


def takers(path: str, orders: Iterable[OrderCard], form: Format) -> list[dict[str, Any]]:
    """Orders of the unit that may take counts: the one that runs, then the one that was started last."""
    here = [card for card in orders if card.equipment == path and card.state in TAKES_COUNTS]
    here.sort(
        key=lambda card: (
            card.state == "running",
            millis(card.started_at) or 0,
        ),
        reverse=True,
    )
    return [
        {
            "value": f"{card.number}/{card.operation}",
            "number": card.number,
            "operation": card.operation,
            "label": f"{card.number} · {form.words.name(card.item_name)} · "
            f"{form.words(f'order_state.{card.state}')}",
        }
        for card in here
    ]
