"""The database's side of the hot path: typed calls of the steps in `ingest.sql`, in the order the path walks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mes_server.domain.fact_meaning import BatchMeaning, EventRow, Quarantined, TotalGap
from mes_server.domain.restatement import closed_before
from mes_server.domain.unit_sense import (
    EPOCH,
    MINUTE_US,
    Run,
    SignalSense,
    UnitSense,
    stretches,
)
from mes_server.storage import event_rows, shift_figures, statements, stock_effects
from mes_server.storage.binary_values import bigints, instants, integers, quantities, texts
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.touched import Touched

_SQL = load("ingest")

MINUTE = timedelta(minutes=1)
EVER = 10**9
"""Minutes since EPOCH that never pass."""

DEMANDS = ("demand_rejected_output", "demand_backflush", "demand_weighed", "issue_weighed")

SourceName = tuple[str, int]
"""(agent, outbox epoch)."""


class SourceCursor(NamedTuple):
    """A locked source: facts up to `through` are committed."""

    id: int
    through: int


class Span(NamedTuple):
    """Earliest and latest machine time of a unit's facts in a batch."""

    low: datetime
    high: datetime


async def lock_sources(
    connection: Connection, names: Sequence[SourceName]
) -> dict[SourceName, SourceCursor]:
    """Lock the cursors of these sources, opening those heard for the first time."""
    values = {"agents": [agent for agent, _ in names], "epochs": [epoch for _, epoch in names]}
    rows = await (await connection.execute(_SQL["lock_sources"], values)).fetchall()
    if len(rows) < len(names):
        await connection.execute(_SQL["open_sources"], values)
        rows = await (await connection.execute(_SQL["lock_sources"], values)).fetchall()
    return {
        (agent, epoch): SourceCursor(id=source, through=through)
        for agent, epoch, source, through in rows
    }


async def record_gap(
    connection: Connection, *, source_id: int, first: int, last: int, now: datetime
) -> None:
    """Note that facts first..last of a source can never come."""
    await connection.execute(
        _SQL["record_gap"], {"source_id": source_id, "first": first, "last": last, "now": now}
    )


async def advance_sources(
    connection: Connection, through: dict[int, int], *, now: datetime
) -> None:
    """Set the high-water mark of each source id."""
    await connection.execute(
        _SQL["advance_sources"],
        {"ids": list(through), "throughs": list(through.values()), "now": now},
    )


class Opened(NamedTuple):
    """What a batch begins with."""

    ingest_id: int
    """Of the batch's own row; it ties events, postings and signals together."""
    today: date
    """The plant's date."""
    units: dict[str, UnitSense]
    shifts_until: datetime | None
    """The end of the last shift of any of them that is closed."""


async def open_batch(
    connection: Connection,
    spans: Mapping[str, Span],
    *,
    gateway: str,
    facts: int,
    now: datetime,
) -> Opened:
    """Open the batch, lock its units (path -> span of machine time), and read what is known of them."""
    batch = {"gateway": gateway, "facts": facts, "now": now}
    async with connection.pipeline():
        opening = await connection.execute(_SQL["open_ingest"], batch)
        locking = await connection.execute(_SQL["lock_units"], {"paths": list(spans)})
        units = await read_units(connection, spans)
        row, locked = await opening.fetchone(), await locking.fetchone()
    assert row is not None
    assert locked is not None
    return Opened(row[0], row[1], units, locked[0])


