"""Suppliers."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("suppliers")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRow:
    """Somebody who delivers."""

    id: int
    code: str
    name: dict[str, str]
    active: bool


async def find_suppliers(connection: Connection, *, after: str, limit: int) -> list[SupplierRow]:
    """Suppliers by code; `after` is the last code of the page before."""
    values = {"code": None, "after": after, "limit": limit}
    return await fetch_all(connection, SupplierRow, _SQL["find"], values)


async def find_supplier(connection: Connection, code: str) -> SupplierRow | None:
    """The supplier with that code."""
    values = {"code": code, "after": "", "limit": 1}
    found = await fetch_all(connection, SupplierRow, _SQL["find"], values)
    return found[0] if found else None


async def save_supplier(
    connection: Connection, *, code: str, name: Mapping[str, str], active: bool
) -> None:
    """Make the supplier, or give it another name."""
    values = {"code": code, "name": Jsonb(dict(name)), "active": active}
    await connection.execute(_SQL["save"], values)
