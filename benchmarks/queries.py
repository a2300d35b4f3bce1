"""How fast questions are answered: `python -m benchmarks.queries [--events 20000000]`; fewer events for a glance.

A plant of 50 lines, 30 days and 500 orders, whose lots go into each other over ten levels. Each question is put to the
product's own query and to the raw events or postings, in the same run; the answers must be equal. The last line is one JSON
object: milliseconds are medians of the product's way, ratios are the raw query's time through it.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from benchmarks.one_at_a_time import read_queries
from mes_server.domain.shift_calendar import every_hours
from mes_server.embedded_postgres import EmbeddedPostgres
from mes_server.operations.close_shifts import close_shifts
from mes_server.storage import feed, figures, genealogy, history, stock_reports
from mes_server.storage.database import Connection, open_pool
from mes_server.storage.migrate import migrate
from mes_server.storage.partitions import ensure_event_partitions

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=30)
MIDDLE = START + timedelta(days=15, hours=11, minutes=30)
"""The dearest time to ask for stock as of: half a day from a midnight and half an hour from an hour."""
CALENDAR = every_hours(ZoneInfo("UTC"), first=0, hours=8)
SHIFTS = CALENDAR.edges(since=START, until=END, most=90)
"""The last one has just ended: it is not closed yet, and is added up from its hours."""
CHUNK = 1_000_000
TIMES = 25
"""How often the product's own query is asked; it is slow the first times, when plans and pages are cold."""
PAGE = 500
LEVELS = 10
_SQL = read_queries("history_plant")
T = TypeVar("T")


async def build(connection: Connection, *, events: int) -> None:
    """Fill the database, saying how far it is."""
    await migrate(connection, now=START)
    await ensure_event_partitions(connection, now=START)
    values = {"start": START, "end": END, "events": events}
    begin = time.perf_counter()
    await _statements(connection, "plant", values)
    for low in range(0, events, CHUNK):
        high = min(low + CHUNK, events) - 1
        await connection.execute(_SQL["events"], values | {"lo": low, "hi": high})
        print(f"{high + 1:,} events, {time.perf_counter() - begin:.0f} s", flush=True)
    await _statements(connection, "derive", values)
    await connection.execute("vacuum analyze")
    print(f"derived, {time.perf_counter() - begin:.0f} s", flush=True)


async def _statements(connection: Connection, name: str, values: dict[str, Any]) -> None:
    for statement in _SQL[name].split(";\n"):
        await connection.execute(statement, values)


