"""A table of a file that people bring: delimited text in any usual encoding, or the cells of a spreadsheet.

Pure: bytes of text in, rows out. Workbooks are opened in `operations/open_sheet.py`.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.domain.refusal import Refusal, Words, words

FILE_BYTES_MAX = 10_000_000
ROWS_MAX = 20_000
COLUMNS_MAX = 100
CELL_MAX = 1_000
"""Characters of one cell."""
SAMPLE = 3
"""Rows that are shown beside a column."""

Cell = str | Decimal | datetime | date | bool | None
"""Delimited text has text alone; spreadsheets know numbers, dates and truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`number` is the line as the spreadsheet program shows it; the header is usually 1."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The header and what stands below it."""

    format: str
    """`csv` or `xlsx`."""
    header: Sequence[str]
    rows: Sequence[Row]
    encoding: str = ""
    delimiter: str = ""
    name: str = ""
    """Of the worksheet."""


@dataclass(kw_only=True, eq=False)
class SheetUnreadable(Refusal):
    """The file is no table that we can read."""

    type = "file-unreadable"
    status = 422
    title = words("The file cannot be read: {why}", "无法读取文件：{why}")
    detail = words(
        "Save it as .xlsx, or as CSV in UTF-8 with one header line, then send it again.",
        "请另存为 .xlsx，或带一行表头的 UTF-8 CSV 文件后重新上传。",
    )
    why: Words


@dataclass(kw_only=True, eq=False)
class SheetTooLarge(Refusal):
    """More than one import takes."""

    type = "file-too-large"
    status = 413
    title = words("The file is too large: {what}.", "文件过大：{what}。")
    detail = words("Split it into several files.", "请拆分为多个文件。")
    what: Words


def too_many_rows() -> SheetTooLarge:
    """The refusal for a table with more than ROWS_MAX rows."""
    return SheetTooLarge(
        what=words(f"more than {ROWS_MAX} rows", f"超过 {ROWS_MAX} 行"),
    )


def too_many_bytes() -> SheetTooLarge:
    """The refusal for a file with more than FILE_BYTES_MAX bytes."""
    megabytes = FILE_BYTES_MAX // 1_000_000
    return SheetTooLarge(what=words(f"more than {megabytes} MB", f"超过 {megabytes} MB"))


def read_delimited(content: bytes) -> Sheet:
    """Delimited text; raises SheetUnreadable or SheetTooLarge."""
    text, encoding = decode_text(content)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = None
    if text[:4].lower() == "sep=" and len(text) > 5 and text[5] == "\n":
        delimiter, text = text[4], "\n" + text[6:]
    delimiter = delimiter or find_delimiter(text)
    return sheet_of(
        _lines(text, delimiter), format="csv", encoding=encoding, delimiter=delimiter, name=""
    )


def sheet_of(
    rows: Iterator[tuple[int, Sequence[Cell]]],
    *,
    format: str,
    encoding: str,
    delimiter: str,
    name: str,
) -> Sheet:
    """The first row that is not empty is the header; raises SheetUnreadable or SheetTooLarge."""
    header: list[str] = []
    kept: list[Row] = []
    for number, cells in rows:
        if not any(cell not in (None, "") for cell in cells):
            continue
        if not header:
            header = _header(cells)
            continue
        if len(kept) >= ROWS_MAX:
            raise too_many_rows()
        kept.append(Row(number=number, cells=tuple(cells[: len(header)])))
    if not header:
        raise SheetUnreadable(why=words("it is empty.", "文件为空。"))
    return Sheet(
        format=format,
        header=tuple(header),
        rows=tuple(kept),
        encoding=encoding,
        delimiter=delimiter,
        name=name,
    )


def _header(cells: Sequence[Cell]) -> list[str]:
    """Column titles; empty ones at the end are left away, others are numbered, as are repeated ones."""
    titles = [str(cell or "").strip() for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    if len(titles) > COLUMNS_MAX:
        raise SheetTooLarge(
            what=words(f"more than {COLUMNS_MAX} columns", f"超过 {COLUMNS_MAX} 列")
        )
    seen: set[str] = set()
    for place, title in enumerate(titles):
        name = title[:CELL_MAX] or f"#{place + 1}"
        titles[place] = name if name not in seen else f"{name} #{place + 1}"
        seen.add(titles[place])
    return titles


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, Sequence[Cell]]]:
    lines = (line + "\n" for line in text.split("\n"))
    reader = csv.reader(lines, delimiter=delimiter, strict=False)
    number = 1
    try:
        for cells in reader:
            yield number, [cell.strip() for cell in cells]
            number = reader.line_num + 1
    except csv.Error as error:
        raise SheetUnreadable(
            why=words(f"line {number}: {error}.", f"第 {number} 行：{error}。")
        ) from error


def decode_text(content: bytes) -> tuple[str, str]:
    """(text, encoding): by its mark, else UTF-8, else GB18030 where it reads like Chinese, else Windows-1252."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding
            except UnicodeDecodeError:
                break
    if b"\x00" in content:
        raise SheetUnreadable(why=words("it is no text and no workbook.", "既非文本也非工作簿。"))
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if _reads_like_chinese(content):
        return content.decode("gb18030", errors="replace"), "gb18030"
    return content.decode("cp1252", errors="replace"), "cp1252"


def _reads_like_chinese(content: bytes) -> bool:
    """Whether most bytes above ASCII pair up to frequent characters of GB 2312, as umlauts do not."""
    high = frequent = place = 0
    while place < len(content):
        first = content[place]
        second = content[place + 1] if place + 1 < len(content) else 0
        if first < 0x80:
            place += 1
        elif second >= 0xA1 and (0xB0 <= first <= 0xD7 or 0xA1 <= first <= 0xA3):
            high, frequent, place = high + 2, frequent + 2, place + 2
        else:
            high, place = high + 1, place + (2 if second >= 0xA1 else 1)
    return frequent * 10 >= high * 6


def find_delimiter(text: str) -> str:
    """Comma, semicolon, tab or bar: what cuts the first lines into equally many columns."""
    head = [line + "\n" for line in text.split("\n")[:40]]
    best, best_score = ",", (0, 0)
    for delimiter in (",", ";", "\t", "|"):
        try:
            widths = [len(cells) for cells in csv.reader(head, delimiter=delimiter) if any(cells)]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) * 100 // len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best
