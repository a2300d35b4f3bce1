"""What a soak prints: a table for people, and one line of JSON."""

import json
from collections.abc import Iterator, Sequence
from statistics import median

from tests.faults.soak import SoakReport


def table(report: SoakReport) -> Iterator[str]:
    """The lines for people."""
    wishes = report.wishes
    yield (
        f"soak on {wishes.broker}, seed {wishes.seed}: {report.seconds / 60:.1f} minutes, "
        f"{sum(report.faults.values())} faults, {report.checks} comparisons"
    )
    for part in (_machines, _signals, _faults, _memory, _messages):
        yield ""
        yield from part(report)
    yield ""
    yield from (f"DIFFERENCE: {words}" for words in report.differences)
    yield "EXACT" if not report.differences else f"NOT EXACT: {len(report.differences)} differences"


def _machines(report: SoakReport) -> Iterator[str]:
    heads = (
        "pieces by machine",
        "truth",
        "booked",
        "by hour",
        "of it outside orders",
        "difference",
    )
    return _columns(
        heads,
        [
            (one.unit, one.truth, one.booked, one.by_hour, one.no_order, one.truth - one.booked)
            for one in report.account.machines
        ],
    )


def _signals(report: SoakReport) -> Iterator[str]:
    heads = (
        "counter or scale (kg)",
        "truth",
        "totals",
        "steps",
        "quarantined",
        "proved by totals",
        "difference",
    )
    return _columns(
        heads,
        [
            (
                f"{one.unit} {one.signal}",
                *(
                    f"{number.normalize():f}"
                    for number in (
                        one.truth,
                        one.totals,
                        one.steps,
                        one.quarantined,
                        one.gap,
                        one.difference,
                    )
                ),
            )
            for one in report.account.signals
        ],
    )


def _faults(report: SoakReport) -> Iterator[str]:
    return _columns(
        ("fault", "times", "recovered after s (median)", "(longest)"),
        [
            (kind, times, f"{median(taken):.1f}", f"{max(taken):.1f}")
            for kind, times in sorted(report.faults.items())
            if (taken := report.recoveries_s[kind])
        ],
    )


def _memory(report: SoakReport) -> Iterator[str]:
    return _columns(
        ("memory", "most MB", "grown MB", "over s"),
        [
            (
                one.name,
                f"{one.most_mb:.0f}",
                "too short" if one.grown_mb is None else f"{one.grown_mb:+.1f}",
                f"{one.over_s:.0f}",
            )
            for one in report.memory
        ],
    )


def _messages(report: SoakReport) -> Iterator[str]:
    account, counters = report.account, report.hostile.counters
    yield (
        f"facts stored {account.facts}, facts known to be missing (their pieces proved by totals) "
        f"{account.gaps}"
    )
    way = "a small file system, filled up" if report.disks_were_full else "a limit on files"
    yield f"a full disk was {way}"
    kinds = ("messages", "malformed", "wrong_agent", "quarantined", "dropped", "withheld")
    counted = ", ".join(f"{kind} {counters.get(kind, 0)}" for kind in kinds)
    yield (
        f"hostile messages sent {report.hostile.sent}, {report.hostile.fuzzed} of them drawn by Hypothesis; "
        f"the gateway counted: {counted}"
    )


def json_line(report: SoakReport) -> str:
    """One line for programs."""
    account = report.account
    return json.dumps(
        {
            "soak": {
                "broker": report.wishes.broker,
                "seed": report.wishes.seed,
                "minutes": round(report.seconds / 60, 2),
                "faults": report.faults,
                "comparisons": report.checks,
                "pieces_true": sum(line.truth for line in account.machines),
                "pieces_booked": sum(line.booked for line in account.machines),
                "signals": {
                    f"{line.unit} {line.signal}": {
                        "truth": float(line.truth),
                        "totals": float(line.totals),
                        "steps": float(line.steps),
                        "quarantined": float(line.quarantined),
                        "difference": float(line.difference),
                    }
                    for line in account.signals
                },
                "facts": account.facts,
                "facts_in_gaps": account.gaps,
                "recovery_s_max": {
                    kind: round(max(taken), 1) for kind, taken in report.recoveries_s.items()
                },
                "memory_mb_max": {line.name: round(line.most_mb) for line in report.memory},
                "memory_mb_grown": {line.name: line.grown_mb for line in report.memory},
                "disk_full": "file system" if report.disks_were_full else "limit",
                "hostile_sent": report.hostile.sent,
                "hostile_by_hypothesis": report.hostile.fuzzed,
                "hostile_counted": report.hostile.counters,
                "differences": report.differences,
            }
        }
    )


def _columns(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max([len(head), *(len(row[at]) for row in cells)]) for at, head in enumerate(heads)]
    for row in (heads, *cells):
        first, *rest = row
        yield "  ".join(
            [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]
        )
