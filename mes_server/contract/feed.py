"""The live plant: one card a thing, given whole in the snapshot and again on the feed whenever it changes.

`GET /api/v1/plant` gives a PlantSnapshot with a position; `GET /api/v1/feed?after=position` streams FeedEvents
(server-sent events, `id:` is the position) from there on, so that a screen never misses a change and never polls.
"""

from decimal import Decimal
from typing import Any, Literal

from mes_server.contract.shape import Instant, LocalName, Shape

State = Literal[
    "running",
    "setup",
    "idle",
    "starved",
    "blocked",
    "slow",
    "down",
    "quality_hold",
    "planned_stop",
    "unknown",
]
OrderState = Literal[
    "not_allowed_to_start",
    "allowed_to_start",
    "running",
    "held",
    "suspended",
    "completed",
    "closed",
    "aborted",
]
SignalState = Literal["raised", "accepted", "picked", "delivered", "closed", "cancelled"]
Topic = Literal["unit", "order", "stock", "signal", "states"]


class MountedLot(Shape):
    """A lot scanned at a unit."""

    item: str
    item_name: LocalName
    lot: str
    unit: str
    quantity: Decimal
    """What is left of it at the line side."""
    quantity_at_mount: Decimal
    expires_on: str | None
    runs_out_at: Instant | None
    """At the present rate; None when the unit does not run or the rate is not known."""


class RunningOrder(Shape):
    """The order at a unit: running, held or suspended there."""

    number: str
    operation: int
    state: OrderState
    item: str
    item_name: LocalName
    unit: str
    target: Decimal
    good: Decimal
    scrap: Decimal
    rework: Decimal
    started_at: Instant
    due_at: Instant
    ahead: Decimal | None
    """Pieces ahead (+) or behind (-) of the standard rate since the order started; None without a standard."""
    predicted_finish_at: Instant | None


class UnitCard(Shape):
    """One unit as it is now. Topic `unit`, key = path."""

    path: str
    line: str
    name: LocalName
    line_name: LocalName
    state: State
    state_detail: str
    state_since: Instant | None
    last_heard_at: Instant | None
    """When the edge last heard the device (agent's clock)."""
    order: RunningOrder | None
    rate_per_min: Decimal | None
    """Good pieces a minute over the last five minutes; None when it did not run."""
    standard_per_min: Decimal | None
    mounted: list[MountedLot]
    totals: dict[str, Decimal]
    """Running total of each counting and weighing signal."""
    no_order_good: Decimal
    no_order_scrap: Decimal
    """Pieces counted outside any order that nobody has attributed yet."""
    shortages: int
    """Open entries of the shortage queue at this unit."""


class OrderRelation(Shape):
    """Another order that this one came of, or that came of this one."""

    number: str
    kind: Literal["split", "rework"]
    quantity: Decimal


class OrderCard(Shape):
    """One operation of a work order. Topic `order`, key = `number/operation`."""

    number: str
    operation: int
    state: OrderState
    item: str
    item_name: LocalName
    unit: str
    target: Decimal
    good: Decimal
    scrap: Decimal
    rework: Decimal
    equipment: str
    equipment_name: LocalName
    priority: int
    due_at: Instant
    released_at: Instant | None
    started_at: Instant | None
    ended_at: Instant | None
    predicted_finish_at: Instant | None
    over_percent: Decimal
    version: int
    order_version: int = 1
    """Grows with every command on the order; send it as `If-Match` to change only what you saw."""
    operation_name: LocalName = {}
    yields: bool = True
    """Whether this is the last operation, whose good pieces go into stock."""
    outsourced: bool = False
    over_unlimited: bool = False
    under_percent: Decimal | None = None
    """None: an under-delivery of any size is within tolerance."""
    over_delivery: Decimal = Decimal(0)
    """Good pieces beyond quantity and tolerance."""
    upstream_good: Decimal | None = None
    """Good pieces of the operation before; None for the first operation."""
    available: Decimal | None = None
    """Of these, what was not worked here yet."""
    over_upstream: Decimal = Decimal(0)
    """What a machine counted here beyond the good pieces of the operation before."""
    sent_out: Decimal = Decimal(0)
    """Pieces sent to the supplier of an operation that is done outside."""
    outside: Decimal = Decimal(0)
    """Of these, what did not come back yet."""
    ended_short_reason: str | None = None
    """Why it was completed short of its tolerance."""
    routing_revision: str | None = None
    bill_revision: str | None = None
    units: list[str] = []
    """Paths of the units that can do it, the preferred one first."""
    parents: list[OrderRelation] = []
    children: list[OrderRelation] = []


