"""A file is brought, its columns are understood, and each row gets its verdict: nothing is changed yet."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mes_server.domain.data_import import (
    IMPORT,
    STATE_WORDS,
    ColumnsMissing,
    ColumnUnknown,
    ImportState,
)
from mes_server.domain.import_cells import decimal_mark_of, read_rows
from mes_server.domain.import_fields import FIELDS, Kind, guess_columns, missing_fields
from mes_server.domain.refusal import NotFound
from mes_server.domain.sheet import SAMPLE, Sheet
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.import_draft import Judgement
from mes_server.operations.judge_import import judge
from mes_server.operations.open_sheet import open_sheet
from mes_server.storage import imports
from mes_server.storage.database import Connection, Pool
from mes_server.storage.imports import ImportRow, NewImport, SavedMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtFile:
    """What came, from which source, and what its rows are."""

    kind: Kind
    source: str
    filename: str
    sheet: str
    content: bytes


async def bring_import(pool: Pool, call: Call, file: BroughtFile, *, time_zone: str) -> Answer:
    """Keep the file, guess its columns, and judge its rows where the guess is whole. Answers `{id}`.

    Raises SheetUnreadable or SheetTooLarge.
    """
    table = await asyncio.to_thread(open_sheet, file.content, sheet=file.sheet)
    digest = hashlib.sha256(file.content).hexdigest()

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        columns, mark = await _columns(connection, file, table)
        new = NewImport(
            kind=file.kind.value,
            source=file.source,
            filename=file.filename,
            content=file.content,
            sha256=digest,
            format=table.format,
            encoding=table.encoding,
            delimiter=table.delimiter,
            sheet=table.name,
            header=table.header,
            sample=_sample(table),
            columns=columns,
            decimal_mark=mark,
            rows=len(table.rows),
            token=call.token,
        )
        import_id = await imports.add(
            connection, new, now=transaction.now, person_id=transaction.person_id
        )
        if not missing_fields(file.kind, columns):
            row = await locked_import(connection, import_id)
            await _check(transaction, row, table, time_zone)
        return Outcome(answer={"id": import_id})

    given = {
        "kind": file.kind.value,
        "name": file.filename,
        "source": file.source,
        "sheet": file.sheet,
        "sha256": digest,
    }
    return await run_command(pool, call, kind="bring-import", given=given, work=work)


async def map_import(
    pool: Pool,
    call: Call,
    *,
    import_id: int,
    columns: Mapping[str, str | None],
    decimal_mark: str,
    time_zone: str,
) -> Answer:
    """Read the columns so, now and for the next file of the source, and judge the rows again. Answers `{id}`.

    Columns that are not named stay as they are. Raises NotFound, ColumnUnknown, ColumnsMissing or ImportState.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_import(connection, import_id, "uploaded", "checked")
        kind = Kind(row.kind)
        merged = row.columns | _checked(kind, row.header, columns)
        _refuse_twins(merged)
        mapping = SavedMapping(columns=merged, decimal_mark=decimal_mark)
        await imports.set_mapping(connection, import_id, mapping)
        await imports.save_mapping(
            connection,
            source=row.source,
            kind=row.kind,
            mapping=mapping,
            now=transaction.now,
            person_id=transaction.person_id,
        )
        row = await locked_import(connection, import_id)
        _refuse_missing(kind, row)
        await _check(transaction, row, await table_of(connection, row), time_zone)
        return Outcome(answer={"id": import_id})

    given = {"id": import_id, "columns": dict(columns), "decimal_mark": decimal_mark}
    return await run_command(pool, call, kind="map-import", given=given, work=work)


async def check_import(pool: Pool, call: Call, *, import_id: int, time_zone: str) -> Answer:
    """Judge the rows again, as things are now. Answers `{id}`; raises NotFound, ColumnsMissing or ImportState."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_import(connection, import_id, "uploaded", "checked")
        _refuse_missing(Kind(row.kind), row)
        await _check(transaction, row, await table_of(connection, row), time_zone)
        return Outcome(answer={"id": import_id})

    return await run_command(pool, call, kind="check-import", given={"id": import_id}, work=work)


async def locked_import(connection: Connection, import_id: int, *states: str) -> ImportRow:
    """The import, for this transaction; raises NotFound, or ImportState unless it is in one of the states."""
    row = await imports.lock(connection, import_id)
    if row is None:
        raise NotFound(what=IMPORT, name=str(import_id))
    if states and row.state not in states:
        raise ImportState(state=STATE_WORDS[row.state])
    return row


async def table_of(connection: Connection, row: ImportRow) -> Sheet:
    """The table in the file that was kept."""
    file = await imports.stored_file(connection, row.id)
    assert file is not None
    return await asyncio.to_thread(open_sheet, file.content, sheet=row.sheet)


async def judge_table(
    connection: Connection, row: ImportRow, table: Sheet, time_zone: str
) -> Judgement:
    """What is to be said of the table's rows, as things are in this transaction."""
    kind = Kind(row.kind)
    mark = row.decimal_mark
    if mark == "auto":
        mark = decimal_mark_of(table, kind=kind, columns=row.columns)
    rows = await asyncio.to_thread(
        read_rows, table, kind=kind, columns=row.columns, decimal_mark=mark, time_zone=time_zone
    )
    titles = {field: title for title, field in row.columns.items() if field}
    return await judge(connection, kind, rows, titles)


async def _check(transaction: Transaction, row: ImportRow, table: Sheet, time_zone: str) -> None:
    judgement = await judge_table(transaction.connection, row, table, time_zone)
    await imports.keep_verdicts(transaction.connection, row.id, judgement.rows, now=transaction.now)


async def _columns(
    connection: Connection, file: BroughtFile, table: Sheet
) -> tuple[dict[str, str | None], str]:
    """How the columns are read: as the source's file before, else as their titles say."""
    columns = guess_columns(file.kind, table.header)
    saved = await imports.saved_mapping(connection, source=file.source, kind=file.kind.value)
    if saved is None:
        return columns, "auto"
    known = {title: field for title, field in saved.columns.items() if title in columns}
    taken = {field for field in known.values() if field}
    guessed = {t: (None if f in taken else f) for t, f in columns.items() if t not in known}
    return {title: {**guessed, **known}[title] for title in table.header}, saved.decimal_mark


def _sample(table: Sheet) -> list[list[str]]:
    rows = table.rows[:SAMPLE]
    return [
        ["" if place >= len(row.cells) else str(row.cells[place] or "")[:80] for row in rows]
        for place in range(len(table.header))
    ]


def _checked(
    kind: Kind, header: list[str], columns: Mapping[str, str | None]
) -> dict[str, str | None]:
    fields = {one.name for one in FIELDS[kind]}
    for title, name in columns.items():
        if title not in header or (name is not None and name not in fields):
            raise ColumnUnknown(name=f"{title} → {name or '-'}")
    return dict(columns)


def _refuse_twins(columns: Mapping[str, str | None]) -> None:
    named = [field for field in columns.values() if field]
    for field in named:
        if named.count(field) > 1:
            raise ColumnUnknown(name=field)


def _refuse_missing(kind: Kind, row: ImportRow) -> None:
    if missing := missing_fields(kind, row.columns):
        labels = {one.name: one.label for one in FIELDS[kind]}
        raise ColumnsMissing(fields=tuple(labels[name] for name in missing))
