"""Imports from CSV and Excel, of whatever a plant keeps in spreadsheets."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from mes_server.api.access import CallHere, readers_of, screens_only
from mes_server.api.language import Language
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import Server, ServerHere, wake_readers
from mes_server.api.spreadsheet import MEDIA_TYPES, Column, Format, write_csv, write_xlsx
from mes_server.contract.imports import (
    Import,
    ImportedRow,
    ImportField,
    ImportKind,
    ImportMapping,
    ImportState,
    Verdict,
)
from mes_server.domain.data_import import IMPORT
from mes_server.domain.import_fields import FIELDS, Form, Kind, missing_fields
from mes_server.domain.refusal import NotFound, in_language
from mes_server.domain.sheet import FILE_BYTES_MAX, too_many_bytes
from mes_server.operations import bring_import, commit_import
from mes_server.operations.import_sheets import sheet_rows
from mes_server.storage import imports
from mes_server.storage.imports import ImportFilter, ImportRow, JudgedRow

router = APIRouter(
    prefix="/imports", tags=["imports"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)
_READERS = [Depends(readers_of("read-imports"))]
Name = Annotated[str, Query(min_length=1, max_length=200)]
_SHEET: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in MEDIA_TYPES.values()}}
}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is: CSV (comma, semicolon, tab or bar; UTF-8, UTF-16, GB18030 or Windows-1252) "
        "or an Excel workbook (.xlsx), at most 10 MB and 20,000 rows.",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "Artikelnummer;Bezeichnung;Einheit;Beschaffungsart;Preis\nLID;Lid;pcs;F;1,25\n",
            }
        },
    }
}


@router.post("", status_code=201, openapi_extra=_FILE)
async def post_import(
    server: ServerHere,
    call: CallHere,
    request: Request,
    kind: Annotated[ImportKind, Query(description="What the rows are")],
    filename: Annotated[Name, Query(description="Name of the file, kept for people")],
    source: Annotated[
        str,
        Query(max_length=80, description="Where it comes from; its mapping is kept for next time"),
    ] = "",
    sheet: Annotated[
        str, Query(max_length=80, description="Worksheet of a workbook; empty: the first")
    ] = "",
) -> Import:
    """Bring a file: its columns are guessed, or read as the last file of that source, and each row gets its verdict.

    Nothing is changed. For planners, engineers and administrators.
    """
    file = bring_import.BroughtFile(
        kind=Kind(kind),
        source=source,
        filename=filename,
        sheet=sheet,
        content=await _body(request),
    )
    answer = await bring_import.bring_import(
        server.pool, call, file, time_zone=server.plant.time_zone
    )
    return await _import(server, answer["id"])


async def _body(request: Request) -> bytes:
    """The bytes of the request, as many as an import takes; raises SheetTooLarge."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > FILE_BYTES_MAX:
            raise too_many_bytes()
    return bytes(content)


