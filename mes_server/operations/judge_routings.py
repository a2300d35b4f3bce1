"""Imported routings: compared operation by operation, written whole."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from mes_server.domain.refusal import plain, words
from mes_server.domain.routing import Routing, RoutingOperation
from mes_server.operations.import_draft import (
    Draft,
    Fields,
    Judgement,
    compare,
    judgement_of,
    missing_of,
    say,
)
from mes_server.storage import master_data, routings
from mes_server.storage.database import Connection

_NO_ITEM = words(
    "There is no such item. Import or create it first.", "没有该物料。请先导入或创建。"
)
_NO_UNIT = words(
    "There is no such unit. Write paths like site/area/line/unit, several with ; between.",
    "没有该设备。请填写路径，例如 site/area/line/unit，多个设备用 ; 分隔。",
)
REVISIONS_MAX = 200
"""Revisions of one item that are looked at."""
_BLANK: Fields = {
    "name_en": None, "name_zh": None, "units": "", "setup_s": "0", "run_s": None, "outsourced": False,
    "components": [],
}  # fmt: skip


async def present_routings(connection: Connection, items: Sequence[str]) -> dict[str, Fields]:
    """Routings as they are, whole, by `item/revision`."""
    found: dict[str, Fields] = {}
    for item in items:
        for _, one in await routings.find(connection, item=item, limit=REVISIONS_MAX):
            found[f"{one.item}/{one.revision}"] = {
                "item": one.item,
                "revision": one.revision,
                "valid_from": one.valid_from and one.valid_from.isoformat(),
                "valid_until": one.valid_until and one.valid_until.isoformat(),
                "operations": {str(step.number): _step(step) for step in one.operations},
            }
    return found


def _step(step: RoutingOperation) -> Fields:
    return {
        "name_en": step.name.get("en"),
        "name_zh": step.name.get("zh"),
        "units": ";".join(step.units),
        "setup_s": plain(step.setup_s),
        "run_s": None if step.run_s is None else plain(step.run_s),
        "outsourced": step.outsourced,
        "components": sorted(step.components),
    }


def routing_from(fields: Mapping[str, Any]) -> Routing:
    """The routing that the fields stand for."""
    return Routing(
        item=fields["item"],
        revision=fields["revision"],
        valid_from=_day(fields["valid_from"]),
        valid_until=_day(fields["valid_until"]),
        operations=tuple(
            RoutingOperation(
                number=int(number),
                name={lang: step[f"name_{lang}"] for lang in ("en", "zh") if step[f"name_{lang}"]},
                units=tuple(step["units"].split(";")),
                setup_s=Decimal(step["setup_s"]),
                run_s=None if step["run_s"] is None else Decimal(step["run_s"]),
                components=tuple(step["components"]),
                outsourced=step["outsourced"],
            )
            for number, step in sorted(fields["operations"].items(), key=lambda pair: int(pair[0]))
        ),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


async def judge_routings(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> Judgement:
    """A routing is as its rows have it: operations that they no longer name are taken out."""
    missing = await missing_of(master_data.missing_items, connection, drafts, "item")
    units = {unit for draft in drafts for unit in _units(draft)}
    unknown = set(await routings.missing_units(connection, sorted(units)))
    for draft in drafts:
        if draft.values.get("item") in missing:
            say(draft, titles, "item", _NO_ITEM)
        if unknown.intersection(_units(draft)):
            say(draft, titles, "units", _NO_UNIT)
    items = sorted({str(draft.values["item"]) for draft in drafts if draft.values.get("item")})
    present = await present_routings(connection, items)
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        key = f"{draft.values.get('item')}/{draft.values['revision']}"
        groups.setdefault(key, []).append(draft)
    targets = {key: _routing(rows, present.get(key)) for key, rows in groups.items()}
    changed = {
        key: target
        for key, target in targets.items()
        if any(draft.new or draft.changes for draft in groups[key])
    }
    return judgement_of(drafts, changed, present)


def _units(draft: Draft) -> list[str]:
    text = str(draft.values.get("units") or "")
    parts = [part.strip() for part in re.split(r"[;|,，；]", text) if part.strip()]
    if text:
        draft.values["units"] = ";".join(parts)
    return parts


def _routing(rows: Sequence[Draft], now: Fields | None) -> Fields:
    steps: Fields = now["operations"] if now else {}
    wanted: Fields = {}
    for draft in rows:
        number = str(draft.values.get("operation") or "")
        compare(draft, steps.get(number), [*_BLANK])
        given = {
            name: value
            for name, value in draft.values.items()
            if name in _BLANK and value is not None
        }
        wanted[number] = _BLANK | steps.get(number, {}) | given
    if dropped := sorted(set(steps) - set(wanted)):
        rows[0].changes["operations"] = [", ".join(dropped), None]
    return {
        "item": rows[0].values.get("item"),
        "revision": rows[0].values["revision"],
        "valid_from": now["valid_from"] if now else None,
        "valid_until": now["valid_until"] if now else None,
        "operations": wanted,
    }