class StockLot(Shape):
    """A lot at a place."""

    lot: str
    quantity: Decimal
    expires_on: str | None
    status: Literal["available", "held"]
    mounted_at: str | None
    """Path of the unit where it is mounted."""


class StockCard(Shape):
    """One item at one place. Topic `stock`, key = `location/item`."""

    location: str
    location_name: LocalName
    location_kind: str
    """`line_side`, `store`, `finished` …: the snapshot holds line sides, the feed every place that changes."""
    item: str
    item_name: LocalName
    unit: str
    on_hand: Decimal
    reserved: Decimal
    shortage: Decimal
    """Consumption that waits for stock."""
    projected: Decimal
    """on hand + open supply (called + purchased + made) - reserved - shortage - asked."""
    reorder_point: Decimal | None
    order_quantity: Decimal | None
    source: str | None
    source_on_hand: Decimal | None
    """What the source of the loop has free."""
    rate_per_hour: Decimal | None
    runs_out_at: Instant | None
    open_signal: int | None
    lots: list[StockLot]
    method: str | None = None
    """How the place is replenished; None: by no loop."""
    supply_kind: str | None = None
    asked: Decimal = Decimal(0)
    """What open calls of other places ask of this one."""
    called: Decimal = Decimal(0)
    purchased: Decimal = Decimal(0)
    made: Decimal = Decimal(0)
    next_supply_at: Instant | None = None
    """When the first of what is called, purchased or made comes."""
    open_proposal: int | None = None


class SignalPick(Shape):
    """A lot picked for a signal, or to be picked, and where it lies."""

    lot: str
    quantity: Decimal
    location: str = ""
    """The place to take it from: the source, or a store or bin inside it."""
    location_name: LocalName = {}


class SignalCard(Shape):
    """One replenishment signal. Topic `signal`, key = its number."""

    number: int
    state: SignalState
    item: str
    item_name: LocalName
    unit: str
    quantity: Decimal
    delivered_quantity: Decimal
    source: str
    source_name: LocalName
    location: str
    location_name: LocalName
    on_hand: Decimal
    runs_out_at: Instant | None
    projected_when_raised: Decimal
    reorder_point: Decimal
    raised_at: Instant
    accepted_at: Instant | None
    accepted_by: str | None
    picked_at: Instant | None
    delivered_at: Instant | None
    picks: list[SignalPick]
    suggested: list[SignalPick]
    """Lots to take at the source and in the stores and bins inside it, first expired first out."""
    method: str = "reorder_point"
    emergency: bool = False
    reason: str = ""
    question: str = ""
    """Not empty: it was picked, and the order it was for no longer wants it all; deliver or cancel."""
    due_at: Instant | None = None
    """When it should be there, by the loop's lead time."""
    changes: int = 0
    """How often the quantity was changed since it was raised."""
    cards: list[str] = []
    """Kanban cards that went with it."""


class StateSegment(Shape):
    """A unit was in one state during [start, end); the last one is open."""

    state: State
    detail: str
    start: Instant
    end: Instant | None


class StatesCard(Shape):
    """The last change of a unit's state. Topic `states`, key = path."""

    path: str
    segment: StateSegment


class PlantSnapshot(Shape):
    """Everything live, and the feed position it is true for."""

    position: str
    site: str
    name: LocalName
    time_zone: str
    at: Instant
    units: list[UnitCard]
    orders: list[OrderCard]
    """All that are not closed or aborted."""
    stock: list[StockCard]
    signals: list[SignalCard]
    """Open ones, and those delivered within the last hour."""
    states: dict[str, list[StateSegment]]
    """Path of the unit -> its last eight hours."""


class FeedEvent(Shape):
    """One change: `payload` is the card of that topic, whole."""

    position: str
    topic: Topic
    key: str
    at: Instant
    payload: dict[str, Any]
