"""The live feed: a transaction names the cards it changed, readers get those cards as they are when they read.

A position is `xid-number`; it grows only over finished transactions, so following it misses nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mes_server.storage.binary_values import integers, texts
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.touched import Touched

_SQL = load("feed")
_POSITION = re.compile(r"(\d{1,20})-(\d{1,19})")

KEPT = timedelta(hours=1)
"""How long changes are kept for readers that were away; older readers take a new snapshot."""


class UnknownPosition(ValueError):
    """Not a feed position, or one that is no longer kept: take `GET /api/v1/plant` and follow its position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One changed card."""

    position: str
    topic: str
    key: str
    at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Changed cards, and the position up to which there are no others."""

    rows: list[FeedRow]
    through: str


async def emit(connection: Connection, *, touched: Touched, now: datetime) -> None:
    """Name what this transaction changed; the last statement before its commit."""
    rows = [("unit", unit, 0) for unit in sorted(touched.units)]
    rows += [("states", unit, 0) for unit in sorted(touched.states)]
    rows += [("order", operation, 0) for operation in sorted(touched.operations)]
    rows += [("stock", item, place) for item, place in sorted(touched.stock)]
    rows += [("signal", signal, 0) for signal in sorted(touched.signals)]
    if rows:
        topics, refs, refs2 = zip(*rows, strict=True)
        values = {
            "topics": texts(topics),
            "refs": integers(refs),
            "refs2": integers(refs2),
            "now": now,
        }
        await connection.execute(_SQL["emit"], values)


async def read(connection: Connection, after: str, *, limit: int, now: datetime) -> list[FeedRow]:
    """The rows of `read_page`."""
    return (await read_page(connection, after, limit=limit, now=now)).rows


async def read_page(connection: Connection, after: str, *, limit: int, now: datetime) -> FeedPage:
    """Cards changed after a position, each once, in the order of its last change; empty when there is nothing new.

    A change whose thing has no card any more is passed over. Raises UnknownPosition for a malformed position.
    """
    match = _POSITION.fullmatch(after)
    if match is None:
        raise UnknownPosition(f"{after!r} is not a feed position")
    at_position = {"xid": match[1], "position": int(match[2])}
    rows = await (
        await connection.execute(_SQL["read"], {**at_position, "limit": limit})
    ).fetchall()
    latest = {
        (topic, ref, ref2): (f"{xid}-{position}", at)
        for xid, position, topic, ref, ref2, at in rows
    }
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    for topic in {topic for topic, _, _ in latest}:
        pairs = [(ref, ref2) for kind, ref, ref2 in latest if kind == topic]
        for (ref, ref2), card in (await cards(connection, topic, pairs, now=now)).items():
            found[topic, ref, ref2] = card
    order = {
        place: number
        for number, (xid, position, *_) in enumerate(rows)
        for place in (f"{xid}-{position}",)
    }
    changed = sorted(
        (
            FeedRow(
                position=latest[name][0],
                topic=name[0],
                key=_key(name[0], card),
                at=latest[name][1],
                payload=card,
            )
            for name, card in found.items()
        ),
        key=lambda row: order[row.position],
    )
    return FeedPage(rows=changed, through=f"{rows[-1][0]}-{rows[-1][1]}" if rows else after)


async def head(connection: Connection) -> str:
    """The position up to which everything is finished now."""
    row = await (await connection.execute(_SQL["head"])).fetchone()
    assert row is not None
    return str(row[0])


def place_of(position: str) -> tuple[int, int]:
    """A position as a pair that compares in feed order; raises UnknownPosition."""
    match = _POSITION.fullmatch(position)
    if match is None:
        raise UnknownPosition(f"{position!r} is not a feed position")
    return int(match[1]), int(match[2])


async def is_kept(connection: Connection, after: str) -> bool:
    """Whether all changes after a position are still kept; false too for one of another database, before a restore."""
    match = _POSITION.fullmatch(after)
    ahead = await (await connection.execute(_SQL["ahead"])).fetchone()
    if match is not None and ahead is not None and int(match[1]) >= int(ahead[0]):
        return False
    oldest = await (await connection.execute(_SQL["oldest"])).fetchone()
    if match is None:
        return False
    return (
        oldest is None
        or (int(match[1]), int(match[2])) >= (int(oldest[0]), oldest[1] - 1)
        or after == "0-0"
    )


async def trim(connection: Connection, *, now: datetime) -> int:
    """Forget changes older than KEPT; returns how many."""
    return (await connection.execute(_SQL["trim"], {"before": now - KEPT})).rowcount


async def cards(
    connection: Connection, topic: str, pairs: list[tuple[int, int]], *, now: datetime
) -> dict[tuple[int, int], dict[str, Any]]:
    """Cards of one topic by (ref, ref2), as they are now, in the order asked for."""
    refs, refs2 = [ref for ref, _ in pairs], [ref2 for _, ref2 in pairs]
    rows = await (
        await connection.execute(_SQL[f"{topic}_cards"], {"refs": refs, "refs2": refs2, "now": now})
    ).fetchall()
    found = {(ref, ref2): card for ref, ref2, card in rows}
    return {pair: found[pair] for pair in pairs if pair in found}


async def snapshot(connection: Connection, *, now: datetime) -> dict[str, Any]:
    """Everything live, as a PlantSnapshot, true for the position in it."""
    async with connection.transaction():
        await connection.execute("set transaction isolation level repeatable read, read only")
        position = await (await connection.execute(_SQL["head"])).fetchone()
        site = await (await connection.execute(_SQL["site"])).fetchone()
        ids = await (await connection.execute(_SQL["everything_live"], {"now": now})).fetchone()
        assert position is not None
        assert ids is not None
        units, operations, items, places, signals = ids
        strips = await (await connection.execute(_SQL["state_strips"], {"now": now})).fetchall()
        return {
            "position": position[0],
            "site": site[0] if site else "",
            "name": site[1] if site else {},
            "time_zone": site[2] if site else "UTC",
            "at": now.isoformat(),
            "units": list(
                (await cards(connection, "unit", [(u, 0) for u in units], now=now)).values()
            ),
            "orders": list(
                (await cards(connection, "order", [(o, 0) for o in operations], now=now)).values()
            ),
            "stock": list(
                (
                    await cards(connection, "stock", list(zip(items, places, strict=True)), now=now)
                ).values()
            ),
            "signals": list(
                (await cards(connection, "signal", [(s, 0) for s in signals], now=now)).values()
            ),
            "states": dict(strips),
        }


def _key(topic: str, card: dict[str, Any]) -> str:
    match topic:
        case "order":
            return f"{card['number']}/{card['operation']}"
        case "stock":
            return f"{card['location']}/{card['item']}"
        case "signal":
            return str(card["number"])
        case _:
            return str(card["path"])
