"""Compares the books with the truth. Pure: two pictures in, one score out, and every difference in words."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from simulators.all_in_one.audit import Books, Loop, Posting
from simulators.truth import TrueCount, TrueDose

DIVISION_KG = 0.001
"""Resolution of the demo's scales."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the run prints; `differences` say in words what is not exact."""

    pieces_true: int
    pieces_booked: int
    kg_true: float
    kg_booked: float
    replenishments_expected: int
    differences: tuple[str, ...]


def judge(
    books: Books, counts: Sequence[TrueCount], doses: Sequence[TrueDose], *, sent: int
) -> Score:
    """Hold the books against the truth; exact means no differences. `sent`: facts that the edges numbered."""
    true_pieces = true_by_unit(counts)
    differences = [
        *_pieces(books, true_pieces),
        *_kilograms(books, doses),
        *(f"backflush differs from the standard: {line}" for line in books.backflush),
        *(f"steps do not add up to the total: {line}" for line in books.step_mismatches),
        *(f"quarantined: {line}" for line in books.quarantined),
    ]
    expected = expected_calls(books.loops, books.postings)
    for name, found, wanted in (
        ("facts stored", books.stored, sent),
        ("duplicates", books.duplicates, 0),
        ("lost facts", books.lost, 0),
        ("ledger imbalance", books.ledger_imbalance, 0),
        ("balance mismatches", books.balance_mismatches, 0),
        ("replenishments raised", books.raised, expected),
        ("loops with two open calls", books.open_twice, 0),
    ):
        if found != wanted:
            differences.append(f"{name}: {found}, expected {wanted}")
    return Score(
        pieces_true=sum(good + scrap for good, scrap in true_pieces.values()),
        pieces_booked=sum(unit.good + unit.scrap for unit in books.pieces.values()),
        kg_true=round(sum(dose.true_kg for dose in doses), 6),
        kg_booked=float(sum(books.weighed.values(), Decimal(0))),
        replenishments_expected=expected,
        differences=tuple(differences),
    )


def true_by_unit(counts: Iterable[TrueCount]) -> dict[str, tuple[int, int]]:
    """Unit -> (good, scrap) really made; good is produced - scrap where a unit counts all it makes."""
    totals: dict[str, dict[str, int]] = defaultdict(dict)
    for count in counts:
        totals[count.equipment][count.role] = count.total
    return {
        unit: (
            roles.get("good", roles.get("produced", 0) - roles.get("scrap", 0)),
            roles.get("scrap", 0),
        )
        for unit, roles in totals.items()
    }


def _pieces(books: Books, true_pieces: Mapping[str, tuple[int, int]]) -> Iterable[str]:
    for unit, booked in books.pieces.items():
        good, scrap = true_pieces.get(unit, (0, 0))
        if (booked.good, booked.scrap) != (good, scrap):
            yield f"{unit}: booked {booked.good} good and {booked.scrap} scrap, true are {good} and {scrap}"
        if books.pieces_by_hour.get(unit, (0, 0)) != (good, scrap):
            yield f"{unit}: the hours hold {books.pieces_by_hour.get(unit)}, true are {(good, scrap)}"
    for unit in true_pieces.keys() - books.pieces.keys():
        yield f"{unit}: not in the books at all"


def _kilograms(books: Books, doses: Sequence[TrueDose]) -> Iterable[str]:
    """Booked is exactly what the scale summed, and that is true within half a division a shot."""
    for item in sorted({dose.item for dose in doses} | books.weighed.keys()):
        of_item = [dose for dose in doses if dose.item == item]
        device = sum(dose.device_kg for dose in of_item)
        true = sum(dose.true_kg for dose in of_item)
        shots = sum(dose.shots for dose in of_item)
        booked = float(books.weighed.get(item, Decimal(0)))
        if abs(booked - device) > DIVISION_KG / 10:
            yield f"{item}: booked {booked:.3f} kg, the scale summed {device:.3f} kg"
        if abs(booked - true) > DIVISION_KG * shots:
            yield f"{item}: booked {booked:.3f} kg, true are {true:.6f} kg in {shots} doses"


def expected_calls(loops: Sequence[Loop], postings: Sequence[Posting]) -> int:
    """Replay the ledger against the rule: stock at or under the reorder point calls once, until it is delivered.

    Consumption that waits for stock need not be known: it waits only where nothing is left, which is under any
    reorder point anyway. Rows of one transaction count together; a delivery is a transfer from the loop's source.
    """
    calls = 0
    on_hand = {(loop.item, loop.location): Decimal(0) for loop in loops}
    open_calls: set[tuple[int, int]] = set()
    batches: dict[str, list[Posting]] = defaultdict(list)
    for posting in postings:
        batches[posting.batch].append(posting)
    for batch in batches.values():
        for loop in loops:
            place = (loop.item, loop.location)
            moved = [
                p for p in batch if p.item == loop.item and loop.location in (p.source, p.target)
            ]
            if not moved:
                continue
            on_hand[place] += sum(
                (p.quantity if p.target == loop.location else -p.quantity for p in moved),
                Decimal(0),
            )
            if any(p.kind == "transfer" and p.source == loop.source for p in moved):
                open_calls.discard(place)
            if on_hand[place] <= loop.reorder_point and place not in open_calls:
                open_calls.add(place)
                calls += 1
    return calls


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None when there are no values."""
    if not values:
        return None
    rank = math.ceil(len(values) * share)
    return sorted(values)[max(0, rank - 1)]
