"""Holds the books of a soak against the simulators' truth: pieces, kilograms, facts, ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg

from simulators.all_in_one import outboxes
from simulators.all_in_one.audit import Auditor, Books
from simulators.all_in_one.verdict import DIVISION_KG, true_by_unit
from simulators.truth import TrueCount, TrueDose, TruthReader

_SIGNALS = """
with by_epoch as (
    select signal_id, epoch, sum(step) as steps, max(total) filter (where quality <> 'q') as total
    from event where kind in ('c', 'w') and signal_id is not null group by 1, 2
), held as (
    select q.equipment, q.signal, c.agent, sum(q.quantity) as quantity
    from quarantined_fact q join source c on c.id = q.source_id group by 1, 2, 3
)
select e.path, s.name, coalesce(sum(b.steps), 0), coalesce(sum(b.total), 0), coalesce(max(h.quantity), 0),
    coalesce((select sum(g.booked - g.told) from total_gap g where g.signal_id = s.id), 0)
from signal s
join equipment e on e.id = s.equipment_id
left join by_epoch b on b.signal_id = s.id
left join held h on h.equipment = e.path and h.signal = s.name and h.agent = s.agent
where s.role in ('good', 'scrap', 'produced', 'consumed')
group by s.id, e.path, s.name order by 1, 2
"""
_FACTS = """
select coalesce(sum(s.through), 0), coalesce(sum(e.held), 0), coalesce(sum(e.different), 0),
    coalesce(sum((select sum(g.last_missing - g.first_missing + 1) from source_gap g where g.source_id = s.id)), 0)
from source s
left join (select source_id, count(*) as held, count(distinct seq) as different from event group by 1) e
    on e.source_id = s.id
where s.agent like 'edge-%'
"""
_UNANSWERED = "select count(*) from job_command where answered_at is null"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLine:
    """One counter or scale; pieces or kilograms."""

    unit: str
    signal: str
    truth: Decimal
    totals: Decimal
    steps: Decimal
    quarantined: Decimal
    gap: Decimal
    """Part of the steps that only the totals proved."""

    @property
    def difference(self) -> Decimal:
        """What is nowhere accounted for."""
        return self.truth - self.steps - self.quarantined

    @property
    def uneven(self) -> Decimal:
        """Totals against steps."""
        return self.totals - self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLine:
    """One unit's pieces, good and scrap together."""

    unit: str
    truth: int
    booked: int
    by_hour: int
    no_order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The whole comparison."""

    signals: tuple[SignalLine, ...]
    machines: tuple[MachineLine, ...]
    facts: int
    gaps: int
    """Facts that are known to be missing, in entries of their own."""
    wrong: tuple[str, ...]

    @property
    def differences(self) -> tuple[str, ...]:
        """Everything that is not exact, in words; empty when all is well."""
        return (*self.wrong, *_signal_words(self.signals), *_machine_words(self.machines))


def signal_lines(connection: psycopg.Connection, truth_file: Path) -> tuple[SignalLine, ...]:
    """Every counter and scale, now."""
    true = true_totals(truth_file)
    return tuple(
        SignalLine(
            unit=unit,
            signal=signal,
            truth=true.get((unit, signal), Decimal(0)),
            totals=totals,
            steps=steps,
            quarantined=quarantined,
            gap=gap,
        )
        for unit, signal, steps, totals, quarantined, gap in connection.execute(_SIGNALS).fetchall()
    )


def true_totals(file: Path) -> dict[tuple[str, str], Decimal]:
    """(unit, signal) -> pieces or kilograms really made or dosed."""
    counts, doses = read_truth(file)
    true = {(count.equipment, count.signal): Decimal(count.total) for count in counts}
    return true | {(d.equipment, d.signal): Decimal(f"{d.device_kg:.6f}") for d in doses}


def read_truth(file: Path) -> tuple[list[TrueCount], list[TrueDose]]:
    """The simulators' own books."""
    reader = TruthReader(file)
    try:
        return reader.counts(), reader.doses()
    finally:
        reader.close()


def take_account(url: str, truth_file: Path) -> Account:
    """The whole comparison, of a plant that stands still."""
    counts, doses = read_truth(truth_file)
    auditor = Auditor(url)
    try:
        books = auditor.read()
    finally:
        auditor.close()
    with psycopg.connect(url, autocommit=True) as connection:
        signals = signal_lines(connection, truth_file)
        row = connection.execute(_FACTS).fetchone()
        unanswered = connection.execute(_UNANSWERED).fetchone()
    assert row is not None
    assert unanswered is not None
    through, held, different, gaps = (int(value) for value in row)
    facts = (
        ("facts twice", held - different, 0),
        ("facts neither stored nor entered as a gap", through - different - gaps, 0),
        ("ledger imbalance", books.ledger_imbalance, 0),
        ("balances that are not the sum of their postings", books.balance_mismatches, 0),
        ("job orders without an answer", int(unanswered[0]), 0),
    )
    wrong = [f"{name}: {found}" for name, found, wanted in facts if found != wanted]
    wrong += [f"backflush differs from the standard: {line}" for line in books.backflush]
    wrong += [f"steps do not add up to the total: {line}" for line in books.step_mismatches]
    wrong += _kilogram_words(books, doses)
    return Account(
        signals=signals,
        machines=tuple(_machines(books, true_by_unit(counts))),
        facts=held,
        gaps=gaps,
        wrong=tuple(wrong),
    )


def all_sent_is_committed(url: str, data: Path, agents: Iterable[str]) -> bool:
    """Whether the server has every fact that the edges have numbered."""
    return committed(url, outboxes.numbered(data, agents))


def committed(url: str, sent: Mapping[tuple[str, int], int]) -> bool:
    """Whether the server has everything up to these marks."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("select agent, outbox_epoch, through from source").fetchall()
    marks = {(agent, epoch): through for agent, epoch, through in rows}
    return all(marks.get(source, 0) >= last for source, last in sent.items())


def _machines(books: Books, true: Mapping[str, tuple[int, int]]) -> Iterable[MachineLine]:
    for unit, booked in books.pieces.items():
        yield MachineLine(
            unit=unit,
            truth=sum(true.get(unit, (0, 0))),
            booked=booked.good + booked.scrap,
            by_hour=sum(books.pieces_by_hour.get(unit, (0, 0))),
            no_order=booked.no_order,
        )


def _machine_words(machines: Iterable[MachineLine]) -> Iterable[str]:
    for line in machines:
        if not line.truth == line.booked == line.by_hour:
            yield (
                f"{line.unit}: {line.truth} pieces made, {line.booked} on orders and outside, "
                f"{line.by_hour} by hour"
            )


def _signal_words(signals: Iterable[SignalLine]) -> Iterable[str]:
    for line in signals:
        if line.difference or line.uneven:
            yield (
                f"{line.unit} {line.signal}: truth {line.truth}, totals {line.totals}, steps {line.steps}, "
                f"quarantined {line.quarantined}"
            )


def _kilogram_words(books: Books, doses: Iterable[TrueDose]) -> Iterable[str]:
    for dose in doses:
        booked = float(books.weighed.get(dose.item, Decimal(0)))
        if abs(booked - dose.device_kg) > DIVISION_KG / 10:
            yield f"{dose.item}: posted {booked:.3f} kg, the scale summed {dose.device_kg:.3f} kg"
