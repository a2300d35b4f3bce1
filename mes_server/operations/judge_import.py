"""The verdict on each row of an import: new, a change and of what, unchanged, or what is wrong with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mes_server.domain.bill_of_material import BillLoops, ComponentTwice, check_bills
from mes_server.domain.import_cells import Fault, ReadRow
from mes_server.domain.import_fields import Kind
from mes_server.domain.refusal import words
from mes_server.operations.import_draft import (
    Draft,
    Fields,
    Judgement,
    codes_of,
    compare,
    defaults,
    given_of,
    judgement_of,
    missing_of,
    say,
)
from mes_server.operations.judge_flat import NO_ITEM, NO_PLACE, judge_flat
from mes_server.operations.judge_routings import judge_routings
from mes_server.operations.judge_supply import (
    judge_loops,
    judge_purchases,
    judge_suppliers,
    judge_units,
    number_lines,
)
from mes_server.storage import import_targets, master_data
from mes_server.storage.database import Connection

_TWICE = words("Line {line} is about the same thing.", "与第 {line} 行重复。")


async def judge(
    connection: Connection, kind: Kind, rows: Sequence[ReadRow], titles: Mapping[str, str]
) -> Judgement:
    """Compare the rows with the database as it is in this transaction. `titles`: field -> title of its column."""
    drafts = [_draft(kind, row) for row in rows]
    if kind is Kind.PURCHASES:
        number_lines(drafts)
    _mark_twins(drafts)
    match kind:
        case Kind.ITEMS | Kind.LOCATIONS:
            return await judge_flat(connection, kind, drafts, titles)
        case Kind.BILLS:
            return await _judge_bills(connection, drafts, titles)
        case Kind.ROUTINGS:
            return await judge_routings(connection, drafts, titles)
        case Kind.LOTS:
            return await _judge_lots(connection, drafts, titles)
        case Kind.ORDERS:
            return await _judge_orders(connection, drafts, titles)
        case Kind.SUPPLIERS:
            return await judge_suppliers(connection, drafts, titles)
        case Kind.UNITS:
            return await judge_units(connection, drafts, titles)
        case Kind.LOOPS:
            return await judge_loops(connection, drafts, titles)
        case Kind.PURCHASES:
            return await judge_purchases(connection, drafts, titles)


_KEYS: Mapping[Kind, Sequence[str]] = {
    Kind.ITEMS: ("code",),
    Kind.LOCATIONS: ("code",),
    Kind.BILLS: ("item", "revision", "component"),
    Kind.ROUTINGS: ("item", "revision", "operation"),
    Kind.LOTS: ("item", "lot", "location"),
    Kind.ORDERS: ("number",),
    Kind.SUPPLIERS: ("code",),
    Kind.UNITS: ("item", "unit"),
    Kind.LOOPS: ("item", "location"),
    Kind.PURCHASES: ("number", "line"),
}


def _draft(kind: Kind, row: ReadRow) -> Draft:
    values = dict(row.values)
    if kind in (Kind.BILLS, Kind.ROUTINGS) and not values.get("revision"):
        values["revision"] = "A"
    key = "/".join(str(values.get(name) or "") for name in _KEYS[kind])
    return Draft(number=row.number, key=key, values=values, faults=list(row.faults))


def _mark_twins(drafts: Sequence[Draft]) -> None:
    first: dict[str, int] = {}
    for draft in drafts:
        if draft.faults:
            continue
        line = first.setdefault(draft.key, draft.number)
        if line != draft.number:
            said = {name: text.format(line=line) for name, text in _TWICE.items()}
            draft.faults.append(Fault(said=said, value=draft.key))


async def _judge_bills(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> Judgement:
    missing = await missing_of(master_data.missing_items, connection, drafts, "item", "component")
    for draft in drafts:
        for name in ("item", "component"):
            if draft.values.get(name) in missing:
                say(draft, titles, name, NO_ITEM)
    present = await import_targets.present(connection, "bills", codes_of(drafts, "item"))
    bills: dict[str, list[Draft]] = {}
    for draft in drafts:
        bills.setdefault(f"{draft.values.get('item')}/{draft.values['revision']}", []).append(draft)
    targets = {key: _bill(rows, present.get(key), titles) for key, rows in bills.items()}
    await _check_loops(connection, bills, targets, titles)
    changed = {
        key: target
        for key, target in targets.items()
        if any(draft.new or draft.changes for draft in bills[key])
    }
    return judgement_of(drafts, changed, present)


def _bill(rows: Sequence[Draft], now: Fields | None, titles: Mapping[str, str]) -> Fields:
    """The bill as its rows have it: what they no longer name is taken out."""
    parts: Fields = now["components"] if now else {}
    base = next((d.values["base_quantity"] for d in rows if d.values.get("base_quantity")), None)
    bill: Fields = {
        "item": rows[0].values.get("item"),
        "revision": rows[0].values["revision"],
        "base_quantity": base or (now["base_quantity"] if now else "1"),
        "components": {},
    }
    for draft in rows:
        other = draft.values.get("base_quantity")
        if other and other != base:
            said = words(f"Another line of this bill says {base}.", f"该清单的其他行为 {base}。")
            say(draft, titles, "base_quantity", said)
        component = str(draft.values.get("component") or "")
        compare(draft, parts.get(component), ("quantity", "scrap_percent", "measured"))
        blank = {"scrap_percent": "0", "measured": False}
        wanted = {
            name: value
            for name, value in given_of(draft).items()
            if name in ("quantity", "scrap_percent", "measured")
        }
        bill["components"][component] = blank | parts.get(component, {}) | wanted
    if now and now["base_quantity"] != bill["base_quantity"]:
        rows[0].changes["base_quantity"] = [now["base_quantity"], bill["base_quantity"]]
    if dropped := sorted(set(parts) - set(bill["components"])):
        rows[0].changes["components"] = [", ".join(dropped), None]
    return bill


async def _check_loops(
    connection: Connection,
    bills: Mapping[str, Sequence[Draft]],
    targets: Mapping[str, Fields],
    titles: Mapping[str, str],
) -> None:
    known = {
        item: sorted(set(parts))
        for item, parts in (await master_data.read_bills(connection)).items()
    }
    for key, target in targets.items():
        rows = bills[key]
        if any(row.faults for row in rows):
            continue
        item = str(target["item"])
        tried = known | {item: sorted(target["components"])}
        try:
            check_bills(tried)
            known = tried
        except (BillLoops, ComponentTwice) as refusal:
            said = {name: " ".join(refusal.say(name)) for name in ("en", "zh")}
            say(rows[0], titles, "component", said)


async def _judge_lots(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> Judgement:
    items = await missing_of(master_data.missing_items, connection, drafts, "item")
    places = await missing_of(master_data.missing_locations, connection, drafts, "location")
    places |= await import_targets.which(connection, "unreal_places", codes_of(drafts, "location"))
    present = await import_targets.present_lots(
        connection, items=codes_of(drafts, "item"), lots=codes_of(drafts, "lot")
    )
    targets: dict[str, Fields] = {}
    for draft in drafts:
        if draft.values.get("item") in items:
            say(draft, titles, "item", NO_ITEM)
        if draft.values.get("location") in places:
            say(draft, titles, "location", NO_PLACE)
        now = present.get(f"{draft.values.get('item')}/{draft.values.get('lot')}")
        if now is None:
            draft.new = True
            targets[draft.key] = defaults(Kind.LOTS) | given_of(draft)
        elif not draft.faults:
            _check_known_lot(draft, now, titles)
    return judgement_of(drafts, targets, {})


def _check_known_lot(draft: Draft, now: Fields, titles: Mapping[str, str]) -> None:
    """A lot that is there already is only compared: stock changes by receipts, transfers and counts."""
    here = now["stock"].get(draft.values["location"], "0")
    if draft.values["quantity"] != here:
        said = words(
            f"The lot is known with {here} at this place. Book a receipt, a transfer or a count.",
            f"该批次在此库位已有 {here}。请使用收货、移库或盘点。",
        )
        say(draft, titles, "quantity", said)
    expires = draft.values.get("expires_on")
    if expires and expires != now["expires_on"]:
        said = words(
            f"The lot is known with {now['expires_on'] or 'no date'}. Check the label.",
            f"该批次已登记为 {now['expires_on'] or '无有效期'}。请核对标签。",
        )
        say(draft, titles, "expires_on", said)


async def _judge_orders(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> Judgement:
    codes = codes_of(drafts, "item")
    missing = await missing_of(master_data.missing_items, connection, drafts, "item")
    made = await import_targets.which(connection, "made_items", codes)
    units = await import_targets.which(connection, "known_units", codes_of(drafts, "equipment"))
    present = await import_targets.present(connection, "orders", codes_of(drafts, "number"))
    bought = words("The item is bought, not made.", "该物料为外购件，不在此生产。")
    no_unit = words(
        "There is no such unit. Write its path, like site/area/line/unit.",
        "没有该设备。请填写路径，例如 site/area/line/unit。",
    )
    known = words(
        "The order is known with other values. Change it at the order.",
        "该工单已存在且内容不同。请直接修改工单。",
    )
    targets: dict[str, Fields] = {}
    for draft in drafts:
        item = draft.values.get("item")
        if item in missing:
            say(draft, titles, "item", NO_ITEM)
        elif item and item not in made:
            say(draft, titles, "item", bought)
        if (unit := draft.values.get("equipment")) and unit not in units:
            say(draft, titles, "equipment", no_unit)
        now = present.get(draft.key)
        compare(draft, now and {**now, "due_at": _spelled(now["due_at"])})
        for name in list(draft.changes):
            say(draft, titles, name, known)
        if draft.new:
            targets[draft.key] = defaults(Kind.ORDERS) | given_of(draft)
    return judgement_of(drafts, targets, {})


def _spelled(instant: str) -> str:
    """A time of the database as cells spell it."""
    return datetime.fromisoformat(instant).isoformat()