@router.get("", dependencies=_READERS)
async def get_imports(
    server: ServerHere,
    response: Response,
    kind: ImportKind | None = None,
    source: Annotated[str | None, Query(max_length=80)] = None,
    state: ImportState | None = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[Import]:
    """Imports, newest first: who brought what, when, and what became of it."""
    which = ImportFilter(before=after, kind=kind, source=source, state=state)
    async with server.pool.connection() as connection:
        rows = await imports.find(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [_words(row) for row in rows]


@router.get("/fields/{kind}")
async def get_fields(kind: ImportKind, language: Language) -> list[ImportField]:
    """The fields that rows of a kind have, and the column titles that are recognised."""
    return [
        ImportField(
            name=one.name,
            label=in_language(one.label, language),
            form=one.form.value,
            required=one.required,
            default=one.default,
            choices=sorted(set(one.choices.values())),
            titles=one.titles.split("|"),
        )
        for one in FIELDS[Kind(kind)]
    ]


@router.get("/sheets/{kind}", response_class=StreamingResponse, responses=_SHEET)
async def get_sheet(
    server: ServerHere,
    kind: ImportKind,
    format: Annotated[Format, Query(description="CSV in UTF-8, or an Excel workbook")] = "csv",
) -> Response:
    """What there is, in the columns that an import takes: to be filled in or changed, and brought back.

    Brought back as it is, every row is `unchanged`. Orders and purchase orders that are over are left out, as are lots
    that are used up. In an empty plant it is the empty form.
    """
    columns = [
        Column(title=one.name, number=one.form in (Form.AMOUNT, Form.NUMBER, Form.WHOLE))
        for one in FIELDS[Kind(kind)]
    ]
    write = write_csv if format == "csv" else write_xlsx
    return StreamingResponse(
        write(columns, sheet_rows(server.pool, Kind(kind))),
        media_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{kind}.{format}"'},
    )


@router.get("/{import_id}", dependencies=_READERS)
async def get_import(server: ServerHere, import_id: int) -> Import:
    """One import."""
    return await _import(server, import_id)


@router.get(
    "/{import_id}/file",
    dependencies=_READERS,
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def get_file(server: ServerHere, import_id: int) -> Response:
    """The file exactly as it was brought."""
    async with server.pool.connection() as connection:
        file = await imports.stored_file(connection, import_id)
    if file is None:
        raise NotFound(what=IMPORT, name=str(import_id))
    return Response(
        file.content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.get("/{import_id}/rows", dependencies=_READERS)
async def get_rows(
    server: ServerHere,
    response: Response,
    import_id: int,
    language: Language,
    verdict: Verdict | None = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[ImportedRow]:
    """The rows with their verdicts, by line; what is wrong is said in the caller's language."""
    async with server.pool.connection() as connection:
        rows = await imports.verdicts(
            connection, import_id, verdict=verdict, after=after, limit=limit
        )
    mark_next(response, rows, limit=limit, after=rows[-1].number if rows else after)
    return [_row(row, language) for row in rows]


@router.put("/{import_id}/mapping")
async def put_mapping(
    server: ServerHere, call: CallHere, import_id: int, body: ImportMapping
) -> Import:
    """Say which column holds what, for this file and for the next one of its source; the rows are judged again."""
    await bring_import.map_import(
        server.pool,
        call,
        import_id=import_id,
        columns=body.columns,
        decimal_mark=body.decimal_mark,
        time_zone=server.plant.time_zone,
    )
    return await _import(server, import_id)


@router.post("/{import_id}/check")
async def post_check(server: ServerHere, call: CallHere, import_id: int) -> Import:
    """Judge the rows again, as things are now. Nothing is changed."""
    await bring_import.check_import(
        server.pool, call, import_id=import_id, time_zone=server.plant.time_zone
    )
    return await _import(server, import_id)


@router.post("/{import_id}/commit")
async def post_commit(server: ServerHere, call: CallHere, import_id: int) -> Import:
    """Take all rows, or none when one of them is wrong by now."""
    await commit_import.commit_import(server.pool, call, import_id=import_id, plant=server.plant)
    return await _import(server, import_id)


@router.post("/{import_id}/undo")
async def post_undo(server: ServerHere, call: CallHere, import_id: int) -> Import:
    """Bring everything back to what it was before; refused once something of it was used or changed."""
    await commit_import.undo_import(server.pool, call, import_id=import_id)
    return await _import(server, import_id)


async def _import(server: Server, import_id: int) -> Import:
    async with server.pool.connection() as connection:
        rows = await imports.find(connection, ImportFilter(id=import_id), limit=1)
    if not rows:
        raise NotFound(what=IMPORT, name=str(import_id))
    return _words(rows[0])


def _words(row: ImportRow) -> Import:
    columns = [
        {"title": title, "field": row.columns.get(title), "sample": sample}
        for title, sample in zip(row.header, row.sample, strict=True)
    ]
    missing = missing_fields(Kind(row.kind), row.columns)
    return Import.model_validate({**asdict(row), "columns": columns, "missing": missing})


def _row(row: JudgedRow, language: str) -> ImportedRow:
    changes = [
        {"field": name, "before": before, "after": after}
        for name, (before, after) in row.changes.items()
    ]
    return ImportedRow.model_validate(
        {**asdict(row), "changes": changes, "faults": _faults(row.faults, language)}
    )


def _faults(faults: Sequence[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    return [{**fault, "detail": in_language(fault["said"], language)} for fault in faults]
