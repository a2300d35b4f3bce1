"""A cell becomes a value, or a fault that says what would be right."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import assert_never
from zoneinfo import ZoneInfo

from mes_server.domain.import_fields import FIELDS, Field, Form, Kind, normalised
from mes_server.domain.refusal import Words, plain, words
from mes_server.domain.sheet import CELL_MAX, Cell, Row, Sheet

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/ -]{0,63}")
_TRUE = {"1", "yes", "y", "true", "x", "ja", "j", "wahr", "是", "对", "✓"}
_FALSE = {"", "0", "no", "n", "false", "nein", "falsch", "否", "不"}
_DATES = (
    (re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})"), (3, 2, 1)),
    (re.compile(r"(\d{4})(\d{2})(\d{2})"), (1, 2, 3)),
)
_AMOUNT_MAX = Decimal(10) ** 12

Value = str | bool | None
"""In the words of the API: decimals, dates and times as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong in a row, where, and what would be right."""

    said: Words
    column: str = ""
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row in our own words: only the fields whose columns the file has; an empty cell is None and changes nothing."""

    number: int
    values: Mapping[str, Value]
    faults: Sequence[Fault]


class _Wrong(Exception):
    def __init__(self, said: Words) -> None:
        super().__init__(said["en"])
        self.said = said


def read_rows(
    sheet: Sheet,
    *,
    kind: Kind,
    columns: Mapping[str, str | None],
    decimal_mark: str,
    time_zone: str,
) -> list[ReadRow]:
    """Every row of the sheet. `decimal_mark` is `.` or `,`; times without a zone are the plant's."""
    places = {
        field: place for place, title in enumerate(sheet.header) if (field := columns.get(title))
    }
    fields = {one.name: one for one in FIELDS[kind]}
    used = [(fields[name], place) for name, place in places.items() if name in fields]
    zone = ZoneInfo(time_zone)
    return [_read(row, sheet.header, used, decimal_mark, zone) for row in sheet.rows]


def _read(
    row: Row, header: Sequence[str], used: Sequence[tuple[Field, int]], mark: str, zone: ZoneInfo
) -> ReadRow:
    values: dict[str, Value] = {}
    faults: list[Fault] = []
    for one, place in used:
        cell = row.cells[place] if place < len(row.cells) else None
        try:
            values[one.name] = _value(one, cell, mark, zone)
        except _Wrong as wrong:
            shown = "" if cell is None else str(cell)[:80]
            faults.append(Fault(said=wrong.said, column=header[place], field=one.name, value=shown))
    return ReadRow(number=row.number, values=values, faults=faults)


def decimal_mark_of(sheet: Sheet, *, kind: Kind, columns: Mapping[str, str | None]) -> str:
    """`,` or `.`: what the numbers of the file show, else what goes with its delimiter."""
    numeric = {
        one.name for one in FIELDS[kind] if one.form in (Form.AMOUNT, Form.NUMBER, Form.WHOLE)
    }
    places = [place for place, title in enumerate(sheet.header) if columns.get(title) in numeric]
    commas = dots = 0
    for row in sheet.rows:
        for place in places:
            cell = row.cells[place] if place < len(row.cells) else None
            if not isinstance(cell, str):
                continue
            if re.search(r",\d{1,2}$|,\d{4,}$|\.\d{3},", cell):
                commas += 1
            elif re.search(r"\.\d{1,2}$|\.\d{4,}$|,\d{3}\.", cell):
                dots += 1
    if commas == dots:
        return "," if sheet.delimiter == ";" else "."
    return "," if commas > dots else "."


def _value(one: Field, cell: Cell, mark: str, zone: ZoneInfo) -> Value:
    text = _text(cell)
    if not text:
        if one.required:
            raise _Wrong(words("It is empty; every row needs it.", "内容为空；每行必填。"))
        return None
    if len(text) > CELL_MAX:
        raise _Wrong(
            words(f"It is longer than {CELL_MAX} characters.", f"超过 {CELL_MAX} 个字符。")
        )
    match one.form:
        case Form.CODE:
            return _code(text)
        case Form.TEXT:
            return _short(one, text)
        case Form.AMOUNT | Form.NUMBER | Form.WHOLE:
            return _number(one, cell, text, mark)
        case Form.DATE:
            return _date(cell, text).isoformat()
        case Form.INSTANT:
            return _instant(cell, text, zone)
        case Form.FLAG:
            return _flag(cell, text)
        case Form.CHOICE:
            return _choice(one, text)
        case _:
            assert_never(one.form)


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return plain(cell)
        case _:
            text = str(cell).strip()
            # Our own files mark text that a spreadsheet program would take for a formula.
            return text[1:] if text.startswith(_MARKED) else text


_MARKED = ("'=", "'+", "'-", "'@")


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise _Wrong(
            words(
                "A code has 1 to 64 letters, digits and . _ / - and begins with a letter or digit.",
                "编码由1至64个字母、数字及 . _ / - 组成，且以字母或数字开头。",
            )
        )
    return text


