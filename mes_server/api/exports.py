"""Every list of the API as CSV or Excel: the list itself is asked page by page, with the caller's rights and filters."""

import json
import re
from asyncio import to_thread
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

import httpx
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import StreamingResponse

from mes_server.api.access import screens_only
from mes_server.api.pages import PAGE_MAX
from mes_server.api.spreadsheet import MEDIA_TYPES, Column, Format, write_csv, write_xlsx
from mes_server.contract.exports import ExportableList
from mes_server.contract.headers import BADGE, NEXT, STATION
from mes_server.domain.refusal import NotFound, words

router = APIRouter(prefix="/exports", tags=["exports"], dependencies=[Depends(screens_only)])

ROWS_MAX = 1_000_000
"""Rows of one file: what a worksheet holds. Ask for less by filters, or go on with `after`."""
_PREFIX = "/api/v1/"
_PASSED_ON = ("authorization", "accept-language", BADGE.lower(), STATION.lower())
_LIST = words("list", "列表")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRoute:
    """A list of the API: its path, what it is, its filters, and what its rows have."""

    path: str
    summary: str
    filters: Sequence[str]
    row: Mapping[str, Any]
    report: bool
    """Its rows are within an answer that says more."""

    def columns(self) -> list[Column]:
        """Columns of the file; names come once in each language."""
        found: list[Column] = []
        for name, schema in self.row.items():
            if _is_local_name(schema):
                found += [Column(title=f"{name}_en"), Column(title=f"{name}_zh")]
            else:
                found.append(Column(title=name, number=_is_number(schema)))
        return found

    def cells(self, row: Mapping[str, Any]) -> list[str]:
        """One row as text, in the order of the columns."""
        cells: list[str] = []
        for name, schema in self.row.items():
            value = row.get(name)
            if _is_local_name(schema):
                known = cast("dict[str, str]", value or {})
                cells += [known.get("en", ""), known.get("zh", "")]
            else:
                cells.append(_text(value))
        return cells


@router.get("")
async def get_exports(request: Request) -> list[ExportableList]:
    """Which lists can be had as a file, and by what they are filtered."""
    return [
        ExportableList(
            path=one.path.removeprefix(_PREFIX),
            summary=one.summary,
            filters=list(one.filters),
            columns=[column.title for column in one.columns()],
        )
        for one in await to_thread(list_routes, request.app)
    ]


@router.get(
    "/{path:path}",
    response_class=StreamingResponse,
    responses={200: {"content": {media: {} for media in MEDIA_TYPES.values()}}},
)
async def get_export(
    request: Request,
    path: str,
    format: Annotated[Format, Query(description="CSV in UTF-8, or an Excel workbook")] = "csv",
) -> Response:
    """A list as a file: the same path, filters and rights as the list itself, every page of it.

    At most a million rows. Text that a spreadsheet program would take for a formula is made harmless.
    """
    routes = await to_thread(list_routes, request.app)
    route = next((one for one in routes if _matches(one.path, f"{_PREFIX}{path}")), None)
    if route is None:
        raise NotFound(what=_LIST, name=path)
    given = [
        (name, value) for name, value in request.query_params.multi_items() if name != "format"
    ]
    source = _Source(request=request, path=f"{_PREFIX}{path}", given=given, route=route)
    first = await source.page(None)
    if not first.is_success:
        return Response(
            first.content,
            status_code=first.status_code,
            media_type=first.headers.get("content-type"),
        )
    write = write_csv if format == "csv" else write_xlsx
    name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    return StreamingResponse(
        write(route.columns(), source.pages(first)),
        media_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """The list behind a file."""

    request: Request
    path: str
    given: Sequence[tuple[str, str]]
    route: ListRoute

    async def page(self, after: str | None) -> httpx.Response:
        """One page, asked as the caller would ask."""
        headers = {
            name: value for name, value in self.request.headers.items() if name in _PASSED_ON
        }
        asked: list[tuple[str, str | int | float | bool | None]] = [
            pair
            for pair in self.given
            if pair[0] != "limit" and (after is None or pair[0] != "after")
        ]
        asked.append(("limit", str(PAGE_MAX)))
        if after is not None:
            asked.append(("after", after))
        caller = self.request.client
        transport = httpx.ASGITransport(
            app=self.request.app, client=(caller.host, caller.port) if caller else ("", 0)
        )
        async with httpx.AsyncClient(transport=transport, base_url="http://export") as http:
            return await http.get(self.path, params=httpx.QueryParams(asked), headers=headers)

    async def pages(self, first: httpx.Response) -> AsyncIterator[Sequence[Sequence[str]]]:
        """Every page as rows of cells; a page that fails ends the file loudly."""
        answer, sent = first, 0
        while True:
            body = answer.raise_for_status().json()
            rows = body["rows"] if self.route.report else body
            yield [self.route.cells(row) for row in rows]
            sent += len(rows)
            after = answer.headers.get(NEXT)
            if after is None or sent >= ROWS_MAX:
                return
            answer = await self.page(after)


def list_routes(app: FastAPI) -> list[ListRoute]:
    """Every list that comes in pages, read from the description of the API."""
    document = app.openapi()
    found: list[ListRoute] = []
    for path, methods in document["paths"].items():
        described = methods.get("get")
        if described is None or not path.startswith(_PREFIX):
            continue
        names = [one["name"] for one in described.get("parameters", ()) if one["in"] == "query"]
        content = described["responses"]["200"].get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        row, report = _row_of(schema, document)
        if row is not None and "limit" in names and "after" in names:
            found.append(
                ListRoute(
                    path=path,
                    summary=described.get("summary", ""),
                    filters=[name for name in names if name not in ("limit", "after")],
                    row=row,
                    report=report,
                )
            )
    return found


def _row_of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[Any, bool]:
    """(properties of a row, whether the list is within a report); None for what is no list."""
    if schema.get("type") == "array":
        return _resolve(schema["items"], document).get("properties"), False
    properties = _resolve(schema, document).get("properties", {})
    if properties.get("rows", {}).get("type") == "array":
        return _resolve(properties["rows"]["items"], document).get("properties"), True
    return None, False


def _resolve(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    return schema


def _is_local_name(schema: Mapping[str, Any]) -> bool:
    """Language -> text."""
    return schema.get("type") == "object" and schema.get("additionalProperties") == {
        "type": "string"
    }


def _is_number(schema: Mapping[str, Any]) -> bool:
    shapes = [schema, *schema.get("anyOf", ())]
    return schema.get("format") == "decimal" or any(
        one.get("type") in ("integer", "number") for one in shapes
    )


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(pattern, path) is not None
