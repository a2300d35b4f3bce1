"""Rows as CSV and as Excel workbooks, written as they come, and safe to open in a spreadsheet program."""

import csv
import re
import zipfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Literal
from xml.sax.saxutils import escape

Format = Literal["csv", "xlsx"]
MEDIA_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CELL_MAX = 32_767
"""Characters of a cell that Excel takes."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; longer ones stay text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column, and whether its cells are numbers."""

    title: str
    number: bool = False


Rows = AsyncIterator[Sequence[Sequence[str]]]
"""Pages of rows; each cell is its text."""


def harmless(text: str) -> str:
    """Text that no spreadsheet program takes for a formula."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


async def write_csv(columns: Sequence[Column], pages: Rows) -> AsyncIterator[bytes]:
    """RFC 4180, in UTF-8 with the mark by which Excel knows it."""
    yield b"\xef\xbb\xbf" + _csv_lines([[column.title for column in columns]])
    async for page in pages:
        yield _csv_lines(page)


def _csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [harmless(cell) for cell in row] for row in rows
    )
    return text.getvalue().encode()


@dataclass(slots=True)
class _Sink:
    """Takes what the archive writes, until it is sent."""

    parts: list[bytes] = field(default_factory=list[bytes])

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """What is written waits for `take`."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data, self.parts = b"".join(self.parts), []
        return data


async def write_xlsx(columns: Sequence[Column], pages: Rows) -> AsyncIterator[bytes]:
    """A workbook of one worksheet; text stays text, whatever it begins with."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # pyright: ignore[reportArgumentType, reportCallIssue]
        for name, content in _PARTS.items():
            archive.writestr(zipfile.ZipInfo(name), _HEAD + content)
        with archive.open(zipfile.ZipInfo("xl/worksheets/sheet1.xml"), "w") as sheet:
            titles = [Column(title=column.title) for column in columns]
            sheet.write(f"{_HEAD}{_SHEET}".encode())
            sheet.write(_xml_row([column.title for column in columns], titles).encode())
            async for page in pages:
                sheet.write("".join(_xml_row(row, columns) for row in page).encode())
                yield sink.take()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.take()


def _xml_row(row: Sequence[str], columns: Sequence[Column]) -> str:
    cells = (_xml_cell(text, column) for text, column in zip(row, columns, strict=True))
    return f"<row>{''.join(cells)}</row>"


def _xml_cell(text: str, column: Column) -> str:
    if not text:
        return "<c/>"
    digits = sum(character.isdigit() for character in text.rstrip("0"))
    if column.number and digits <= _EXACT_DIGITS and _NUMBER.fullmatch(text):
        return f"<c><v>{text.removeprefix('+')}</v></c>"
    said = escape(_NO_XML.sub("", text)[:CELL_MAX])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = f'<worksheet xmlns="{_MAIN}"><sheetData>'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="Lineside" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
