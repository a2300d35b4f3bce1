"""What the simulated people do next, decided from what a screen would show them. Pure.

They start the next order and complete the one that is made, mount lots, report some scrap, deliver replenishments,
receive purchases and plan further orders. Real people may do any of this before them.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from mes_server.contract.feed import OrderCard, PlantSnapshot, SignalCard, StockCard, UnitCard

OPERATOR, WAREHOUSE, PLANNER = "9001", "9003", "9004"
SCRAP_REASONS = ("short_shot", "scratch", "colour", "assembly")
ORDERS_AHEAD = 2
"""The planner keeps so many orders waiting at each unit."""


Ripe = Callable[[str, float], bool]
"""Whether something has waited for so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How quick the people are; seconds."""

    look_every_s: float
    start_after_s: float
    complete_after_s: float
    warehouse_step_s: float
    """From one step of a replenishment to the next."""
    mount_after_s: float
    scrap_chance: float
    """Probability of a scrap entry at each look at a running unit."""
    order_quantities: Mapping[str, int]
    """Unit path -> size of a new order."""
    order_hours: float
    """When a new order is due."""
    close_after_s: float | None
    """The planner closes a completed order so much later, when no fact can be under way; None: never."""


DEMO = Habits(
    look_every_s=3.0,
    start_after_s=8.0,
    complete_after_s=15.0,
    warehouse_step_s=40.0,
    mount_after_s=12.0,
    scrap_chance=0.004,
    order_quantities={
        "kettle-works/moulding/M1/IMM1": 900,
        "kettle-works/assembly/A1/ASM1": 720,
        "kettle-works/packing/P1/PCK1": 72,
    },
    order_hours=8.0,
    close_after_s=1_800.0,
)
SCORE = Habits(
    look_every_s=0.4,
    start_after_s=0.6,
    complete_after_s=0.3,
    warehouse_step_s=0.8,
    mount_after_s=0.5,
    scrap_chance=0.08,
    order_quantities={
        "kettle-works/moulding/M1/IMM1": 20,
        "kettle-works/assembly/A1/ASM1": 40,
        "kettle-works/packing/P1/PCK1": 25,
    },
    order_hours=2.0,
    close_after_s=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One command of one person."""

    path: str
    body: Mapping[str, object]
    badge: str
    station: str = ""
    new_order: str = ""
    """Unit path: the planner makes an order for it, `body["number"]`, and releases it."""


@dataclass(slots=True, kw_only=True)
class Memory:
    """Since when something has waited for somebody, so that nobody is quicker than a person."""

    waiting_since: dict[str, datetime] = field(default_factory=dict[str, datetime])
    numbers: int = 0

    def ripe(self, what: str, after_s: float, now: datetime) -> bool:
        """Whether `what` has waited `after_s`; the first look starts the wait."""
        since = self.waiting_since.setdefault(what, now)
        return (now - since).total_seconds() >= after_s

    def forget(self, seen: Iterable[str]) -> None:
        """Forget what waits no longer, so that the memory stays small."""
        keep = set(seen)
        self.waiting_since = {what: at for what, at in self.waiting_since.items() if what in keep}


def decide(
    plant: PlantSnapshot,
    line_sides: Mapping[str, str],
    habits: Habits,
    memory: Memory,
    *,
    rng: random.Random,
    now: datetime,
) -> list[Deed]:
    """What to do after one look at the plant. `line_sides`: unit path -> location."""
    seen: list[str] = []

    def ripe(what: str, after_s: float) -> bool:
        seen.append(what)
        return memory.ripe(what, after_s, now)

    deeds: list[Deed] = []
    for unit in plant.units:
        waiting = _waiting_orders(plant, unit.path)
        deeds += _operator(unit, waiting, habits, rng, ripe)
        if location := line_sides.get(unit.path):
            deeds += _mounting(unit, location, plant.stock, habits, ripe)
        if unit.path in habits.order_quantities and len(waiting) < ORDERS_AHEAD:
            number = {"number": _next_number(plant, unit.path)}
            deeds.append(Deed(path="", body=number, badge=PLANNER, new_order=unit.path))
    if habits.close_after_s is not None:
        for order in plant.orders:
            if order.state == "completed" and ripe(f"close {order.number}", habits.close_after_s):
                path = f"work-orders/{order.number}/close"
                deeds.append(Deed(path=path, body={}, badge=PLANNER))
    for signal in plant.signals:
        deeds += _warehouse(signal, habits, ripe)
    for card in plant.stock:
        deeds += _purchase(card, habits, ripe, now)
    memory.forget(seen)
    return deeds


