"""Material requirements planning: what has to be bought and made, when, and for which orders.

Item by item in the order of low-level codes, so that every parent is planned before its components: gross requirements
less stock and scheduled receipts, plus safety stock, made lots, and offset by the lead time. The same input gives the
same plan.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from mes_server.domain.loop_rule import Modifiers, order_size
from mes_server.domain.units import booked

ORDERS_MAX = 5_000
"""Planned orders of one run; beyond that the plan ends and says so."""


class LotSizing(StrEnum):
    """How a shortage becomes an order, before the order modifiers."""

    LOT_FOR_LOT = "lot_for_lot"
    FIXED = "fixed"
    PERIOD = "period"


class NoteKind(StrEnum):
    """What people should look at beside the proposals."""

    EXPEDITE = "expedite"
    LATE_START = "late_start"
    LEFT_TO_LOOP = "left_to_loop"
    CUT = "cut"
    WAITS_FOR_LOT = "waits_for_lot"
    """Consumption waits for one lot, which nothing else can stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So much of an item goes into one piece, component scrap included."""

    item: str
    per_piece: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedItem:
    """How an item is planned. `left_to_loop`: a loop of its own orders it, planning does not."""

    item: str
    made: bool
    on_hand: Decimal = Decimal(0)
    safety_stock: Decimal = Decimal(0)
    lead_time_s: int = 0
    lot_sizing: LotSizing = LotSizing.LOT_FOR_LOT
    lot: Decimal | None = None
    """Fixed lots: their size."""
    period_days: int = 0
    """Period lots: requirements of so many days are ordered together."""
    modifiers: Modifiers = field(default_factory=Modifiers)
    parts: Sequence[Part] = ()
    left_to_loop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Somebody wants `quantity` at a time: a work order, a stated demand, or planned order `#n`."""

    item: str
    quantity: Decimal
    at: datetime
    ref: str
    orders: tuple[str, ...] = ()
    """The orders and demands at the top of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What comes anyway: a purchase order line or a work order."""

    item: str
    quantity: Decimal
    at: datetime
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Peg:
    """Part of a planned order is for this."""

    ref: str
    quantity: Decimal
    at: datetime
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What made a planned order: the requirement that fell short, and what there was for it."""

    requirement: str
    gross: Decimal
    stock_before: Decimal
    """Stock and receipts so far, less what earlier requirements took."""
    safety_stock: Decimal
    shortage: Decimal
    wanted: Decimal
    """What lot sizing made of the shortage, before the order modifiers."""
    lot_sizing: LotSizing
    lead_time_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """Buy or make `quantity`, to be there at `due_at`."""

    number: int
    item: str
    made: bool
    quantity: Decimal
    start_at: datetime
    due_at: datetime
    why: Why
    pegs: tuple[Peg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to look at."""

    kind: NoteKind
    item: str
    ref: str
    at: datetime | None = None
    wanted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The planned orders in their order, and notes."""

    orders: tuple[PlannedOrder, ...]
    notes: tuple[Note, ...]


def low_level_codes(parts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Item -> how deep it ever lies below a finished item; bills without loops, as the bill's own check holds them."""
    codes: dict[str, int] = {}
    level = sorted(parts.keys() | {part for row in parts.values() for part in row})
    for depth in range(len(level) + 1):
        for item in level:
            codes[item] = depth
        level = sorted({part for item in level for part in parts.get(item, ())})
        if not level:
            return codes
    raise ValueError("a bill of material contains itself")


def plan(
    items: Sequence[PlannedItem],
    requirements: Sequence[Requirement],
    receipts: Sequence[Receipt],
    *,
    now: datetime,
) -> Plan:
    """Plan everything that `requirements` ask for and what they explode into."""
    codes = low_level_codes({one.item: [part.item for part in one.parts] for one in items})
    wanted: dict[str, list[Requirement]] = defaultdict(list)
    for requirement in requirements:
        tops = requirement.orders or (requirement.ref,)
        wanted[requirement.item].append(replace(requirement, orders=tops))
    coming: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        coming[receipt.item].append(receipt)
    orders: list[PlannedOrder] = []
    notes: list[Note] = []
    for one in sorted(items, key=lambda one: (codes[one.item], one.item)):
        if one.left_to_loop:
            if wanted[one.item]:
                notes.append(Note(kind=NoteKind.LEFT_TO_LOOP, item=one.item, ref=one.item))
            continue
        net = _Netting(item=one, now=now, first=len(orders) + 1, notes=notes)
        net.run(wanted[one.item], coming[one.item])
        for order in net.finished():
            orders.append(order)
            for requirement in _explode(one, order):
                wanted[requirement.item].append(requirement)
    return Plan(orders=tuple(orders), notes=tuple(notes))


