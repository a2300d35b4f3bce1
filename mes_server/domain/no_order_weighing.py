"""Which postings of weighings without an order are those that a leader gives to one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a batch of facts weighed of an item outside any order, in the time that is given away."""

    item_id: int
    batch: int
    quantity: Decimal
    last_at: datetime
    """Machine time of the last of it."""
    changed_at: datetime | None = None
    """When components of the order changed next; None: they are stated now as they were then."""
    replaced: bool = False
    """Another item stood in its place on the order then: that one was weighed, and this one was not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoosePosting:
    """Consumption that was posted without an order; `batch` is the one it was posted with."""

    id: int
    item_id: int
    batch: int | None
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A part of a weighing, and where it is: in a posting, or with what waits for stock (None)."""

    weighed: Weighed
    posting: int | None
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What is without an order no more."""

    found: Sequence[Found]

    @property
    def postings(self) -> Mapping[int, Decimal]:
        """Posting -> how much of it."""
        taken: dict[int, Decimal] = defaultdict(Decimal)
        for one in self.found:
            if one.posting is not None:
                taken[one.posting] += one.quantity
        return dict(taken)

    @property
    def waiting(self) -> Mapping[int, Decimal]:
        """Item -> how much of the consumption that waits for stock."""
        taken: dict[int, Decimal] = defaultdict(Decimal)
        for one in self.found:
            if one.posting is None:
                taken[one.weighed.item_id] += one.quantity
        return dict(taken)

    @property
    def by_time(self) -> Mapping[tuple[int, datetime | None], Decimal]:
        """(item, when components of the order changed next) -> how much."""
        taken: dict[tuple[int, datetime | None], Decimal] = defaultdict(Decimal)
        for one in self.found:
            taken[one.weighed.item_id, one.weighed.changed_at] += one.quantity
        return dict(taken)

    def only(self, *, replaced: bool) -> "Share":
        """The part of weighings in place of which the order used another item; or the other part, which it used."""
        return Share(found=[one for one in self.found if one.weighed.replaced is replaced])


def share_weighings(
    weighed: Sequence[Weighed],
    postings: Sequence[LoosePosting],
    waiting: Mapping[int, Decimal],
) -> Share:
    """Each weighing takes the postings of its own batch, so that its lots stay its lots.

    What found no stock then was posted later or waits: it takes what was posted after it, oldest first, then what
    waits, and last what was posted before. Less is found when people reversed postings; never more than was weighed.
    """
    left = {one.id: one.quantity for one in postings}
    waits = dict(waiting)
    found: list[Found] = []

    def take(weighed: Weighed, wanted: Decimal, offered: Sequence[LoosePosting]) -> Decimal:
        for one in offered:
            part = min(wanted, left[one.id])
            if part > 0:
                left[one.id] -= part
                found.append(Found(weighed=weighed, posting=one.id, quantity=part))
                wanted -= part
        return wanted

    own: dict[tuple[int, int | None], list[LoosePosting]] = defaultdict(list)
    others: dict[int, list[LoosePosting]] = defaultdict(list)
    for row in sorted(postings, key=lambda row: row.id):
        own[row.item_id, row.batch].append(row)
        others[row.item_id].append(row)
    missing: list[tuple[Weighed, Decimal]] = []
    for one in sorted(weighed, key=lambda one: (one.batch, one.item_id)):
        wanted = take(one, one.quantity, own[one.item_id, one.batch])
        if wanted > 0:
            missing.append((one, wanted))
    for one, wanted in missing:
        here = others[one.item_id]
        later = [row for row in here if row.batch is None or row.batch > one.batch]
        wanted = take(one, wanted, later)
        part = min(wanted, waits.get(one.item_id, _NOTHING))
        if part > 0:
            waits[one.item_id] -= part
            found.append(Found(weighed=one, posting=None, quantity=part))
        take(one, wanted - part, here[::-1])
    return Share(found=found)
