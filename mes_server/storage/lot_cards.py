"""Lots as lists show them, and one lot with where it is and what happened to it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.storage import movements
from mes_server.storage.database import Connection
from mes_server.storage.movements import MovementRow
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("lot_cards")

LAST_MOVEMENTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFilter:
    """Which lots; None takes all."""

    code: str | None = None
    """How its code, or the supplier's, begins; upper and lower case are one."""
    item: str | None = None
    status: str | None = None
    expires_before: date | None = None
    supplier_lot: str | None = None
    location: str | None = None
    below: bool = False
    """Also at the places inside the location."""
    has_stock: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLine:
    """A lot with its stock at all real places together."""

    id: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    status: str
    expires_on: date | None
    expired: bool
    supplier_lot: str
    received_at: datetime
    on_hand: Decimal
    reserved: Decimal
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLine:
    """So much of a lot at a place."""

    location: str
    location_name: dict[str, str]
    kind: str
    quantity: Decimal
    reserved: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLine:
    """So much of a lot in a container."""

    container: str
    location: str
    quantity: Decimal
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MountLine:
    """A unit that uses a lot."""

    equipment: str
    location: str
    mounted_at: datetime
    quantity_at_mount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LotDetail:
    """A lot with all that is known of it."""

    line: LotLine
    at: list[PlaceLine]
    containers: list[ContainerLine]
    mounted: list[MountLine]
    serials: int
    origin: MovementRow | None
    last_movements: list[MovementRow]
    """Newest first."""


async def find(
    connection: Connection, which: LotFilter, *, day: date, after: int, limit: int
) -> list[LotLine]:
    """Lots by id, `after` the last one seen; with a code the best first, `after` so many rows. `day`: the plant's."""
    parameters = {
        **asdict(which),
        "day": day,
        "after": after,
        "offset": after if which.code is not None else 0,
        "limit": limit,
    }
    return await fetch_all(connection, LotLine, _SQL["find"], parameters)


async def detail(connection: Connection, address: str, *, day: date) -> LotDetail | None:
    """The lot at `item/lot`; slashes may be part of either code."""
    parts = address.split("/")
    cuts = [("/".join(parts[:n]), "/".join(parts[n:])) for n in range(1, len(parts))]
    given = {"items": [item for item, _ in cuts], "lots": [lot for _, lot in cuts]}
    lot_id = await fetch_value(connection, _SQL["named"], given)
    if not isinstance(lot_id, int):
        return None
    key = {"lot_id": lot_id, "day": day, "limit": LAST_MOVEMENTS}
    line = await fetch_one(connection, LotLine, _SQL["card"], key)
    assert line is not None
    first: int | None = await fetch_value(connection, _SQL["first_movement"], key)
    newest: list[int] = await fetch_column(connection, _SQL["last_movements"], key)
    postings = await _postings(connection, {*newest, *([] if first is None else [first])})
    return LotDetail(
        line=line,
        at=await fetch_all(connection, PlaceLine, _SQL["places"], key),
        containers=await fetch_all(connection, ContainerLine, _SQL["containers"], key),
        mounted=await fetch_all(connection, MountLine, _SQL["mounts"], key),
        serials=int(await fetch_value(connection, _SQL["serials"], key) or 0),
        origin=None if first is None else postings[first],
        last_movements=[postings[one] for one in newest],
    )


async def _postings(connection: Connection, ids: set[int]) -> dict[int, MovementRow]:
    which = movements.MovementFilter(ids=sorted(ids))
    rows = await movements.find_movements(connection, which, limit=LAST_MOVEMENTS + 1)
    return {row.id: row for row in rows}
