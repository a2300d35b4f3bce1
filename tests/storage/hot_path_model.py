"""The hot path in plain Python, one fact after the other where the product works in sets: an oracle, not a product.

It keeps the rules of the house in the smallest form: counts move the order, output makes stock, consumption takes lots
(mounted, first expired, first in), the rest waits, and a place at its reorder point calls once.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

SIX = Decimal("0.000001")


@dataclass
class ModelLot:
    """A lot at one place."""

    code: str
    quantity: Decimal
    rank: tuple[object, ...]
    mounted_at: str | None = None


@dataclass
class ModelOrder:
    """A running order: what it makes, where to, and its components: item -> (place, per piece, scrap %, measured)."""

    item: str
    unit: str
    output: str
    components: dict[str, tuple[str, Decimal, Decimal, bool]]
    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    issued: dict[str, Decimal] = field(default_factory=dict[str, Decimal])


@dataclass
class Waiting:
    """An entry of the shortage queue."""

    order: str
    item: str
    place: str
    remaining: Decimal


@dataclass
class HotPathModel:
    """Stock, orders, queue and calls."""

    orders: dict[str, ModelOrder]
    reorder: dict[tuple[str, str], Decimal]
    lots: dict[tuple[str, str], list[ModelLot]] = field(
        default_factory=dict[tuple[str, str], list[ModelLot]]
    )
    queue: list[Waiting] = field(default_factory=list[Waiting])
    calls: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def batch(
        self, counts: dict[str, tuple[int, int]], weighed: dict[tuple[str, str], Decimal]
    ) -> None:
        """One batch: order -> (good, scrap), and (order, item) -> weighed quantity."""
        arrived: set[tuple[str, str]] = set()
        for number, (good, scrap) in sorted(counts.items()):
            order = self.orders[number]
            order.good += good
            order.scrap += scrap
            if good:
                self._arrive(order.item, order.output, number, Decimal(good))
                arrived.add((order.item, order.output))
        self._settle(arrived)
        touched = set(arrived)
        for number, item, quantity in self._demands(counts, weighed):
            place = self.orders[number].components[item][0]
            touched.add((item, place))
            self._settle({(item, place)})
            rest = quantity - self._take(self.orders[number].unit, item, place, quantity)
            if rest:
                self._wait(number, item, place, rest)
        self._call(touched)

    def on_hand(self, item: str, place: str) -> dict[str, Decimal]:
        """Lot -> quantity, empty lots left out."""
        return {lot.code: lot.quantity for lot in self.lots.get((item, place), []) if lot.quantity}

    def waiting(self) -> dict[tuple[str, str], Decimal]:
        """(order, item) -> what waits."""
        return {
            (entry.order, entry.item): entry.remaining for entry in self.queue if entry.remaining
        }

    def _demands(
        self, counts: dict[str, tuple[int, int]], weighed: dict[tuple[str, str], Decimal]
    ) -> list[tuple[str, str, Decimal]]:
        demands: list[tuple[str, str, Decimal]] = []
        for number in sorted(counts):
            order = self.orders[number]
            for item, (_, per_piece, percent, measured) in order.components.items():
                standard = (order.good + order.scrap) * per_piece * (100 + percent) / 100
                due = standard.quantize(SIX, ROUND_HALF_UP) - order.issued.get(item, Decimal(0))
                if not measured and due > 0:
                    order.issued[item] = order.issued.get(item, Decimal(0)) + due
                    demands.append((number, item, due))
        return demands + [
            (number, item, quantity) for (number, item), quantity in weighed.items() if quantity
        ]

    def _arrive(self, item: str, place: str, lot: str, quantity: Decimal) -> None:
        found = [entry for entry in self.lots.setdefault((item, place), []) if entry.code == lot]
        if found:
            found[0].quantity += quantity
        else:
            self.lots[item, place].append(ModelLot(lot, quantity, (1, "", lot)))

    def _take(self, unit: str, item: str, place: str, wanted: Decimal) -> Decimal:
        taken = Decimal(0)
        lots = [lot for lot in self.lots.get((item, place), []) if lot.mounted_at in (unit, None)]
        for lot in sorted(lots, key=lambda lot: (lot.mounted_at is None, lot.rank)):
            part = min(lot.quantity, wanted - taken)
            lot.quantity -= part
            taken += part
        return taken

    def _settle(self, places: set[tuple[str, str]]) -> None:
        for entry in self.queue:
            if (entry.item, entry.place) in places:
                entry.remaining -= self._take(
                    self.orders[entry.order].unit, entry.item, entry.place, entry.remaining
                )

    def _wait(self, number: str, item: str, place: str, rest: Decimal) -> None:
        for entry in self.queue:
            if (entry.order, entry.item, entry.place) == (number, item, place) and entry.remaining:
                entry.remaining += rest
                return
        self.queue.append(Waiting(number, item, place, rest))

    def _call(self, touched: set[tuple[str, str]]) -> None:
        for place in touched & self.reorder.keys():
            on_hand = sum(self.on_hand(*place).values(), Decimal(0))
            missing = sum(
                (entry.remaining for entry in self.queue if (entry.item, entry.place) == place),
                Decimal(0),
            )
            if on_hand - missing <= self.reorder[place]:
                self.calls.add(place)
