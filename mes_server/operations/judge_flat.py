"""The verdict on rows that are one thing each: items and locations."""

from collections.abc import Mapping, Sequence

from mes_server.domain.import_form import Kind
from mes_server.domain.item_details import GtinTaken, GtinWrong, gtin_14
from mes_server.domain.location_tree import (
    KindFixed,
    PlaceLoops,
    WrongParent,
    check_parent,
    kind_words,
)
from mes_server.domain.refusal import Refusal, words
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
from mes_server.storage import import_targets, item_details, locations, master_data
from mes_server.storage.database import Connection

NO_ITEM = words("There is no such item. Import or create it first.", "没有该物料。请先导入或创建。")
NO_PLACE = words(
    "There is no such location. Import or create it first.", "没有该库位。请先导入或创建。"
)


async def judge_flat(
    connection: Connection, kind: Kind, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> Judgement:
    table = "items" if kind is Kind.ITEMS else "locations"
    present = await import_targets.present(connection, table, codes_of(drafts, "code"))
    if kind is Kind.ITEMS:
        await _check_units(connection, drafts, titles)
        await _check_gtins(connection, drafts, titles)
    else:
        await _check_places(connection, drafts, titles)
        await _check_tree(connection, drafts, titles, present)
    targets: dict[str, Fields] = {}
    for draft in drafts:
        now = present.get(draft.key)
        compare(draft, now)
        full = defaults(kind) | (now or {}) | given_of(draft)
        if not full["name_en"] and not full["name_zh"] and not draft.faults:
            said = words("It has no name.", "没有名称。")
            say(draft, titles, "name_en", said)
        full["name_en"] = full["name_en"] or full["name_zh"]
        full["name_zh"] = full["name_zh"] or full["name_en"]
        if draft.new or draft.changes:
            targets[draft.key] = full
    return judgement_of(drafts, targets, present)


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
    accounts = await import_targets.which(connection, "unreal_places", codes_of(drafts, "code"))
    ours = {draft.key for draft in drafts}
    missing = await missing_of(master_data.missing_locations, connection, drafts, "parent")
    account = words(
        "This is an account of the ledger, no place. Use another code.",
        "这是台账账户而非库位。请使用其他编码。",
    )
    for draft in drafts:
        if draft.key in accounts:
            say(draft, titles, "code", account)
        if (parent := draft.values.get("parent")) in missing and parent not in ours:
            say(draft, titles, "parent", NO_PLACE)


async def _check_gtins(
    connection: Connection, drafts: Sequence[Draft], titles: Mapping[str, str]
) -> None:
    """GTINs in fourteen digits, each of one item alone."""
    for draft in drafts:
        if given := draft.values.get("gtin"):
            try:
                draft.values["gtin"] = gtin_14(str(given))
            except GtinWrong as refusal:
                _say_refusal(draft, titles, "gtin", refusal)
    owners = await item_details.gtin_owners(connection, codes_of(drafts, "gtin"))
    for draft in drafts:
        gtin = draft.values.get("gtin")
        if gtin and not draft.faults:
            owner = owners.setdefault(str(gtin), draft.key)
            if owner != draft.key:
                _say_refusal(draft, titles, "gtin", GtinTaken(gtin=str(gtin), item=owner))


async def _check_tree(
    connection: Connection,
    drafts: Sequence[Draft],
    titles: Mapping[str, str],
    present: Mapping[str, Fields],
) -> None:
    """Places lie in places that can hold them, and what holds stock keeps its kind."""
    stocked = await import_targets.which(connection, "stocked_places", codes_of(drafts, "code"))
    known = await locations.parents(connection)
    for draft in drafts:
        now = present.get(draft.key)
        kind = draft.values.get("kind") or (now or {}).get("kind")
        parent = draft.values.get("parent") or (now or {}).get("parent")
        known[draft.key] = (str(kind), None if parent is None else str(parent))
    for draft in drafts:
        now = present.get(draft.key)
        if draft.faults:
            continue
        kind, parent = known[draft.key]
        if draft.key in stocked and now is not None and kind != now["kind"]:
            name = {"en": now["name_en"] or draft.key, "zh": now["name_zh"] or draft.key}
            _say_refusal(draft, titles, "kind", KindFixed(place=name, kind=kind_words(now["kind"])))
        try:
            check_parent(
                code=draft.key,
                kind=kind,
                parent_kind=known[parent][0] if parent in known else None,
                above=_above(parent, known),
            )
        except (PlaceLoops, WrongParent) as refusal:
            _say_refusal(draft, titles, "parent", refusal)


def _above(place: str | None, known: Mapping[str, tuple[str, str | None]]) -> tuple[str, ...]:
    """A place and the places that it lies in; ends where it would go round."""
    found: list[str] = []
    while place is not None and place in known and place not in found:
        found.append(place)
        place = known[place][1]
    return tuple(found)


def _say_refusal(draft: Draft, titles: Mapping[str, str], name: str, refusal: Refusal) -> None:
    said = {language: " ".join(refusal.say(language)) for language in ("en", "zh")}
    say(draft, titles, name, said)
