"""Which lots went into which: the ledger read backwards and forwards, bounded in depth, lots and links."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one, fetch_value

DEPTH_MAX = 30
"""Levels that one answer can walk."""
LOTS_MAX = 2_000
"""Lots of one answer; what lies beyond is cut, and the answer says so."""
LINKS_MAX = 5_000
"""Links of one answer."""
_VISITS_PER_LOT = 4  # a lot comes again on every level on which it is met

_SQL = load("genealogy")


class Direction(StrEnum):
    """Back: what went in. Forward: what it went into."""

    BACK = "back"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accounts:
    """Locations on the other side of production and consumption."""

    production: list[int]
    consumption: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """A lot that the walk met, and on which level first."""

    lot_id: int
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """An operation used so much of the input lot for the output lot, during (window_from, until]."""

    output_id: int
    input_id: int
    operation_id: int
    order: str
    operation: int
    equipment: str | None
    equipment_id: int | None
    consumed: Decimal
    produced: Decimal
    since: datetime
    until: datetime
    window_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRow:
    """A lot in words."""

    id: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    status: str
    expires_on: date | None
    supplier_lot: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WhereRow:
    """So much of a lot is at a place now."""

    lot_id: int
    location: str
    location_name: dict[str, str]
    kind: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutOrderRow:
    """So much of a lot was consumed at a unit while no order ran there."""

    item: str
    lot: str
    unit: str
    equipment: str | None
    consumed: Decimal
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessValueRow:
    """A signal's readings within window `nr`."""

    nr: int
    signal: str
    unit: str
    readings: int
    minimum: float
    average: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Lots by id, their level counted from the root, and what links them. `cut` names the limit that was met."""

    lots: dict[int, LotRow]
    depth: dict[int, int]
    links: Sequence[LinkRow]
    cut: str | None


async def find_lot(connection: Connection, *, item: str, lot: str) -> int | None:
    """Id of a lot."""
    return await fetch_value(connection, _SQL["find_lot"], {"item": item, "lot": lot})


async def walk(
    connection: Connection,
    lot_id: int,
    direction: Direction,
    *,
    depth: int,
    lots_max: int = LOTS_MAX,
) -> Tree:
    """The tree around a lot, at most `depth` levels and `lots_max` lots; cycles end where they come back."""
    rows = lots_max * _VISITS_PER_LOT
    accounts = await _accounts(connection)
    visits = await fetch_all(
        connection,
        VisitRow,
        _SQL["walk_back" if direction is Direction.BACK else "walk_forward"],
        {"lot_id": lot_id, "depth": depth + 1, "rows": rows, **asdict(accounts)},
    )
    within = [visit.lot_id for visit in visits if visit.depth <= depth]
    kept = within[:lots_max]
    links = await fetch_all(
        connection,
        LinkRow,
        _SQL["links_back"],
        {
            "lots": kept,
            # Backwards nearly everything that went in is wanted, and asking lot by lot costs more than it saves.
            "inputs": kept if direction is Direction.FORWARD else None,
            "limit": LINKS_MAX + 1,
            **asdict(accounts),
        },
    )
    cut: str | None = None
    if len(links) > LINKS_MAX:
        cut = "links"
    elif len(within) > lots_max or len(visits) >= rows:
        cut = "lots"
    elif len(within) < len(visits):
        cut = "depth"
    known = set(kept)
    shown = [link for link in links[:LINKS_MAX] if link.input_id in known]
    reached, used = _reachable(lot_id, shown, direction, depth=depth)
    found = await lots_by_id(connection, list(reached))
    return Tree(lots=found, depth=reached, links=used, cut=cut)


async def lots_by_id(connection: Connection, lots: Sequence[int]) -> dict[int, LotRow]:
    """Lots in words."""
    rows = await fetch_all(connection, LotRow, _SQL["lots"], {"lots": list(lots)})
    return {row.id: row for row in rows}


async def whereabouts(connection: Connection, lots: Sequence[int]) -> dict[int, list[WhereRow]]:
    """Lot -> where it is now; customers count as a place."""
    found: dict[int, list[WhereRow]] = defaultdict(list)
    for row in await fetch_all(connection, WhereRow, _SQL["whereabouts"], {"lots": list(lots)}):
        found[row.lot_id].append(row)
    return found


async def everywhere(connection: Connection, lot_id: int) -> list[WhereRow]:
    """Every account of a lot, SUPPLIER and CONSUMPTION too."""
    return await fetch_all(connection, WhereRow, _SQL["everywhere"], {"lot_id": lot_id})


async def without_order(connection: Connection, lots: Sequence[int]) -> list[WithoutOrderRow]:
    """What was consumed of these lots outside any order."""
    accounts = await _accounts(connection)
    given = {"lots": list(lots), "consumption": accounts.consumption}
    return await fetch_all(connection, WithoutOrderRow, _SQL["without_order"], given)


async def process_values(
    connection: Connection, links: Sequence[LinkRow]
) -> dict[int, list[ProcessValueRow]]:
    """Place in `links` -> what the unit measured while the link's lot was being consumed there."""
    placed = [(nr, link) for nr, link in enumerate(links) if link.equipment_id is not None]
    rows = await fetch_all(
        connection,
        ProcessValueRow,
        _SQL["process_values"],
        {
            "numbers": [nr for nr, _ in placed],
            "units": [link.equipment_id for _, link in placed],
            "froms": [link.window_from for _, link in placed],
            "untils": [link.until for _, link in placed],
        },
    )
    found: dict[int, list[ProcessValueRow]] = defaultdict(list)
    for row in rows:
        found[row.nr].append(row)
    return found


async def _accounts(connection: Connection) -> _Accounts:
    found = await fetch_one(connection, _Accounts, _SQL["accounts"], {})
    assert found is not None
    return found


def _reachable(
    root: int, links: Sequence[LinkRow], direction: Direction, *, depth: int
) -> tuple[dict[int, int], list[LinkRow]]:
    """Lots with their level, and the links walked: consumption that was wholly reversed leads nowhere."""
    leaving: dict[int, list[LinkRow]] = defaultdict(list)
    for link in links:
        leaving[link.output_id if direction is Direction.BACK else link.input_id].append(link)
    levels, level, used = {root: 0}, [root], list[LinkRow]()
    for number in range(1, depth + 1):
        onward: list[int] = []
        for lot in level:
            for link in leaving[lot]:
                used.append(link)
                end = link.input_id if direction is Direction.BACK else link.output_id
                if end not in levels:
                    levels[end] = number
                    onward.append(end)
        level = onward
    return levels, used
