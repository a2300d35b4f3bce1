"""What there is, in the columns of an import: brought back as it is, every row is unchanged."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from psycopg.rows import dict_row

from mes_server.domain.import_fields import FIELDS, Kind
from mes_server.operations.judge_routings import present_routings
from mes_server.storage import import_supply, import_targets
from mes_server.storage.database import Connection, Pool
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_column

_SQL = load("import_sheets")

PAGE = 200
"""Codes that are read at a time."""

Fields = dict[str, Any]


async def sheet_rows(pool: Pool, kind: Kind) -> AsyncIterator[list[list[str]]]:
    """Rows of cells, in the order of the kind's fields, a page at a time."""
    names, after = [one.name for one in FIELDS[kind]], ""
    while True:
        async with pool.connection() as connection:
            page = {"after": after, "limit": PAGE}
            codes: list[str] = await fetch_column(connection, _SQL[kind.value], page)
            rows = await _rows(connection, kind, codes) if codes else []
        yield [[_cell(row.get(name)) for name in names] for row in rows]
        if len(codes) < PAGE:
            return
        after = codes[-1]


async def _rows(connection: Connection, kind: Kind, codes: Sequence[str]) -> list[Fields]:
    match kind:
        case Kind.ITEMS | Kind.LOCATIONS | Kind.ORDERS:
            found = await import_targets.present(connection, kind.value, codes)
            return [found[code] for code in codes if code in found]
        case Kind.SUPPLIERS | Kind.UNITS | Kind.LOOPS | Kind.PURCHASES:
            found = await import_supply.present(connection, kind.value, codes)
            return [found[key] for key in sorted(found)]
        case Kind.BILLS:
            found = await import_targets.present(connection, "bills", codes)
            return list(_parts(found, "components", "component"))
        case Kind.ROUTINGS:
            return list(
                _parts(await present_routings(connection, codes), "operations", "operation")
            )
        case Kind.LOTS:
            async with connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(_SQL["lots_of"], {"codes": list(codes)})
                return await cursor.fetchall()


def _parts(found: dict[str, Fields], many: str, one: str) -> Iterator[Fields]:
    """A row for each component of a bill, or operation of a routing."""
    for _, whole in sorted(found.items()):
        for name, part in sorted(whole[many].items(), key=lambda pair: _place(pair[0])):
            yield {**whole, **part, one: name}


def _place(name: str) -> tuple[int, str]:
    return (int(name), name) if name.isdigit() else (0, name)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
