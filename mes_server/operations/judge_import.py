"""The verdict on each row of an import: new, a change and of what, unchanged, or what is wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mes_server.domain.bill_of_material import BillLoops, ComponentTwice, check_bills
from mes_server.domain.import_cells import Fault, ReadRow, Value
from mes_server.domain.import_fields import FIELDS, Kind
from mes_server.domain.refusal import Words, words
from mes_server.storage import import_targets, master_data
from mes_server.storage.database import Connection
from mes_server.storage.imports import JudgedRow

Fields = dict[str, Any]
NO_ITEM = words("There is no such item. Import or create it first.", "没有该物料。请先导入或创建。")
NO_PLACE = words(
    "There is no such location. Import or create it first.", "没有该库位。请先导入或创建。"
)
_TWICE = words("Line {line} is about the same thing.", "与第 {line} 行重复。")


@dataclass(slots=True, kw_only=True)
class Draft:
    """A row on its way to its verdict."""

    number: int
    key: str
    values: dict[str, Value]
    faults: list[Fault]
    changes: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said of the rows, and what a commit would bring things to."""

    rows: Sequence[JudgedRow]
    targets: Mapping[str, Fields]
    """Key of each thing that is new or changes -> all its fields as they would be."""
    before: Mapping[str, Fields | None]
    """Key -> its fields as they are; None for a new one."""

    @property
    def wrong(self) -> int:
        """Rows that cannot be taken."""
        return sum(row.verdict == "error" for row in self.rows)


async def judge(
    connection: Connection, kind: Kind, rows: Sequence[ReadRow], titles: Mapping[str, str]
) -> Judgement:
    """Compare the rows with the database as it is in this transaction. `titles`: field -> title of its column."""
    drafts = [_draft(kind, row) for row in rows]
    _mark_twins(drafts)
    match kind:
        case Kind.ITEMS | Kind.LOCATIONS:
            return await _judge_flat(connection, kind, drafts, titles)
        case Kind.BILLS:
            return await _judge_bills(connection, drafts, titles)
        case Kind.LOTS:
            return await _judge_lots(connection, drafts, titles)
        case Kind.ORDERS:
            return await _judge_orders(connection, drafts, titles)


_KEYS: Mapping[Kind, Sequence[str]] = {
    Kind.ITEMS: ("code",),
    Kind.LOCATIONS: ("code",),
    Kind.BILLS: ("item", "revision", "component"),
    Kind.LOTS: ("item", "lot", "location"),
    Kind.ORDERS: ("number",),
}


def _draft(kind: Kind, row: ReadRow) -> Draft:
    values = dict(row.values)
    if kind is Kind.BILLS and not values.get("revision"):
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


def say(draft: Draft, titles: Mapping[str, str], name: str, said: Words) -> None:
    """One more thing is wrong with a field of the row."""
    value = str(draft.values.get(name) or "")
    draft.faults.append(Fault(said=said, column=titles.get(name, ""), field=name, value=value))


def defaults(kind: Kind) -> Fields:
    """What new things have where the file does not say."""
    return {one.name: one.default for one in FIELDS[kind]}


def _given(draft: Draft) -> Fields:
    return {name: value for name, value in draft.values.items() if value is not None}


def _compare(draft: Draft, present: Fields | None, names: Collection[str] | None = None) -> None:
    if present is None:
        draft.new = True
        return
    for name, value in _given(draft).items():
        if (names is None or name in names) and present.get(name) != value:
            draft.changes[name] = [present.get(name), value]


def verdict_of(draft: Draft) -> JudgedRow:
    """The draft, judged."""
    verdict = "unchanged"
    if draft.faults:
        verdict = "error"
    elif draft.new:
        verdict = "new"
    elif draft.changes:
        verdict = "change"
    return JudgedRow(
        number=draft.number,
        verdict=verdict,
        key=draft.key,
        given=_given(draft),
        changes=draft.changes,
        faults=[
            {"column": one.column, "field": one.field, "value": one.value, "said": dict(one.said)}
            for one in draft.faults
        ],
    )


def _codes(drafts: Sequence[Draft], *names: str) -> list[str]:
    return sorted({str(v) for d in drafts for name in names if (v := d.values.get(name))})


