"""Imports: a file is brought, its columns are mapped, its rows are judged, then all of it is taken or none."""

from typing import Any, Literal

from pydantic import Field

from mes_server.contract.shape import Command, Instant, Shape

ImportKind = Literal[
    "items",
    "locations",
    "bills",
    "routings",
    "lots",
    "orders",
    "suppliers",
    "units",
    "loops",
    "purchases",
]
ImportState = Literal["uploaded", "checked", "committed", "undone"]
Verdict = Literal["new", "change", "unchanged", "error"]


class ImportField(Shape):
    """A field that rows of a kind have, and the titles under which it is recognised."""

    name: str
    label: str
    """In the caller's language."""
    form: Literal["code", "text", "amount", "number", "whole", "date", "instant", "flag", "choice"]
    required: bool
    default: str | bool | None
    choices: list[str]
    titles: list[str]


class ImportColumn(Shape):
    """A column of the file."""

    title: str
    field: str | None
    """What it holds; null: it is left out."""
    sample: list[str]
    """Its first cells."""


class Import(Shape):
    """A file that was brought, and what became of it."""

    id: int
    kind: ImportKind
    source: str
    filename: str
    size: int
    """Bytes."""
    sha256: str
    format: Literal["csv", "xlsx"]
    encoding: str
    delimiter: str
    sheet: str
    columns: list[ImportColumn]
    missing: list[str]
    """Fields that every row needs and no column holds yet."""
    decimal_mark: Literal["auto", ".", ","]
    rows: int
    counts: dict[Verdict, int]
    """How many rows got which verdict, as of `checked_at`."""
    state: ImportState
    created_at: Instant
    created_by: str | None
    token: str
    """Name of the program's token."""
    checked_at: Instant | None
    committed_at: Instant | None
    committed_by: str | None
    undone_at: Instant | None
    undone_by: str | None


class ImportMapping(Command):
    """`PUT /api/v1/imports/{id}/mapping`: which column holds what; columns that are not named stay as they are."""

    columns: dict[str, str | None] = Field(max_length=100)
    """Title of the column -> field, or null to leave it out."""
    decimal_mark: Literal["auto", ".", ","] = "auto"


class ImportFault(Shape):
    """What is wrong in a row, and what would be right, in the caller's language."""

    column: str
    field: str
    value: str
    detail: str


class ImportChange(Shape):
    """A field that the row changes."""

    field: str
    before: Any
    after: Any


class ImportedRow(Shape):
    """A row with its verdict."""

    number: int
    """The line as the spreadsheet program shows it."""
    verdict: Verdict
    key: str
    """The thing it is about."""
    given: dict[str, Any]
    """What was understood."""
    changes: list[ImportChange]
    faults: list[ImportFault]
