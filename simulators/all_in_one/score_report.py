"""The score as it is printed: one JSON object on the last line, every difference in words before it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from simulators.all_in_one.audit import Books
from simulators.all_in_one.verdict import judge, percentile
from simulators.truth import TrueCount, TrueDose, TruthReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened."""

    counts: list[TrueCount]
    doses: list[TrueDose]
    changes: list[tuple[str, str, int, float]]
    wraps: list[str]


def read_truth(reader: TruthReader) -> Truth:
    """All of it."""
    return Truth(
        counts=reader.counts(),
        doses=reader.doses(),
        changes=reader.count_times(),
        wraps=reader.wraps(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Books and truth of one run."""

    books: Books
    truth: Truth
    sent: int
    """Facts that the edges numbered."""
    latencies_ms: Sequence[float]
    calm_latencies_ms: Sequence[float]
    """The same without the changes that fell into a fault or shortly after one."""
    faults: Sequence[str]
    notes: Mapping[str, object]
    """Further keys, for the curious."""

    def print(self, tell: Callable[[str], None]) -> int:
        """Tell the differences, print the score; exit status 0 only when there is none."""
        books = self.books
        score = judge(books, self.truth.counts, self.truth.doses, sent=self.sent)
        for difference in score.differences:
            tell(f"  NOT EXACT  {difference}")
        wraps = [f"counter of {signal} wrapped" for signal in self.truth.wraps]
        result = {
            "pieces_true": score.pieces_true,
            "pieces_booked": score.pieces_booked,
            "kg_true": score.kg_true,
            "kg_booked": score.kg_booked,
            "facts_sent": self.sent,
            "facts_stored": books.stored,
            "duplicates": books.duplicates,
            "ledger_imbalance": _plain(books.ledger_imbalance),
            "balance_mismatches": books.balance_mismatches,
            "replenishments_raised": books.raised,
            "replenishments_expected": score.replenishments_expected,
            "latency_ms_p50": _rounded(percentile(self.latencies_ms, 0.5)),
            "latency_ms_p99": _rounded(percentile(self.latencies_ms, 0.99)),
            "faults": [*self.faults, *wraps],
            "exact": not score.differences,
            "differences": list(score.differences),
            "latency_ms_p50_calm": _rounded(percentile(self.calm_latencies_ms, 0.5)),
            "latency_ms_p99_calm": _rounded(percentile(self.calm_latencies_ms, 0.99)),
            "no_order_pieces": sum(unit.no_order for unit in books.pieces.values()),
            **self.notes,
        }
        print(json.dumps(result), flush=True)
        return 1 if score.differences else 0


def _plain(value: Decimal) -> str:
    """A decimal without exponent or trailing zeros: "0", "0.25"."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
