"""Which postings of weighings without an order are those that a leader gives to one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a batch of facts weighed of an item outside any order, in the time that is given away."""

    item_id: int
    batch: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LoosePosting:
    """Consumption that was posted without an order; `batch` is the one it was posted with."""

    id: int
    item_id: int
    batch: int | None
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What becomes the order's."""

    postings: Mapping[int, Decimal]
    """Posting -> how much of it."""
    waiting: Mapping[int, Decimal]
    """Item -> how much of the consumption that waits for stock."""

    def total(self, item_id: int, postings: Sequence[LoosePosting]) -> Decimal:
        """How much of an item that is."""
        taken = (self.postings.get(one.id, _NOTHING) for one in postings if one.item_id == item_id)
        return sum(taken, start=self.waiting.get(item_id, _NOTHING))


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
    taken: dict[int, Decimal] = defaultdict(Decimal)
    from_waiting: dict[int, Decimal] = defaultdict(Decimal)

    def take(wanted: Decimal, offered: Sequence[LoosePosting]) -> Decimal:
        for one in offered:
            part = min(wanted, left[one.id])
            if part > 0:
                left[one.id] -= part
                taken[one.id] += part
                wanted -= part
        return wanted

    own: dict[tuple[int, int | None], list[LoosePosting]] = defaultdict(list)
    others: dict[int, list[LoosePosting]] = defaultdict(list)
    for row in sorted(postings, key=lambda row: row.id):
        own[row.item_id, row.batch].append(row)
        others[row.item_id].append(row)
    missing: list[tuple[Weighed, Decimal]] = []
    for one in sorted(weighed, key=lambda one: (one.batch, one.item_id)):
        wanted = take(one.quantity, own[one.item_id, one.batch])
        if wanted > 0:
            missing.append((one, wanted))
    for one, wanted in missing:
        here = others[one.item_id]
        later = [row for row in here if row.batch is None or row.batch > one.batch]
        wanted = take(wanted, later)
        part = min(wanted, waits.get(one.item_id, _NOTHING))
        if part > 0:
            waits[one.item_id] -= part
            from_waiting[one.item_id] += part
        take(wanted - part, here[::-1])
    return Share(postings=dict(taken), waiting=dict(from_waiting))
