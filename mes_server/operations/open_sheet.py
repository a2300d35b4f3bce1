"""A file's bytes become a table: a workbook by its ZIP signature, anything else as delimited text."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from mes_server.domain.refusal import words
from mes_server.domain.sheet import (
    CELL_MAX,
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    Cell,
    Sheet,
    SheetUnreadable,
    read_delimited,
    sheet_of,
    too_many_bytes,
)

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
UNPACKED_BYTES_MAX = 150_000_000
"""What a workbook may become when it is unpacked; more is no office's file."""


def open_sheet(content: bytes, *, sheet: str = "") -> Sheet:
    """The table in a file, of the worksheet with that name or of the first one; raises SheetUnreadable or
    SheetTooLarge. Takes seconds for a large workbook: call it off the event loop."""
    if len(content) > FILE_BYTES_MAX:
        raise too_many_bytes()
    if content.startswith(_OLD_EXCEL):
        raise SheetUnreadable(
            why=words("it is a workbook of the old .xls format.", "该文件为旧版 .xls 格式工作簿。")
        )
    if content.startswith(_ZIP):
        return _workbook(content, sheet)
    return read_delimited(content)


def _workbook(content: bytes, wanted: str) -> Sheet:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES_MAX:
                raise too_many_bytes()
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    except (
        zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, ParseError, OSError,
    ) as error:  # fmt: skip
        raise SheetUnreadable(why=words("it is no workbook.", "不是有效的工作簿。")) from error
    try:
        names = list(book.sheetnames)
        if wanted and wanted not in names:
            said = ", ".join(names)[:200]
            raise SheetUnreadable(
                why=words(
                    f"it has no worksheet {wanted}, only {said}.",
                    f"没有工作表“{wanted}”，仅有：{said}。",
                )
            )
        name = wanted or names[0]
        return sheet_of(
            _cells(book[name].iter_rows(values_only=True, max_col=COLUMNS_MAX + 1)),
            format="xlsx",
            encoding="",
            delimiter="",
            name=name,
        )
    except (KeyError, ValueError, ParseError, zipfile.BadZipFile) as error:
        raise SheetUnreadable(why=words("it is damaged.", "文件已损坏。")) from error
    finally:
        book.close()


def _cells(rows: Iterator[Sequence[object]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, cells in enumerate(rows, 1):
        yield number, [_cell(value) for value in cells]


def _cell(value: object) -> Cell:
    """Numbers as people see them: 0.1 is 0.1, and 4711.0 is 4711."""
    match value:
        case None | bool() | datetime() | date():
            return value
        case int():
            return Decimal(value)
        case float():
            number = Decimal(repr(value))
            return (
                number.quantize(Decimal(1)) if value.is_integer() and abs(value) < 1e15 else number
            )
        case _:
            return str(value).strip()[: CELL_MAX + 1]
