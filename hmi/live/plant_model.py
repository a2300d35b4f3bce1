"""Every card of the plant as the feed last gave it. Holds no rule; knows only what is newest."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from mes_server.contract.feed import (
    FeedEvent,
    OrderCard,
    PlantSnapshot,
    SignalCard,
    StatesCard,
    StateSegment,
    StockCard,
    UnitCard,
)

STRIP_SPAN = timedelta(hours=8)
SEGMENTS_MAX = 2_000
"""Segments kept for one unit; the oldest go first."""
SIGNALS_DONE_KEPT = timedelta(hours=1)

Watcher = Callable[[], None]


class PlantModel:
    """One per process. Pages watch it; `live.follow` feeds it."""

    def __init__(self) -> None:
        self.units: dict[str, UnitCard] = {}
        self.orders: dict[str, OrderCard] = {}
        self.stock: dict[str, StockCard] = {}
        self.signals: dict[int, SignalCard] = {}
        self.states: dict[str, tuple[StateSegment, ...]] = {}
        self.position: str | None = None
        self.plant_name: Mapping[str, str] = {}
        self.time_zone = "UTC"
        self.linked = False
        self.heard_at: float | None = None
        """Monotonic seconds when the server was last heard."""
        self._watchers: set[Watcher] = set()

    @property
    def loaded(self) -> bool:
        """Whether there was ever a snapshot."""
        return self.position is not None

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` after every change; returns how to stop."""
        self._watchers.add(watcher)
        return lambda: self._watchers.discard(watcher)

    def replace(self, snapshot: PlantSnapshot) -> None:
        """Forget everything and start from a snapshot."""
        self.units = {card.path: card for card in snapshot.units}
        self.orders = {f"{card.number}/{card.operation}": card for card in snapshot.orders}
        self.stock = {f"{card.location}/{card.item}": card for card in snapshot.stock}
        self.signals = {card.number: card for card in snapshot.signals}
        self.states = {path: tuple(rows) for path, rows in snapshot.states.items()}
        self.plant_name = snapshot.name
        self.time_zone = snapshot.time_zone
        self.position = snapshot.position
        self._tell()

    def apply(self, event: FeedEvent) -> None:
        """Take one changed card."""
        match event.topic:
            case "unit":
                unit = UnitCard.model_validate(event.payload)
                self.units[unit.path] = unit
            case "order":
                self._take_order(OrderCard.model_validate(event.payload))
            case "stock":
                stock = StockCard.model_validate(event.payload)
                self.stock[f"{stock.location}/{stock.item}"] = stock
            case "signal":
                self._take_signal(SignalCard.model_validate(event.payload), now=event.at)
            case "states":
                self._take_state(StatesCard.model_validate(event.payload), now=event.at)
        self.position = event.position
        self._tell()

    def heard(self, monotonic: float) -> None:
        """The server gave a sign of life."""
        self.heard_at = monotonic
        if not self.linked:
            self.linked = True
            self._tell()

    def lost(self) -> None:
        """The server does not answer."""
        if self.linked:
            self.linked = False
            self._tell()

    def _take_order(self, card: OrderCard) -> None:
        key = f"{card.number}/{card.operation}"
        if card.state in ("closed", "aborted"):
            self.orders.pop(key, None)
        else:
            self.orders[key] = card

    def _take_signal(self, card: SignalCard, *, now: datetime) -> None:
        self.signals[card.number] = card
        old = now - SIGNALS_DONE_KEPT
        for number, signal in list(self.signals.items()):
            done = signal.state in ("closed", "cancelled")
            if done or (signal.delivered_at is not None and signal.delivered_at < old):
                del self.signals[number]

    def _take_state(self, card: StatesCard, *, now: datetime) -> None:
        before = [row for row in self.states.get(card.path, ()) if row.start < card.segment.start]
        if before and (before[-1].end is None or before[-1].end > card.segment.start):
            before[-1] = before[-1].model_copy(update={"end": card.segment.start})
        rows = [*before, card.segment]
        since = now - STRIP_SPAN
        kept = [row for row in rows if row.end is None or row.end > since]
        self.states[card.path] = tuple(kept[-SEGMENTS_MAX:])

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()