async def timed(ask: Callable[[], Awaitable[T]], *, times: int = 1) -> tuple[float, T]:
    """(median seconds, answer); asked more than once, the first fifth is not counted."""
    spent: list[float] = []
    while True:
        begin = time.perf_counter()
        answer = await ask()
        spent.append(time.perf_counter() - begin)
        if len(spent) == times:
            return median(spent[times // 5 :]), answer


async def board(connection: Connection) -> tuple[float, float]:
    """Seconds of the live board: ours, raw."""
    units = [(unit.id, 0) for unit in await history.find_units(connection, None)]

    async def ask() -> dict[tuple[int, int], dict[str, Any]]:
        return await feed.cards(connection, "unit", units, now=END)

    async def ask_raw() -> list[tuple[Any, ...]]:
        return await (await connection.execute(_SQL["raw_board"])).fetchall()

    own, cards = await timed(ask, times=TIMES)
    raw, rows = await timed(ask_raw)
    shown = [
        (
            card["path"],
            card["state"],
            card["order"]["good"],
            card["order"]["scrap"],
            card["no_order_good"],
            card["no_order_scrap"],
            card["totals"]["good"],
        )
        for card in cards.values()
    ]
    check("board", sorted(shown), sorted(rows))
    return own, raw


async def shifts(connection: Connection) -> tuple[float, float]:
    """Seconds of all shifts of all lines, pieces and states: ours, raw."""
    ids = [unit.id for unit in await history.find_units(connection, None)]
    values = {"edges": SHIFTS, "first": SHIFTS[0], "last": SHIFTS[-1]}

    async def ask() -> dict[tuple[int, int], figures.Figures]:
        return await figures.between(connection, units=ids, edges=SHIFTS, now=END)

    async def ask_raw() -> tuple[list[Any], list[Any]]:
        made = await (await connection.execute(_SQL["raw_made"], values)).fetchall()
        stood = await (await connection.execute(_SQL["raw_stood"], values)).fetchall()
        return made, stood

    own, answer = await timed(ask, times=TIMES)
    raw, (made, stood) = await timed(ask_raw)
    check(
        "shifts, made",
        sorted((*place, one.good, one.scrap) for place, one in answer.items()),
        sorted(made),
    )
    check(
        "shifts, stood",
        sorted((*place, *state) for place, one in answer.items() for state in one.states.items()),
        sorted(stood),
    )
    return own, raw


async def ancestors(connection: Connection) -> tuple[float, float]:
    """Seconds of a genealogy over ten levels: ours, raw."""
    root = await genealogy.find_lot(connection, item="M9", lot="M9-9")
    assert root is not None

    async def ask() -> genealogy.Tree:
        return await genealogy.walk(connection, root, genealogy.Direction.BACK, depth=LEVELS)

    async def ask_raw() -> dict[int, int]:
        links: dict[int, list[int]] = {}
        for output, used in await (await connection.execute(_SQL["raw_links"])).fetchall():
            links.setdefault(output, []).append(used)
        depths = {root: 0}
        level = [root]
        for depth in range(1, LEVELS + 1):
            level = [lot for one in level for lot in links.get(one, ()) if lot not in depths]
            depths |= dict.fromkeys(level, depth)
        return depths

    own, tree = await timed(ask, times=TIMES)
    raw, depths = await timed(ask_raw)
    check("genealogy", sorted(tree.depth.items()), sorted(depths.items()))
    check("genealogy, levels", max(depths.values()), LEVELS)
    print(f"genealogy: {len(tree.lots)} lots, {len(tree.links)} links")
    return own, raw


async def balances(connection: Connection) -> tuple[float, float]:
    """Seconds of the first page of all balances as of the middle: ours, raw (which has no pages)."""

    async def page(after: tuple[int, int, int]) -> list[stock_reports.AsOfRow]:
        return await stock_reports.as_of(
            connection, at=MIDDLE, item_id=None, location_id=None, after=after, limit=PAGE
        )

    async def ask() -> list[stock_reports.AsOfRow]:
        return await page((0, 0, 0))

    async def ask_raw() -> list[tuple[Any, ...]]:
        return await (await connection.execute(_SQL["raw_as_of"], {"at": MIDDLE})).fetchall()

    own, rows = await timed(ask, times=TIMES)
    raw, lines = await timed(ask_raw)
    shown = list(rows)
    while len(rows) == PAGE:
        first, second, third = (int(part) for part in rows[-1].position.split("-"))
        rows = await page((first, second, third))
        shown += rows
    check(
        "balances",
        [(row.location, row.item, row.lot, Decimal(row.quantity)) for row in shown],
        lines,
    )
    return own, raw


def check(what: str, mine: object, theirs: object) -> None:
    """Both ways must give the same answer."""
    if mine != theirs:
        raise SystemExit(f"{what}: the answers differ\n{str(mine)[:500]}\n{str(theirs)[:500]}")


async def measure(url: str, *, events: int) -> dict[str, float]:
    """All of it."""
    async with await open_pool(url) as pool, pool.connection() as connection:
        await build(connection, events=events)
        closed = await close_shifts(pool, CALENDAR, now=END)
        await connection.execute("vacuum analyze shift_pieces, shift_state")
        print(f"{closed:,} shifts closed", flush=True)
        found: dict[str, tuple[float, float]] = {}
        for name, question in (
            ("board", board),
            ("shifts", shifts),
            ("genealogy", ancestors),
            ("as_of", balances),
        ):
            found[name] = await question(connection)
            own, raw = found[name]
            print(f"{name}: {own * 1e3:.2f} ms, raw {raw * 1e3:.1f} ms, {raw / own:.0f}x")
    return {
        "board_ms": found["board"][0] * 1e3,
        "board_vs_raw": found["board"][1] / found["board"][0],
        "shift_rollup_vs_raw": found["shifts"][1] / found["shifts"][0],
        "genealogy_ms": found["genealogy"][0] * 1e3,
        "as_of_balance_ms": found["as_of"][0] * 1e3,
        "as_of_balance_vs_raw": found["as_of"][1] / found["as_of"][0],
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000, help="a multiple of 1000")
    parser.add_argument("--url", help="a running server's empty database; else one of its own")
    options = parser.parse_args()
    if options.url:
        found = asyncio.run(measure(options.url, events=options.events))
        print(json.dumps({key: round(value, 3) for key, value in found.items()}))
        return
    directory = Path(tempfile.mkdtemp(prefix="lineside-bench-"))
    server = EmbeddedPostgres(data_directory=directory, durable=False)
    try:
        found = asyncio.run(measure(server.start(), events=options.events))
        print(json.dumps({key: round(value, 3) for key, value in found.items()}))
    finally:
        server.stop()
        server.erase()


if __name__ == "__main__":
    main()