_TEXT_MAX = {
    "unit": 12,
    "pack_unit": 12,
    "equipment": 200,
    "supplier_lot": 64,
    "item_class": 64,
    "gtin": 14,
}
_WHOLE_MAX = {"lead_time_s": 366 * 86_400, "period_days": 366, "operation": 32_767, "line": 32_767}
_WHOLE_MIN = {"period_days": 1, "line": 1, "operation": 1}
_OTHERS_WHOLE_MAX = 999


def _short(one: Field, text: str) -> str:
    longest = _TEXT_MAX.get(one.name, 200)
    if len(text) > longest:
        raise _Wrong(words(f"At most {longest} characters.", f"最多 {longest} 个字符。"))
    return text


def _number(one: Field, cell: Cell, text: str, mark: str) -> str:
    number = cell if isinstance(cell, Decimal) else _decimal(text, mark)
    example = "12,5" if mark == "," else "12.5"
    if number is None or isinstance(cell, bool):
        raise _Wrong(
            words(f"This is no number. Write it like {example}.", f"不是数字。请写成 {example}。")
        )
    if one.form is Form.WHOLE and number != number.to_integral_value():
        raise _Wrong(words("It must be a whole number, like 100.", "必须是整数，例如 100。"))
    if number < 0 or (one.form is Form.AMOUNT and number == 0):
        zero = one.form is Form.AMOUNT
        raise _Wrong(
            words("It must be greater than 0.", "必须大于0。")
            if zero
            else words("It must be at least 0.", "不得小于0。")
        )
    if number >= _AMOUNT_MAX or number != round(number, 6):
        raise _Wrong(words("At most 12 digits and 6 decimals.", "最多12位整数和6位小数。"))
    if one.name == "scrap_percent" and number >= 100:
        raise _Wrong(words("It must be less than 100.", "必须小于100。"))
    if one.form is Form.WHOLE:
        _check_whole(one, int(number))
    return plain(number)


def _check_whole(one: Field, number: int) -> None:
    least, most = _WHOLE_MIN.get(one.name, 0), _WHOLE_MAX.get(one.name, _OTHERS_WHOLE_MAX)
    if number < least:
        raise _Wrong(words(f"It must be at least {least}.", f"不得小于{least}。"))
    if number > most:
        raise _Wrong(words(f"It must be at most {most}.", f"不得大于{most}。"))


def _decimal(text: str, mark: str) -> Decimal | None:
    """With or without grouping; None when it is no number."""
    group = "." if mark == "," else ","
    compact = re.sub(r"[\s'’\u00a0\u202f]", "", text)
    pattern = rf"[+-]?(\d+|\d{{1,3}}({re.escape(group)}\d{{3}})+)({re.escape(mark)}\d+)?"
    if not re.fullmatch(pattern, compact):
        return None
    try:
        return Decimal(compact.replace(group, "").replace(mark, "."))
    except InvalidOperation:
        return None


def _date(cell: Cell, text: str) -> date:
    match cell:
        case datetime():
            return cell.date()
        case date():
            return cell
        case _:
            found = _date_in(text)
            if found is None:
                raise _Wrong(
                    words(
                        "This is no date. Write it like 2026-03-31 or 31.03.2026.",
                        "不是日期。请写成 2026-03-31。",
                    )
                )
            return found


def _date_in(text: str) -> date | None:
    for pattern, (year, month, day) in _DATES:
        if found := pattern.fullmatch(text):
            try:
                return date(int(found[year]), int(found[month]), int(found[day]))
            except ValueError:
                return None
    return None


def _instant(cell: Cell, text: str, zone: ZoneInfo) -> str:
    """In UTC; a date alone is its end in the plant."""
    moment: datetime | None = cell if isinstance(cell, datetime) else None
    if moment is None and isinstance(cell, date):
        moment = datetime.combine(cell, time(23, 59))
    if moment is None:
        day, _, clock = text.replace("T", " ").partition(" ")
        found = _date_in(day)
        try:
            moment = (
                datetime.fromisoformat(f"{found}T{clock.strip()}" if clock else f"{found}T23:59")
                if found
                else datetime.fromisoformat(text)
            )
        except ValueError:
            raise _Wrong(
                words(
                    "This is no time. Write it like 2026-03-31 14:00.",
                    "不是时间。请写成 2026-03-31 14:00。",
                )
            ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC).isoformat()


def _flag(cell: Cell, text: str) -> bool:
    if isinstance(cell, bool):
        return cell
    if text.casefold() in _TRUE:
        return True
    if text.casefold() in _FALSE:
        return False
    raise _Wrong(words("Write yes or no.", "请填写 是 或 否。"))


def _choice(one: Field, text: str) -> str:
    chosen = one.choices.get(normalised(text))
    if chosen is None:
        known = ", ".join(sorted(set(one.choices.values())))
        raise _Wrong(words(f"It must be one of {known}.", f"必须是以下之一：{known}。"))
    return chosen
