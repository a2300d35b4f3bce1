"""A report as a screen shows it: its formula, its rows, what lies behind each, and what the whole of it says. Pure."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from hmi.views import addresses
from hmi.views.formatting import Format
from hmi.views.order_detail import order_path
from hmi.views.report_tables import TABLES, UNKNOWN, ReportTable
from hmi.views.trace import unit_name
from hmi.views.why import PREFIX
from mes_server.contract.feed import UnitCard
from mes_server.contract.history import Production, WindowFigures
from mes_server.contract.order_reports import OnTimeDelivery
from mes_server.contract.reports import StockOuts

SHIFTS = "shifts"
RUNNING = ("running", "slow")
ABNORMAL_S = 60
"""Shorter stops of a shift are not marked."""
_HOUR_S = Decimal(3600)


def report_view(
    name: str,
    report: Any,
    next_: str | None,
    *,
    query: Mapping[str, str],
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    """Columns and cells; a cell is text, with a second line where there is one."""
    table, words = TABLES[name], form.words
    return {
        "name": name,
        "formula": report.formula,
        "columns": [
            {"label": words(column.label), "figure": column.figure} for column in table.columns
        ],
        "rows": [
            {
                "cells": [
                    {"text": column.show(row, form, now), "abnormal": column.abnormal(row)}
                    for column in table.columns
                ],
                "behind": _behind(table, row),
            }
            for row in report.rows
        ],
        "said": _said(name, report, next_, form),
        "next": next_,
        "file": addresses.with_query(f"/export/{table.path}", query),
    }


def _behind(table: ReportTable, row: Any) -> dict[str, str]:
    """Where a tap on a row leads: to the postings, to the explanation of a balance, or to the order."""
    match table.row:
        case "postings":
            return {"kind": "postings", "path": row.behind.removeprefix(PREFIX)}
        case "balance":
            asked = {"item": row.item, "location": row.location, "lot": row.lot}
            return {"kind": "why", "path": addresses.with_query("why/balance", asked)}
        case "order":
            return {"kind": "go", "path": order_path(row.order)}


def _said(name: str, report: Any, next_: str | None, form: Format) -> list[dict[str, str]]:
    """The one or two figures that the whole report is asked for."""
    words, table = form.words, TABLES[name]
    match report:
        case OnTimeDelivery():
            percent = report.on_time_percent
            return [
                {
                    "label": words("reports.on_time_percent"),
                    "value": UNKNOWN if percent is None else f"{form.exact(percent)} %",
                },
                {
                    "label": words("reports.orders_on_time"),
                    "value": f"{report.orders_on_time} / {report.orders}",
                },
                {
                    "label": words("reports.in_full"),
                    "value": f"{report.orders_in_full} / {report.orders}",
                },
            ]
        case StockOuts():
            minutes = sum((month.minutes for month in report.months), Decimal(0))
            times = sum(month.times for month in report.months)
            return [
                {"label": words("reports.times"), "value": str(times)},
                {"label": words("reports.minutes"), "value": form.number(minutes)},
            ]
        case _ if table.money is not None and next_ is None:
            total = sum((getattr(row, table.money) for row in report.rows), Decimal(0))
            return [{"label": words("reports.sum"), "value": form.money(total)}]
        case _:
            return []


def shifts_view(
    production: Production, *, units: Mapping[str, UnitCard], now: datetime, form: Format
) -> dict[str, Any]:
    """Good, scrap and time in each state by shift and unit, the latest shift first; windows nothing was heard in are told."""
    words = form.words
    labels = (
        ("reports.shift", False),
        ("reports.line", False),
        ("orders.col.place", False),
        ("run.good", True),
        ("run.scrap", True),
        ("reports.scrap_rate", True),
        ("reports.running", True),
        ("reports.down", True),
        ("reports.other", True),
        ("reports.unheard", True),
    )
    rows = sorted(production.rows, key=lambda row: (row.since, _line(row, units, form)))
    rows.sort(key=lambda row: row.since, reverse=True)
    return {
        "name": SHIFTS,
        "formula": words("reports.formula.shifts"),
        "columns": [{"label": words(label), "figure": figure} for label, figure in labels],
        "rows": [_shift(row, units, now, form) for row in rows],
        "said": [],
        "next": None,
        "file": None,
    }


def _line(row: WindowFigures, units: Mapping[str, UnitCard], form: Format) -> str:
    card = units.get(row.unit)
    return "" if card is None else form.words.name(card.line_name)


def _shift(
    row: WindowFigures, units: Mapping[str, UnitCard], now: datetime, form: Format
) -> dict[str, Any]:
    seconds = {state.state: state.seconds for state in row.states}
    running = sum((seconds.pop(state, Decimal(0)) for state in RUNNING), Decimal(0))
    down = seconds.pop("down", Decimal(0))
    other = sum((value for key, value in seconds.items() if key != "unknown"), Decimal(0))
    unheard = row.unheard_s + seconds.get("unknown", Decimal(0))
    total = row.good + row.scrap
    heard = bool(total or row.states)
    cells = [
        f"{form.day(row.since)}\n{form.clock(row.since)} – {form.clock(row.until)}",
        _line(row, units, form),
        unit_name(row.unit, units, form),
        form.exact(row.good) if heard else UNKNOWN,
        form.exact(row.scrap) if heard else UNKNOWN,
        f"{form.number(row.scrap * 100 / total, 1)} %" if total else UNKNOWN,
        *(_hours(value, form) if heard else UNKNOWN for value in (running, down, other)),
        _hours(unheard, form),
    ]
    path = "/terminal/" + addresses.path(row.unit)
    return {
        "cells": [
            {"text": text, "abnormal": nr == 7 and down >= ABNORMAL_S}
            for nr, text in enumerate(cells)
        ],
        "behind": {"kind": "go", "path": path},
    }


def _hours(seconds: Decimal, form: Format) -> str:
    if seconds < _HOUR_S:
        return f"{form.number(seconds / 60)} {form.words('time.min')}"
    return f"{form.number(seconds / _HOUR_S, 1)} {form.words('time.h')}"