async def read_units(connection: Connection, spans: Mapping[str, Span]) -> dict[str, UnitSense]:
    """What is known of the units and of their signals; ingest has locked them."""
    values = {
        "paths": list(spans),
        "lows": [span.low for span in spans.values()],
        "highs": [span.high for span in spans.values()],
        "zero": EPOCH,
    }
    signals = await connection.execute(_SQL["read_signals"], values)
    ran = await connection.execute(_SQL["read_runs"], values)
    found: dict[str, tuple[int, bool, list[SignalSense]]] = {}
    for path, unit, has_side, *signal in await signals.fetchall():
        known = found.get(path)
        if known is None:
            known = found[path] = (unit, has_side, [])
        if signal[0] is not None:
            known[2].append(SignalSense._make(signal))
    runs: dict[str, list[Run]] = {}
    changed: set[str] = set()
    for path, started, ended, operation, changes in await ran.fetchall():
        run = Run(started=started, ended=ended, operation_id=operation)
        runs.setdefault(path, []).extend(stretches(run, changes) if changes else (run,))
        if changes:
            changed.add(path)
    return {
        path: UnitSense(
            equipment_id=unit,
            has_line_side=has_side,
            signals=known,
            runs=runs.get(path, ()),
            changed=path in changed,
        )
        for path, (unit, has_side, known) in found.items()
    }


async def store_events(
    connection: Connection, chunks: Iterable[Sequence[EventRow]], *, ingest_id: int
) -> None:
    """Keep every fact; each chunk is on its way to the database while the next one is read."""
    async with connection.cursor().copy(_SQL["store_events"]) as copy:
        await copy.write(event_rows.HEADER)
        for chunk in chunks:
            await copy.write(event_rows.pack(chunk, ingest_id=ingest_id))
        await copy.write(event_rows.TRAILER)


async def keep(connection: Connection, meaning: BatchMeaning) -> None:
    """What follows from the facts, for the sets: the tally, the totals; and what people shall look at."""
    meters = [
        meter
        for unit in meaning.units.values()
        for meter in unit.meters.values()
        if meter.epoch is not None
    ]
    if meters:
        values = {
            "signals": integers(meter.sense.signal_id for meter in meters),
            "epochs": bigints(meter.epoch for meter in meters),
            "totals": quantities(meter.total for meter in meters),
            "ats": instants(meter.at for meter in meters),
        }
        await connection.execute(_SQL["advance_totals"], values)
    if meaning.quarantined:
        await connection.execute(_SQL["keep_quarantine"], _quarantined(meaning.quarantined))
    if meaning.gaps:
        await connection.execute(_SQL["keep_gaps"], _gaps(meaning.gaps))
    if meaning.tallies:
        keys, tallies = meaning.tallies.keys(), meaning.tallies.values()
        values = {
            "units": integers(key[0] for key in keys),
            "operations": integers(key[1] for key in keys),
            "items": integers(key[2] for key in keys),
            "minutes": instants(key[3] * MINUTE_US for key in keys),
            "good": quantities(tally.good for tally in tallies),
            "scrap": quantities(tally.scrap for tally in tallies),
            "used": quantities(tally.used for tally in tallies),
            "lasts": instants(tally.last_at for tally in tallies),
            "changes": instants(key[4] for key in keys),
        }
        await connection.execute(_SQL["keep_tally"], values)


def _quarantined(rows: Sequence[Quarantined]) -> dict[str, object]:
    return {
        "sources": integers(row.source_id for row in rows),
        "seqs": bigints(row.seq for row in rows),
        "units": texts(row.equipment for row in rows),
        "signals": texts(row.signal for row in rows),
        "ats": instants(row.at for row in rows),
        "quantities": quantities(row.quantity for row in rows),
        "reasons": texts(row.reason for row in rows),
    }


def _gaps(rows: Sequence[TotalGap]) -> dict[str, object]:
    return {
        "signals": integers(row.signal_id for row in rows),
        "sources": integers(row.source_id for row in rows),
        "seqs": bigints(row.seq for row in rows),
        "ats": instants(row.at for row in rows),
        "told": quantities(row.told for row in rows),
        "booked": quantities(row.booked for row in rows),
    }


