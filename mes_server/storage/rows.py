"""Rows of a query as frozen dataclasses."""

from collections.abc import Mapping
from typing import Any, LiteralString, TypeVar

from psycopg.rows import class_row, scalar_row

from mes_server.storage.database import Connection

T = TypeVar("T")
Parameters = Mapping[str, Any]


async def fetch_all(
    connection: Connection, row_type: type[T], query: LiteralString, parameters: Parameters
) -> list[T]:
    """Every row, built by the names of its columns."""
    async with connection.cursor(row_factory=class_row(row_type)) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()


async def fetch_one(
    connection: Connection, row_type: type[T], query: LiteralString, parameters: Parameters
) -> T | None:
    """The first row, or None."""
    async with connection.cursor(row_factory=class_row(row_type)) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchone()


async def fetch_column(
    connection: Connection, query: LiteralString, parameters: Parameters
) -> list[Any]:
    """The first column of every row."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()


async def fetch_value(
    connection: Connection, query: LiteralString, parameters: Parameters
) -> Any | None:
    """The first column of the first row, or None."""
    async with connection.cursor(row_factory=scalar_row) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchone()