async def _judge_flat(
    connection: Connection, kind: Kind, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> Judgement:
    table = "items" if kind is Kind.ITEMS else "locations"
    present = await import_targets.present(connection, table, _codes(drafts, "code"))
    if kind is Kind.ITEMS:
        await _check_units(connection, drafts, titles)
    else:
        await _check_places(connection, drafts, titles)
    targets: dict[str, Fields] = {}
    for draft in drafts:
        now = present.get(draft.key)
        _compare(draft, now)
        full = defaults(kind) | (now or {}) | _given(draft)
        if not full["name_en"] and not full["name_zh"] and not draft.faults:
            said = words("It has no name.", "没有名称。")
            say(draft, titles, "name_en", said)
        full["name_en"] = full["name_en"] or full["name_zh"]
        full["name_zh"] = full["name_zh"] or full["name_en"]
        if draft.new or draft.changes:
            targets[draft.key] = full
    return _judgement(drafts, targets, present)


def _judgement(
    drafts: Sequence[Draft], targets: Mapping[str, Fields], present: Mapping[str, Fields]
) -> Judgement:
    return Judgement(
        rows=[verdict_of(draft) for draft in drafts],
        targets=targets,
        before={key: present.get(key) for key in targets},
    )


async def _check_units(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> None:
    given = [
        {"code": d.values["code"], "unit": d.values["unit"]}
        for d in drafts
        if d.values.get("code") and d.values.get("unit")
    ]
    used = set(await master_data.items_with_stock_in_another_unit(connection, given))
    said = words(
        "The item has stock in its present unit. Leave the unit, or create a new item.",
        "该物料已按现有单位入账。请保留单位，或新建物料。",
    )
    for draft in drafts:
        if draft.key in used:
            say(draft, titles, "unit", said)


async def _check_places(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> None:
    accounts = await import_targets.which(connection, "unreal_places", _codes(drafts, "code"))
    ours = {draft.key for draft in drafts}
    missing = await _missing(master_data.missing_locations, connection, drafts, "parent")
    account = words(
        "This is an account of the ledger, no place. Use another code.",
        "这是台账账户而非库位。请使用其他编码。",
    )
    for draft in drafts:
        if draft.key in accounts:
            say(draft, titles, "code", account)
        if (parent := draft.values.get("parent")) in missing and parent not in ours:
            say(draft, titles, "parent", NO_PLACE)


async def _missing(
    query: Any, connection: Connection, drafts: Sequence[Draft], *names: str
) -> set[str]:
    return set(await query(connection, _codes(drafts, *names)))


async def _judge_bills(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> Judgement:
    missing = await _missing(master_data.missing_items, connection, drafts, "item", "component")
    for draft in drafts:
        for name in ("item", "component"):
            if draft.values.get(name) in missing:
                say(draft, titles, name, NO_ITEM)
    present = await import_targets.present(connection, "bills", _codes(drafts, "item"))
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
    return _judgement(drafts, changed, present)


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
        _compare(draft, parts.get(component), ("quantity", "scrap_percent", "measured"))
        blank = {"scrap_percent": "0", "measured": False}
        wanted = {
            name: value
            for name, value in _given(draft).items()
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
    items = await _missing(master_data.missing_items, connection, drafts, "item")
    places = await _missing(master_data.missing_locations, connection, drafts, "location")
    places |= await import_targets.which(connection, "unreal_places", _codes(drafts, "location"))
    present = await import_targets.present_lots(
        connection, items=_codes(drafts, "item"), lots=_codes(drafts, "lot")
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
            targets[draft.key] = defaults(Kind.LOTS) | _given(draft)
        elif not draft.faults:
            _check_known_lot(draft, now, titles)
    return _judgement(drafts, targets, {})


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
    codes = _codes(drafts, "item")
    missing = await _missing(master_data.missing_items, connection, drafts, "item")
    made = await import_targets.which(connection, "made_items", codes)
    units = await import_targets.which(connection, "known_units", _codes(drafts, "equipment"))
    present = await import_targets.present(connection, "orders", _codes(drafts, "number"))
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
        _compare(draft, now)
        for name in list(draft.changes):
            say(draft, titles, name, known)
        if draft.new:
            targets[draft.key] = defaults(Kind.ORDERS) | _given(draft)
    return _judgement(drafts, targets, {})
