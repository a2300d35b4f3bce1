"""Replenishment loops, their cards, run-outs, and the supply that is on its way."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mes_server.contract.shape import Amount, Code, Command, Instant, LocalName, Shape, UnitWord

Method = Literal["reorder_point", "min_max", "kanban", "two_bin", "on_demand", "mrp"]
SupplyKind = Literal["transfer", "purchase", "make"]
LotSizing = Literal["lot_for_lot", "fixed", "period"]
CardState = Literal["full", "in_use", "empty", "ordered", "in_transit"]
NotNegative = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False)]
LEAD_TIME_S_MAX = 366 * 86_400


class LoopRule(BaseModel):
    """What a loop is told, by people and in documents, and says of itself; quantities in the item's stock unit."""

    item: Code
    location: Code
    kind: SupplyKind = "transfer"
    method: Method = "reorder_point"
    source: Code | None = None
    """Transfers: the place to take from."""
    supplier: Code | None = None
    """Purchases: who delivers, if that is known already."""
    reorder_point: NotNegative = Decimal(0)
    """Reorder point; the minimum of min-max."""
    order_quantity: Amount
    """What is ordered at a time; the content of one card or one bin."""
    max_quantity: Amount | None = None
    """Min-max: up to where stock is filled."""
    safety_stock: NotNegative = Decimal(0)
    """What an emergency call fills up to, and planning keeps."""
    lead_time_s: Annotated[int, Field(ge=0, le=LEAD_TIME_S_MAX)] = 900
    order_min: Amount | None = None
    order_multiple: Amount | None = None
    order_max: Amount | None = None
    pack_unit: UnitWord | None = None
    """Orders are rounded up to whole units of this kind, by the item's own conversion."""
    scanned: bool = True
    """Two bins: people scan empty bins; false: the ledger says when one is empty."""
    lot_sizing: LotSizing = "lot_for_lot"
    """Planning: what is short; whole lots of `order_quantity` (`fixed`); or what `period_days` need (`period`)."""
    period_days: Annotated[int, Field(ge=1, le=366)] = 7
    active: bool = True


class LoopSetting(LoopRule, Command):
    """`PUT /api/v1/replenishment-loops`: the whole rule of one item at one place; quantities in the item's stock unit.

    Example, a line side that is refilled from the warehouse before it runs out:
    `{"item": "CAP", "location": "M1-LS", "kind": "transfer", "source": "WH", "method": "on_demand",
    "order_quantity": "500", "pack_unit": "box", "lead_time_s": 900}`
    """


class LoopSaved(Shape):
    """Which loop was saved."""

    item: str
    location: str


class Loop(LoopRule, Shape):
    """`GET /api/v1/replenishment-loops`: a loop, and what its rule sees now.

    projected = on_hand + called + purchased + made - reserved - waiting - asked
    """

    item_name: LocalName
    unit: str
    location_name: LocalName
    on_hand: Decimal
    reserved: Decimal
    waiting: Decimal
    """Consumption that waits for stock."""
    asked: Decimal
    """What open calls of other places ask of this one and have not picked."""
    called: Decimal
    purchased: Decimal
    made: Decimal
    projected: Decimal
    rate_per_hour: Decimal | None
    """What the running orders really draw; null: not known."""
    runs_out_at: Instant | None
    next_supply_at: Instant | None
    open_call: int | None
    open_proposal: int | None
    cards: int
    empty_cards: int


class Emergency(Command):
    """`POST /api/v1/replenishment-loops/emergency`: call for exactly what is missing up to the safety stock."""

    item: Code
    location: Code
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class EmergencyCalled(Shape):
    """Number of the call, or of the proposal where the loop buys or makes."""

    number: int
    kind: SupplyKind
    quantity: Decimal


class ReorderSuggestion(Shape):
    """`GET /api/v1/replenishment-loops/suggestion`: a reorder point from history, with all its inputs.

    Demand a day and times in days. `reorder_point` is null while there is too little history.
    """

    item: str
    location: str
    formula: str
    days: int
    deliveries: int
    """Deliveries that the lead time was learned from; 0: the loop's own lead time."""
    service_level: float
    z: float | None = None
    mean_demand: float | None = None
    demand_deviation: float | None = None
    lead_time: float | None = None
    lead_time_deviation: float | None = None
    lead_time_demand: float | None = None
    safety_stock: Decimal | None = None
    reorder_point: Decimal | None = None
    kanban_formula: str
    kanban_safety: Decimal
    cards: int | None = None
    """Cards of the loop's order quantity each."""


class CardCount(Command):
    """`PUT /api/v1/kanban-cards`: how many cards a kanban loop (bins a two-bin loop) has."""

    item: Code
    location: Code
    count: Annotated[int, Field(ge=0, le=200)]


class Cards(Shape):
    """The codes to print."""

    item: str
    location: str
    cards: list[str]


class CardScan(Command):
    """`POST /api/v1/kanban-cards/{code}/scan`: the next state, or the one given."""

    state: Literal["full", "in_use", "empty"] | None = None


class CardScanned(Shape):
    """The card after the scan, and the call or the proposal that it joined."""

    card: str
    state: CardState
    call: int | None
    proposal: int | None = None


class KanbanCard(Shape):
    """One card."""

    code: str
    state: CardState
    call: int | None
    proposal: int | None = None
    """Where the loop buys or makes: what it went with."""
    changed_at: Instant
    item: str
    item_name: LocalName
    unit: str
    location: str
    location_name: LocalName
    source: str
    quantity: Decimal


class Supply(Shape):
    """`GET /api/v1/supply`: something that is on its way, and when it comes."""

    kind: SupplyKind
    ref: str
    """Number of the call, of the purchase order and line, or of the work order."""
    item: str
    location: str
    quantity: Decimal
    unit: str
    due_at: Instant


class RunOut(Shape):
    """`GET /api/v1/run-outs`: a place that running orders draw from, and when it is empty at their real rate."""

    item: str
    item_name: LocalName
    unit: str
    location: str
    location_name: LocalName
    on_hand: Decimal
    reserved: Decimal
    waiting: Decimal
    projected: Decimal
    rate_per_hour: Decimal | None
    """Null: not known, and then `runs_out_at` is null too; that is not "never"."""
    runs_out_at: Instant | None
    call_by: Instant | None
    """The latest time to call, so that the lead time is kept."""
    need: Decimal
    """What running and released orders still want here."""
    lasts: bool
    """Whether what is there is enough for that."""
    orders: list[str]
    method: Method | None
    lead_time_s: int | None
    open_call: int | None
    call_state: str | None
    next_supply_at: Instant | None


class CallChange(Shape):
    """`GET /api/v1/replenishments/{number}/changes`: how a call was changed after it was raised, and what was seen."""

    verdict: Literal["adjust", "cancel", "ask", "grow"]
    quantity_before: Decimal
    quantity_after: Decimal
    stock: Decimal | None
    need: Decimal | None
    reason: str
    at: Instant