def _next_number(plant: PlantSnapshot, unit: str) -> str:
    """The number after the highest of the unit's orders: WO-1005 after WO-1004."""
    numbers = [order.number.rpartition("-") for order in plant.orders if order.equipment == unit]
    known = [(int(tail), head) for head, _, tail in numbers if tail.isdigit()]
    last, head = max(known, default=(1_000, "WO"))
    return f"{head}-{last + 1}"


def _waiting_orders(plant: PlantSnapshot, unit: str) -> list[OrderCard]:
    orders = [o for o in plant.orders if o.equipment == unit and o.state == "allowed_to_start"]
    return sorted(orders, key=lambda order: (order.priority, order.due_at, order.number))


def _operator(
    unit: UnitCard,
    waiting: list[OrderCard],
    habits: Habits,
    rng: random.Random,
    ripe: Ripe,
) -> list[Deed]:
    order = unit.order
    if order is None or order.state not in ("running", "held", "suspended"):
        if waiting and ripe(f"start {unit.path} {waiting[0].number}", habits.start_after_s):
            return [_at(unit, f"work-orders/{waiting[0].number}/start", {})]
        return []
    if order.state != "running":
        return []
    if order.good >= order.target:
        if ripe(f"complete {order.number}", habits.complete_after_s):
            return [_at(unit, f"work-orders/{order.number}/complete", {})]
        return []
    if order.good >= 2 and rng.random() < habits.scrap_chance:
        body = {"quantity": "1", "reason": rng.choice(SCRAP_REASONS)}
        return [_at(unit, f"work-orders/{order.number}/scrap", body)]
    return []


def _mounting(
    unit: UnitCard, location: str, stock: list[StockCard], habits: Habits, ripe: Ripe
) -> list[Deed]:
    """Mount the first usable lot of an item that has none mounted at the unit."""
    mounted = {lot.item for lot in unit.mounted if lot.quantity > 0}
    deeds: list[Deed] = []
    for card in stock:
        if card.location != location or card.item in mounted:
            continue
        free = [lot for lot in card.lots if lot.status == "available" and lot.mounted_at is None]
        if free and ripe(f"mount {unit.path} {card.item} {free[0].lot}", habits.mount_after_s):
            deeds.append(_at(unit, f"units/{unit.path}/mount", {"barcode": free[0].lot}))
    return deeds


def _warehouse(signal: SignalCard, habits: Habits, ripe: Ripe) -> list[Deed]:
    verbs = {"raised": "accept", "accepted": "pick", "picked": "deliver"}
    verb = verbs.get(signal.state)
    if verb is None or not ripe(f"{verb} {signal.number}", habits.warehouse_step_s):
        return []
    if verb == "pick" and not signal.suggested:
        return []
    return [Deed(path=f"replenishments/{signal.number}/{verb}", body={}, badge=WAREHOUSE)]


def _purchase(card: StockCard, habits: Habits, ripe: Ripe, now: datetime) -> list[Deed]:
    """A supplier's delivery, when the source of a loop runs low."""
    if card.source is None or card.order_quantity is None or card.source_on_hand is None:
        return []
    if card.source_on_hand >= 2 * card.order_quantity:
        return []
    what = f"purchase {card.source} {card.item}"
    if not ripe(what, habits.warehouse_step_s * 2):
        return []
    lot = f"{card.item[:2]}-{now:%m%d%H%M%S}"
    body = {
        "item": card.item,
        "lot": lot,
        "quantity": str(card.order_quantity * Decimal(4)),
        "location": card.source,
    }
    return [Deed(path="receipts", body=body, badge=WAREHOUSE)]


def _at(unit: UnitCard, path: str, body: Mapping[str, object]) -> Deed:
    return Deed(path=path, body=body, badge=OPERATOR, station=unit.path)
