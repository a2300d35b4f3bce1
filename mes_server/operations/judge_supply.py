"""The verdict on rows about supply: suppliers, units of items, replenishment loops and purchase orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from mes_server.domain.import_form import Kind
from mes_server.domain.loop_rule import Method, SupplyKind
from mes_server.domain.loop_setting import LoopIncomplete, check_loop
from mes_server.domain.refusal import plain, words
from mes_server.domain.units import booked
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
from mes_server.storage import import_supply, item_details, master_data
from mes_server.storage.database import Connection

NO_ITEM = words("There is no such item. Import or create it first.", "没有该物料。请先导入或创建。")
NO_PLACE = words(
    "There is no such place that takes stock. Import or create it first.",
    "该库位不存在，或不能存放库存。请先导入或创建。",
)
NO_SUPPLIER = words(
    "There is no such supplier in use. Import or create it first.",
    "该供应商不存在或已停用。请先导入或创建。",
)
NO_NAME = words("It has no name.", "没有名称。")
_FACTOR_MAX = 10**12
_ACCOUNTS = {"SUPPLIER", "PRODUCTION"}
"""What our own lists name as the source of what is bought or made; people name none."""

Titles = Mapping[str, str]


async def judge_suppliers(
    connection: Connection, drafts: Sequence[Draft], titles: Titles
) -> Judgement:
    """Suppliers by their codes."""
    present = await import_supply.present(connection, "suppliers", codes_of(drafts, "code"))
    targets: dict[str, Fields] = {}
    for draft in drafts:
        now = present.get(draft.key)
        compare(draft, now)
        full = defaults(Kind.SUPPLIERS) | (now or {}) | given_of(draft)
        if not full["name_en"] and not full["name_zh"] and not draft.faults:
            say(draft, titles, "name_en", NO_NAME)
        full["name_en"] = full["name_en"] or full["name_zh"]
        full["name_zh"] = full["name_zh"] or full["name_en"]
        if draft.new or draft.changes:
            targets[draft.key] = full
    return judgement_of(drafts, targets, present)


async def judge_units(connection: Connection, drafts: Sequence[Draft], titles: Titles) -> Judgement:
    """Further units of items, exactly; units that no row names stay."""
    items = codes_of(drafts, "item")
    stock = await import_supply.stock_units(connection, items)
    present = await import_supply.present(connection, "units", items)
    own = words(
        "This is the stock unit of the item; it needs no conversion.",
        "这是该物料的库存单位，无需换算。",
    )
    targets: dict[str, Fields] = {}
    for draft in drafts:
        item = draft.values.get("item")
        if item and item not in stock:
            say(draft, titles, "item", NO_ITEM)
        elif item and stock[str(item)] == draft.values.get("unit"):
            say(draft, titles, "unit", own)
        _reduce(draft, titles)
        now = present.get(draft.key)
        compare(draft, _reduced(now))
        if draft.new or draft.changes:
            targets[draft.key] = defaults(Kind.UNITS) | (now or {}) | given_of(draft)
    return judgement_of(drafts, targets, present)


def _reduce(draft: Draft, titles: Titles) -> None:
    """The conversion as two whole numbers: 0.5 for 1 is 1 for 2."""
    contains = draft.values.get("numerator")
    if draft.faults or not contains:
        return
    factor = Fraction(str(contains)) / Fraction(str(draft.values.get("denominator") or 1))
    if max(factor.numerator, factor.denominator) > _FACTOR_MAX:
        said = words(
            "The conversion is not between 1 : 10^12 and 10^12 : 1.",
            "换算率须在 1 : 10^12 与 10^12 : 1 之间。",
        )
        say(draft, titles, "numerator", said)
    draft.values["numerator"] = str(factor.numerator)
    draft.values["denominator"] = str(factor.denominator)


def _reduced(now: Fields | None) -> Fields | None:
    if now is None:
        return None
    factor = Fraction(int(now["numerator"]), int(now["denominator"]))
    return {**now, "numerator": str(factor.numerator), "denominator": str(factor.denominator)}


async def judge_loops(connection: Connection, drafts: Sequence[Draft], titles: Titles) -> Judgement:
    """Replenishment loops by item and place; an empty cell leaves what is there."""
    items = codes_of(drafts, "item")
    missing = await missing_of(master_data.missing_items, connection, drafts, "item")
    places = await import_supply.which(
        connection, "open_places", codes_of(drafts, "location", "source")
    )
    known = await import_supply.which(connection, "live_suppliers", codes_of(drafts, "supplier"))
    packs = await item_details.unit_factors(connection, items)
    present = await import_supply.present(connection, "loops", items)
    targets: dict[str, Fields] = {}
    for draft in drafts:
        values = draft.values
        if values.get("source") in _ACCOUNTS:
            values["source"] = None
        now = present.get(draft.key)
        full = defaults(Kind.LOOPS) | (now or {}) | given_of(draft)
        if values.get("item") in missing:
            say(draft, titles, "item", NO_ITEM)
        for name in ("location", "source"):
            if values.get(name) and values[name] not in places:
                say(draft, titles, name, NO_PLACE)
        if values.get("supplier") and values["supplier"] not in known:
            say(draft, titles, "supplier", NO_SUPPLIER)
        _check_pack(draft, titles, full, packs)
        compare(draft, now)
        if not draft.faults:
            _check_loop(draft, titles, full)
        if draft.new or draft.changes:
            targets[draft.key] = full
    return judgement_of(drafts, targets, present)


def _check_pack(
    draft: Draft, titles: Titles, full: Fields, packs: Mapping[str, Mapping[str, Fraction]]
) -> None:
    known = packs.get(str(full.get("item")), {})
    if full.get("pack_unit") and known and full["pack_unit"] not in known:
        names = ", ".join(sorted(known))
        said = words(
            f"The item is not counted in it; use {names}.", f"该物料没有此单位；可用：{names}。"
        )
        say(draft, titles, "pack_unit", said)


def _check_loop(draft: Draft, titles: Titles, full: Fields) -> None:
    most = full.get("max_quantity")
    try:
        check_loop(
            kind=SupplyKind(full["kind"]),
            method=Method(full["method"]),
            reorder_point=Decimal(full["reorder_point"]),
            max_quantity=None if most is None else Decimal(most),
            has_source=full.get("source") is not None,
            has_supplier=full.get("supplier") is not None,
        )
    except LoopIncomplete as refusal:
        said = {name: " ".join(refusal.say(name)) for name in ("en", "zh")}
        say(draft, titles, "method", said)


async def judge_purchases(
    connection: Connection, drafts: Sequence[Draft], titles: Titles
) -> Judgement:
    """Lines of purchase orders: new orders are made, known ones are only compared."""
    items = codes_of(drafts, "item")
    missing = await missing_of(master_data.missing_items, connection, drafts, "item")
    places = await import_supply.which(connection, "open_places", codes_of(drafts, "location"))
    suppliers = await import_supply.which(
        connection, "live_suppliers", codes_of(drafts, "supplier")
    )
    units = await item_details.unit_factors(connection, items)
    present = await import_supply.present(connection, "purchases", codes_of(drafts, "number"))
    known = {str(one["number"]) for one in present.values()}
    first: dict[str, Draft] = {}
    targets: dict[str, Fields] = {}
    for draft in drafts:
        number = str(draft.values.get("number") or "")
        if draft.values.get("item") in missing:
            say(draft, titles, "item", NO_ITEM)
        if draft.values.get("location") and draft.values["location"] not in places:
            say(draft, titles, "location", NO_PLACE)
        _check_unit(draft, titles, units)
        if number in known:
            _check_known(draft, present.get(draft.key), titles)
            continue
        if draft.values.get("supplier") and draft.values["supplier"] not in suppliers:
            say(draft, titles, "supplier", NO_SUPPLIER)
        _check_head(draft, first.setdefault(number, draft), titles)
        draft.new = True
        targets[draft.key] = defaults(Kind.PURCHASES) | given_of(draft)
    return judgement_of(drafts, targets, {})


def number_lines(drafts: Sequence[Draft]) -> None:
    """Lines without a number are counted from the one before."""
    last: dict[str, int] = {}
    for draft in drafts:
        number = str(draft.values.get("number") or "")
        line = int(str(draft.values.get("line") or last.get(number, 0) + 1))
        last[number] = line
        draft.values["line"] = str(line)
        draft.key = f"{number}/{line}"


def _check_unit(draft: Draft, titles: Titles, units: Mapping[str, Mapping[str, Fraction]]) -> None:
    known = units.get(str(draft.values.get("item")), {})
    unit = draft.values.get("unit")
    if unit and known and unit not in known:
        names = ", ".join(sorted(known))
        said = words(
            f"The item is not counted in it; use {names}.", f"该物料没有此单位；可用：{names}。"
        )
        say(draft, titles, "unit", said)


def _check_head(draft: Draft, first: Draft, titles: Titles) -> None:
    supplier = first.values.get("supplier")
    if draft.values.get("supplier") != supplier:
        said = words(
            f"Another line of this order says {supplier}.", f"该采购单的其他行为 {supplier}。"
        )
        say(draft, titles, "supplier", said)


def _check_known(draft: Draft, now: Fields | None, titles: Titles) -> None:
    """An order that is known is only compared: it changes by confirming, closing and receiving."""
    said = words(
        "The order is known without this line. Change it at the order.",
        "该采购单已存在且无此行。请直接修改采购单。",
    )
    if now is None:
        say(draft, titles, "line", said)
        return
    if now["state"] == "cancelled":
        gone = words(
            "This order was cancelled. Use another number.", "该采购单已取消。请使用其他单号。"
        )
        say(draft, titles, "number", gone)
        return
    asked = datetime.fromisoformat(str(now["due_at"])).isoformat()
    compare(draft, {**now, "due_at": asked, "price": _same_price(draft, now)})
    known = words(
        "The order is known with other values. Change it at the order.",
        "该采购单已存在且内容不同。请直接修改采购单。",
    )
    for name in list(draft.changes):
        say(draft, titles, name, known)


def _same_price(draft: Draft, now: Fields) -> str:
    """The price as the row has it, when the order keeps just that for one stock unit; else as it is kept."""
    given = draft.values.get("price")
    if given is None:
        return str(now["price"])
    value = Fraction(str(given)) * Fraction(str(now["quantity"]))
    kept = booked(value / Fraction(str(now["stock_quantity"])))
    return str(given) if plain(kept) == now["stock_price"] else str(now["price"])