async def book(
    connection: Connection,
    *,
    ingest_id: int | None,
    now: datetime,
    today: date,
    command_id: UUID | None = None,
    changed: bool = True,
) -> Touched:
    """Order progress, output, consumption on lots, shortages and replenishment of what is in `tally`.

    It comes from a batch, or from a person's command that attributes facts of earlier ones. `changed`: components of its
    orders may have changed while they ran.
    """
    if changed:
        await statements.weigh_what_is_used(connection)
    await connection.execute(_SQL["sum_progress"])
    advanced = await connection.execute(_SQL["advance_operations"])
    await connection.execute(_SQL["post_output"])
    await connection.execute(_SQL["post_further_output"])
    rows = await (await connection.execute(_SQL["places"])).fetchall()
    places = frozenset((item, place) for item, place, _ in rows)
    if changed:
        places |= await statements.places(connection)
    await stock_effects.lock_places(connection, places)
    waiting = await stock_effects.demand_open_shortages(connection, places=places, now=now)
    arrived: frozenset[stock_effects.Place] = frozenset()
    if waiting.entries or any(needed for _, _, needed in rows):  # what comes out now is used now
        arrived = await stock_effects.book_pending(
            connection, now=now, ingest_id=ingest_id, command_id=command_id
        )
        await stock_effects.clear_pending(connection)
    if changed:
        await statements.demand_late(connection)
    for demand in DEMANDS:
        await connection.execute(_SQL[demand])
    if changed:
        await statements.settle_late(connection)
    moved, units = await stock_effects.allocate(
        connection, waiting, now=now, today=today, ingest_id=ingest_id, command_id=command_id
    )
    stock = arrived | moved | places
    signals = await stock_effects.raise_due_signals(
        connection, places=stock, now=now, ingest_id=ingest_id, command_id=command_id
    )
    operations: set[int] = set()
    late = False
    for operation, state, after in await advanced.fetchall():
        operations.update((operation,) if after is None else (operation, after))
        late = late or state == "completed"
    if late:
        restated = {"now": now, "ingest_id": ingest_id, "command_id": command_id}
        await connection.execute(_SQL["restate_orders"], restated)
    return Touched(units=units, operations=frozenset(operations), stock=stock, signals=signals)


async def restate_hours(
    connection: Connection, *, now: datetime, ingest_id: int | None, command_id: UUID | None = None
) -> None:
    """Keep what the rolled up `tally` made of hours that had closed before."""
    values = {
        "closed": closed_before(now),
        "now": now,
        "ingest_id": ingest_id,
        "command_id": command_id,
    }
    await connection.execute(_SQL["restate_hours"], values)


async def roll_up(
    connection: Connection,
    meaning: BatchMeaning,
    *,
    ingest_id: int,
    shifts_until: datetime | None,
    now: datetime,
) -> Touched:
    """Hours, minutes, states, shifts that were closed, live rows and job answers; returns what screens will want anew."""
    await connection.execute(_SQL["roll_up_hours"])
    earliest = EPOCH + MINUTE * min((key[3] for key in meaning.tallies), default=EVER)
    if earliest < closed_before(now):
        await restate_hours(connection, now=now, ingest_id=ingest_id)
    await connection.execute(_SQL["roll_up_minutes"])
    if meaning.states:
        values = {
            "units": integers(unit for unit, _ in meaning.states),
            "ats": instants(at for _, at in meaning.states),
            "states": texts(state for state, _ in meaning.states.values()),
            "details": texts(detail for _, detail in meaning.states.values()),
            "ingest_id": ingest_id,
        }
        await connection.execute(_SQL["change_states"], values)
    await shift_figures.restate(
        connection,
        meaning,
        closed_until=shifts_until,
        earliest=earliest,
        ingest_id=ingest_id,
        now=now,
    )
    heard = meaning.units.values()
    values = {
        "units": integers(unit.equipment_id for unit in heard),
        "lasts": instants(unit.heard_at for unit in heard),
        "arrived": instants(unit.last_arrived for unit in heard),
    }
    await connection.execute(_SQL["refresh_live"], values)
    if meaning.answers:
        values = {
            "commands": [answer.command_id for answer in meaning.answers],
            "ats": instants(answer.at for answer in meaning.answers),
            "accepted": [answer.accepted for answer in meaning.answers],
            "reasons": texts(answer.reason for answer in meaning.answers),
        }
        await connection.execute(_SQL["answer_jobs"], values)
    return Touched(
        units=frozenset(unit.equipment_id for unit in heard),
        states=frozenset(unit for unit, _ in meaning.states),
    )
