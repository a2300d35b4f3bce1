"""Pieces and seconds in each state of units between edges: kept ones of closed shifts, the others added up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load

_SQL = load("figures")


class Place(NamedTuple):
    """A unit between edge `nr` (from 1) and the next."""

    equipment_id: int
    nr: int


@dataclass(slots=True)
class Figures:
    """What a unit made there, and how many seconds it was in which state."""

    good: Decimal = Decimal(0)
    scrap: Decimal = Decimal(0)
    states: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    restated_at: datetime | None = None
    """When a late fact last changed them after the shift was closed."""


async def between(
    connection: Connection, *, units: Sequence[int], edges: Sequence[datetime], now: datetime
) -> dict[tuple[int, int], Figures]:
    """Figures by Place, as far as there are any, up to now; the edges ascend."""
    found = await _kept(connection, units, edges)
    missing = [
        Place(unit, nr)
        for nr in range(1, len(edges))
        if edges[nr - 1] < now
        for unit in units
        if (unit, nr) not in found
    ]
    if missing:
        await _add_up(connection, found, missing, edges, now=now)
    return found


async def _kept(
    connection: Connection, units: Sequence[int], edges: Sequence[datetime]
) -> dict[tuple[int, int], Figures]:
    """What closed shifts have that lie exactly between two edges."""
    values = {
        "units": list(units),
        "begans": list(edges[:-1]),
        "ends": list(edges[1:]),
        "first": edges[0],
        "last": edges[-1],
    }
    found: dict[tuple[int, int], Figures] = {}
    pieces = await (await connection.execute(_SQL["kept_pieces"], values)).fetchall()
    for unit, figures, restated, times in pieces:
        words = figures.split(" ")
        made = zip(map(Decimal, words[1::3]), map(Decimal, words[2::3]), strict=True)
        for nr, (good, scrap) in zip(map(int, words[::3]), made, strict=True):
            found[unit, nr] = Figures(good, scrap, {})
        for nr, at in zip(restated, times, strict=True):
            found[unit, nr].restated_at = at
    if not found:
        return found
    states = await (await connection.execute(_SQL["kept_states"], values)).fetchall()
    for unit, state, figures in states:
        words = figures.split(" ")
        for nr, seconds in zip(map(int, words[::2]), map(Decimal, words[1::2]), strict=True):
            one = found.get((unit, nr))
            if one is not None:
                one.states[state] = seconds
    return found


async def _add_up(
    connection: Connection,
    found: dict[tuple[int, int], Figures],
    places: Sequence[Place],
    edges: Sequence[datetime],
    *,
    now: datetime,
) -> None:
    """The figures of these places from hours, minutes and states."""
    windows = list(pairwise(edges))
    values = {
        "units": [place.equipment_id for place in places],
        "begans": [windows[place.nr - 1][0] for place in places],
        "ends": [windows[place.nr - 1][1] for place in places],
        "now": now,
    }
    for nr, good, scrap in await (await connection.execute(_SQL["pieces"], values)).fetchall():
        one = found.setdefault(places[int(nr) - 1], Figures())
        one.good, one.scrap = good, scrap
    for nr, state, seconds in await (await connection.execute(_SQL["states"], values)).fetchall():
        found.setdefault(places[int(nr) - 1], Figures()).states[state] = seconds
