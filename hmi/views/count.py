"""Count sheets without a figure of the books, and differences for whoever decides. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from hmi.views.formatting import Format
from mes_server.contract.cycle_counts import CountList, CountResult, CountTask

TO_COUNT = ("recount", "open")
DECIDERS = frozenset({"leader", "manager", "admin"})
"""Who sees differences; the server asks again."""


def sheets_view(lists: Iterable[CountList], *, now: datetime, form: Format) -> list[dict[str, Any]]:
    """Open count sheets, the oldest first."""
    return [
        {
            "id": one.id,
            "place": one.location,
            "placeName": form.words.name(one.location_name),
            "class": one.abc_class,
            "note": one.note,
            "lines": one.lines,
            "counted": one.counted,
            "percent": round(100 * one.counted / one.lines) if one.lines else 0,
            "waiting": one.waiting,
            "made": form.moment(one.created_at, now),
            "by": one.created_by,
        }
        for one in sorted(lists, key=lambda one: one.id)
    ]


def tasks_view(tasks: Iterable[CountTask], form: Format) -> list[dict[str, Any]]:
    """What is to be counted, by place; what was counted comes last. Holds nothing of the books."""
    ranked = sorted(
        tasks, key=lambda task: (task.state not in TO_COUNT, task.location, task.item, task.lot)
    )
    return [
        {
            "id": task.id,
            "item": task.item,
            "itemName": form.words.name(task.item_name),
            "unit": task.unit,
            "unitWord": form.unit(task.unit),
            "lot": task.lot,
            "place": task.location,
            "placeName": form.words.name(task.location_name),
            "state": task.state,
            "stateWord": form.words(f"count.state.{task.state}"),
            "todo": task.state in TO_COUNT,
        }
        for task in ranked
    ]


def differences_view(
    results: Mapping[int, Iterable[CountResult]], *, now: datetime, form: Format
) -> list[dict[str, Any]]:
    """Sheet -> its lines that wait for a decision; what is worth most comes first."""
    waiting = [
        (sheet, line)
        for sheet, lines in results.items()
        for line in lines
        if line.state == "waiting"
    ]
    waiting.sort(key=lambda pair: (-abs(pair[1].value or 0), pair[1].id))
    return [_difference(sheet, line, now=now, form=form) for sheet, line in waiting]


def _difference(sheet: int, line: CountResult, *, now: datetime, form: Format) -> dict[str, Any]:
    def amount(value: Any, *, signed: bool = False) -> str | None:
        if value is None:
            return None
        return ("+" if signed and value > 0 else "") + form.quantity(value, line.unit)

    value = line.value
    return {
        "key": f"{sheet}/{line.id}",
        "list": sheet,
        "line": line.id,
        "item": line.item,
        "itemName": form.words.name(line.item_name),
        "lot": line.lot,
        "place": line.location,
        "placeName": form.words.name(line.location_name),
        "counted": amount(line.counted),
        "book": amount(line.book),
        "difference": amount(line.difference, signed=True),
        "value": None if value is None else ("+" if value > 0 else "") + form.number(value, 2),
        "less": line.difference is not None and line.difference < 0,
        "by": line.counted_by,
        "at": None if line.counted_at is None else form.moment(line.counted_at, now),
        "note": line.note,
    }
