"""The plant: site, equipment and signals as the plant file has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column, fetch_one, fetch_value

_SQL = load("plant")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit and its places."""

    id: int
    path: str
    name: dict[str, str]
    line_side_id: int | None
    output_id: int | None
    line_side_name: dict[str, str] | None
    line_side: str | None


async def set_site(
    connection: Connection, *, code: str, name: Mapping[str, str], time_zone: str
) -> None:
    """Name the site, and make sure that it has a place for rework."""
    await connection.execute(
        _SQL["set_site"], {"code": code, "name": Jsonb(dict(name)), "time_zone": time_zone}
    )
    await connection.execute(_SQL["ensure_rework"])


async def upsert_equipment(
    connection: Connection, rows: Sequence[Mapping[str, Any]]
) -> frozenset[int]:
    """Equipment that is new or changed, its places included."""
    return frozenset(
        await fetch_column(connection, _SQL["upsert_equipment"], {"rows": Jsonb(rows)})
    )


async def upsert_signals(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many signals are new or changed, the items they weigh included."""
    return len(await fetch_column(connection, _SQL["upsert_signals"], {"rows": Jsonb(rows)}))


async def find_unit(connection: Connection, path: str) -> UnitRow | None:
    """The unit at an ISA-95 path."""
    return await fetch_one(connection, UnitRow, _SQL["find_unit"], {"path": path})


async def output_of(connection: Connection, equipment_id: int) -> int | None:
    """Id of the unit's output place."""
    return await fetch_value(connection, _SQL["output_of"], {"equipment_id": equipment_id})


async def lock_unit(connection: Connection, equipment_id: int) -> None:
    """One start, stop or attribution at the unit at a time, and none while facts of it are being booked."""
    unit = {"equipment_id": equipment_id}
    await connection.execute(_SQL["ensure_live"], unit)
    await connection.execute(_SQL["lock_live"], unit)
