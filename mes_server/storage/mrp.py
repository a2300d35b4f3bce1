"""What material requirements planning reads, and the proposals it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_value

_SQL = load("mrp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item as planning sees it; `parts` are rows of {item, quantity, base, scrap_percent}, decimals as text."""

    id: int
    item: str
    made: bool
    on_hand: Decimal
    safety_stock: Decimal
    lead_time_s: int
    lot_sizing: str
    lot: Decimal | None
    period_days: int
    minimum: Decimal | None
    multiple: Decimal | None
    pack: Decimal | None
    maximum: Decimal | None
    left_to_loop: bool
    parts: list[dict[str, str]]
    location_id: int | None
    supplier_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRow:
    """What an order of our own wants; `made` is the item it makes, None for what is wanted at once."""

    item: str
    made: str | None
    quantity: Decimal
    at: datetime
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """What comes anyway."""

    item: str
    quantity: Decimal
    at: datetime
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRow:
    """Consumption that waits for one lot alone; `ref` names the lot, and the order."""

    item: str
    ref: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run, and how many of its proposals there are and wait."""

    id: int
    at: datetime
    horizon_at: datetime
    demands: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    person: str | None
    proposals: int
    waiting: int


async def lock(connection: Connection) -> None:
    """One run at a time, until the transaction ends."""
    await connection.execute(_SQL["lock"])


async def items(connection: Connection, *, today: date) -> list[ItemRow]:
    """Every item, by code."""
    return await fetch_all(connection, ItemRow, _SQL["items"], {"today": today})


async def requirements(
    connection: Connection, *, now: datetime, today: date, horizon: datetime
) -> list[RequirementRow]:
    """What orders still want until the horizon."""
    values = {"now": now, "today": today, "horizon": horizon}
    return await fetch_all(connection, RequirementRow, _SQL["requirements"], values)


async def bound_to_lots(connection: Connection) -> list[BoundRow]:
    """What waits for one lot and nothing else."""
    return await fetch_all(connection, BoundRow, _SQL["bound_to_lots"], {})


async def receipts(connection: Connection) -> list[ReceiptRow]:
    """What comes anyway."""
    return await fetch_all(connection, ReceiptRow, _SQL["receipts"], {})


async def missing_items(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Codes that are no item."""
    return await fetch_column(connection, _SQL["missing_items"], {"codes": list(codes)})


async def open_run(
    connection: Connection,
    *,
    now: datetime,
    horizon: datetime,
    demands: Sequence[dict[str, Any]],
    notes: Sequence[dict[str, Any]],
    person_id: int | None,
    command_id: UUID,
) -> int:
    """Keep the run; its id. What earlier runs proposed and nobody decided is superseded."""
    await connection.execute(_SQL["supersede"], {"now": now})
    values = {
        "now": now,
        "horizon": horizon,
        "demands": Jsonb(list(demands)),
        "notes": Jsonb(list(notes)),
        "person_id": person_id,
        "command_id": command_id,
    }
    run_id = await fetch_value(connection, _SQL["open_run"], values)
    assert isinstance(run_id, int)
    return run_id


async def propose(
    connection: Connection,
    run_id: int,
    rows: Sequence[dict[str, Any]],
    *,
    now: datetime,
    command_id: UUID,
) -> None:
    """Keep the plan's orders as proposals."""
    values = {"run_id": run_id, "rows": Jsonb(list(rows)), "now": now, "command_id": command_id}
    await connection.execute(_SQL["propose"], values)


async def find_runs(
    connection: Connection, *, run_id: int | None, before: int | None, limit: int
) -> list[RunRow]:
    """Runs, newest first."""
    values = {"id": run_id, "before": before, "limit": limit}
    return await fetch_all(connection, RunRow, _SQL["runs"], values)