def _explode(item: PlannedItem, order: PlannedOrder) -> list[Requirement]:
    """What a planned order of our own consumes, when it starts."""
    if not item.made:
        return []
    tops = tuple(sorted({top for peg in order.pegs for top in peg.orders}))
    return [
        Requirement(
            item=part.item,
            quantity=booked(Fraction(order.quantity) * part.per_piece),
            at=order.start_at,
            ref=f"#{order.number}",
            orders=tops,
        )
        for part in item.parts
    ]


@dataclass(slots=True, kw_only=True)
class _Open:
    """A planned order while requirements are still pegged to it; `spare` is what nobody asked for yet."""

    order: PlannedOrder
    spare: Decimal


@dataclass(slots=True, kw_only=True)
class _Netting:
    """One item, requirement by requirement in the order of time."""

    item: PlannedItem
    now: datetime
    first: int
    notes: list[Note]
    stock: Decimal = Decimal(0)
    opened: list[_Open] = field(default_factory=list["_Open"])
    later: list[Receipt] = field(default_factory=list[Receipt])

    def run(self, wanted: Sequence[Requirement], coming: Sequence[Receipt]) -> None:
        self.stock = self.item.on_hand
        self.later = sorted(coming, key=lambda one: (one.at, one.ref))
        queue = sorted(wanted, key=lambda one: (one.at, one.ref))
        if self.item.safety_stock > 0:
            keep = Requirement(
                item=self.item.item, quantity=Decimal(0), at=self.now, ref="safety stock"
            )
            queue.insert(0, keep)
        for place, requirement in enumerate(queue):
            self._arrive(requirement.at)
            self._serve(requirement, queue[place + 1 :])

    def finished(self) -> list[PlannedOrder]:
        return [one.order for one in self.opened]

    def _arrive(self, at: datetime) -> None:
        while self.later and self.later[0].at <= at:
            self.stock += self.later.pop(0).quantity

    def _serve(self, requirement: Requirement, rest: Sequence[Requirement]) -> None:
        self._peg_spare(requirement)
        before = self.stock
        self.stock -= requirement.quantity
        while self.stock < self.item.safety_stock and self.later:
            receipt = self.later.pop(0)
            self.stock += receipt.quantity
            self.notes.append(
                Note(
                    kind=NoteKind.EXPEDITE,
                    item=self.item.item,
                    ref=receipt.ref,
                    at=receipt.at,
                    wanted_at=requirement.at,
                )
            )
        while (short := self.item.safety_stock - self.stock) > 0:
            if self.first + len(self.opened) > ORDERS_MAX:
                self.notes.append(Note(kind=NoteKind.CUT, item=self.item.item, ref=requirement.ref))
                return
            self._order(requirement, before=before, short=short, rest=rest)

    def _order(
        self,
        requirement: Requirement,
        *,
        before: Decimal,
        short: Decimal,
        rest: Sequence[Requirement],
    ) -> None:
        wanted = self._lot(requirement, short, rest)
        quantity = order_size(wanted, self.item.modifiers)
        start = requirement.at - timedelta(seconds=self.item.lead_time_s)
        served = min(short, quantity)
        number = self.first + len(self.opened)
        order = PlannedOrder(
            number=number,
            item=self.item.item,
            made=self.item.made,
            quantity=quantity,
            start_at=start,
            due_at=requirement.at,
            why=Why(
                requirement=requirement.ref,
                gross=requirement.quantity,
                stock_before=before,
                safety_stock=self.item.safety_stock,
                shortage=short,
                wanted=wanted,
                lot_sizing=self.item.lot_sizing,
                lead_time_s=self.item.lead_time_s,
            ),
            pegs=(_peg(requirement, served),),
        )
        if start < self.now:
            self.notes.append(
                Note(
                    kind=NoteKind.LATE_START,
                    item=self.item.item,
                    ref=f"#{number}",
                    at=start,
                    wanted_at=requirement.at,
                )
            )
        self.stock += quantity
        self.opened.append(_Open(order=order, spare=quantity - served))

    def _lot(
        self, requirement: Requirement, short: Decimal, rest: Sequence[Requirement]
    ) -> Decimal:
        match self.item.lot_sizing:
            case LotSizing.FIXED if self.item.lot is not None:
                return order_size(short, Modifiers(multiple=self.item.lot))
            case LotSizing.PERIOD:
                until = requirement.at + timedelta(days=self.item.period_days)
                more = sum((one.quantity for one in rest if one.at < until), Decimal(0))
                coming = sum((one.quantity for one in self.later if one.at < until), Decimal(0))
                return short + max(more - coming, Decimal(0))
            case _:
                return short

    def _peg_spare(self, requirement: Requirement) -> None:
        """What earlier lots have left over is for the next requirements."""
        left = requirement.quantity
        for one in self.opened:
            part = min(one.spare, left)
            if part > 0:
                one.spare -= part
                left -= part
                one.order = replace(one.order, pegs=(*one.order.pegs, _peg(requirement, part)))


def _peg(requirement: Requirement, quantity: Decimal) -> Peg:
    return Peg(
        ref=requirement.ref,
        quantity=quantity,
        at=requirement.at,
        orders=requirement.orders or (requirement.ref,),
    )
