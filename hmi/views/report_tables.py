"""The reports of the server as tables: which columns each has, and how its figures read. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from hmi.views.formatting import Format
from mes_server.contract.costs import StockValue, WorkInProcess
from mes_server.contract.order_reports import OnTimeDelivery
from mes_server.contract.reports import (
    AbcClasses,
    ConsumptionVariance,
    DaysOfCover,
    DeadStock,
    Expiry,
    InventoryTurns,
    StockOuts,
)
from mes_server.contract.shape import Shape

Show = Callable[[Any, Format, datetime], str]
UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`label` is a key of the catalogs; figures stand to the right."""

    label: str
    show: Show
    figure: bool = True
    abnormal: Callable[[Any], bool] = lambda _: False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A report: where it is asked for, how long its window is unless somebody says, and its columns."""

    path: str
    shape: type[Shape]
    columns: Sequence[Column]
    days: int | None = None
    """None: it has no window."""
    row: Literal["postings", "balance", "order"] = "postings"
    """What lies behind a row."""
    money: str | None = None
    """Field of its rows that is summed at the end."""


def _item(row: Any, form: Format, _: datetime) -> str:
    return f"{form.words.name(row.item_name)}\n{row.item}"


def _text(name: str) -> Show:
    return lambda row, form, now: str(getattr(row, name))


def _quantity(name: str) -> Show:
    def show(row: Any, form: Format, _: datetime) -> str:
        value: Decimal | None = getattr(row, name)
        return UNKNOWN if value is None else form.quantity(value, row.unit)

    return show


def _difference(name: str) -> Show:
    return lambda row, form, now: form.difference(getattr(row, name), row.unit)


def _money(name: str) -> Show:
    return lambda row, form, now: form.money(getattr(row, name))


def _number(name: str, places: int = 1) -> Show:
    def show(row: Any, form: Format, _: datetime) -> str:
        value: Decimal | None = getattr(row, name)
        return UNKNOWN if value is None else form.number(Decimal(value), places)

    return show


def _moment(name: str) -> Show:
    def show(row: Any, form: Format, now: datetime) -> str:
        at: datetime | None = getattr(row, name)
        return form.words("reports.still") if at is None else form.moment(at, now)

    return show


def _yes(name: str) -> Show:
    return lambda row, form, now: form.words(f"said.{'true' if getattr(row, name) else 'false'}")


def _late(row: Any, form: Format, _: datetime) -> str:
    return f"{form.signed(row.late_minutes.quantize(Decimal(1)))} min"


_ITEM = Column(label="table.item", show=_item, figure=False)
_PLACE = Column(label="reports.place", show=_text("location"), figure=False)
_LOT = Column(label="trace.lot", show=_text("lot"), figure=False)
_ORDER = Column(label="orders.col.number", show=_text("order"), figure=False)
_VALUE = Column(label="reports.value", show=_money("value"))

TABLES: Mapping[str, ReportTable] = {
    "on_time": ReportTable(
        path="reports/on-time-delivery",
        shape=OnTimeDelivery,
        days=30,
        row="order",
        columns=(
            _ORDER,
            _ITEM,
            Column(label="reports.target", show=_quantity("target")),
            Column(label="run.good", show=_quantity("good"), abnormal=lambda row: not row.in_full),
            Column(label="orders.col.due", show=_moment("due_at"), figure=False),
            Column(label="orders.ended", show=_moment("ended_at"), figure=False),
            Column(label="reports.late", show=_late, abnormal=lambda row: not row.on_time),
            Column(label="reports.on_time", show=_yes("on_time"), figure=False),
        ),
    ),
    "wip": ReportTable(
        path="reports/work-in-process",
        shape=WorkInProcess,
        row="order",
        money="in_process_value",
        columns=(
            _ORDER,
            _ITEM,
            Column(label="trace.made", show=_quantity("made")),
            Column(label="reports.issued_value", show=_money("issued_value")),
            Column(label="reports.made_value", show=_money("made_value")),
            Column(label="reports.in_process", show=_money("in_process_value")),
        ),
    ),
    "variance": ReportTable(
        path="reports/consumption-variance",
        shape=ConsumptionVariance,
        days=30,
        money="variance_value",
        columns=(
            _ORDER,
            _ITEM,
            Column(label="order.standard", show=_quantity("standard")),
            Column(label="order.actual", show=_quantity("actual")),
            Column(
                label="order.variance",
                show=_difference("variance"),
                abnormal=lambda row: row.variance > 0,
            ),
            Column(label="order.value", show=_money("variance_value")),
        ),
    ),
    "cover": ReportTable(
        path="reports/days-of-cover",
        shape=DaysOfCover,
        days=30,
        columns=(
            _ITEM,
            Column(label="reports.on_hand", show=_quantity("on_hand")),
            Column(label="reports.per_day", show=_quantity("per_day")),
            Column(label="reports.days_of_cover", show=_number("days_of_cover")),
        ),
    ),
    "turns": ReportTable(
        path="reports/turns",
        shape=InventoryTurns,
        days=30,
        columns=(
            _ITEM,
            Column(label="reports.throughput", show=_quantity("throughput")),
            Column(label="reports.average", show=_quantity("average")),
            Column(label="reports.average_value", show=_money("average_value")),
            Column(label="reports.turns", show=_number("turns", 2)),
        ),
    ),
    "stock_outs": ReportTable(
        path="reports/stock-outs",
        shape=StockOuts,
        days=90,
        columns=(
            Column(label="reports.month", show=_text("month"), figure=False),
            _ITEM,
            _PLACE,
            Column(label="reports.from", show=_moment("since"), figure=False),
            Column(label="reports.until", show=_moment("until"), figure=False),
            Column(label="reports.minutes", show=_number("minutes", 0)),
        ),
    ),
    "dead": ReportTable(
        path="reports/dead-stock",
        shape=DeadStock,
        days=90,
        money="value",
        columns=(
            _ITEM,
            _PLACE,
            Column(label="table.quantity", show=_quantity("quantity")),
            _VALUE,
            Column(label="reports.last_moved", show=_moment("last_moved_at"), figure=False),
        ),
    ),
    "expiry": ReportTable(
        path="reports/expiry",
        shape=Expiry,
        days=30,
        money="value",
        columns=(
            _ITEM,
            _LOT,
            _PLACE,
            Column(label="table.quantity", show=_quantity("quantity")),
            _VALUE,
            Column(label="trace.expires", show=_text("expires_on"), figure=False),
            Column(
                label="reports.days_left",
                show=_number("days_left", 0),
                abnormal=lambda row: row.days_left < 0,
            ),
        ),
    ),
    "value": ReportTable(
        path="reports/stock-value",
        shape=StockValue,
        row="balance",
        money="standard_value",
        columns=(
            _ITEM,
            _LOT,
            _PLACE,
            Column(label="table.quantity", show=_quantity("quantity")),
            Column(label="reports.standard_value", show=_money("standard_value")),
            Column(label="reports.average_value", show=_money("average_value")),
        ),
    ),
    "abc": ReportTable(
        path="reports/abc",
        shape=AbcClasses,
        days=365,
        money="value",
        columns=(
            Column(label="reports.class", show=_text("abc_class"), figure=False),
            _ITEM,
            Column(label="reports.consumed", show=_quantity("consumed")),
            _VALUE,
            Column(label="reports.cumulative", show=_number("cumulative_percent")),
        ),
    ),
}
"""Name on the screen -> report, in the order of the list."""
