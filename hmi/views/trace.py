"""Where a lot came from, where it went, where all of it is, and what a recall must find. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from hmi.views.formatting import Format
from hmi.views.order_detail import lot_path, order_path
from mes_server.contract.containers import SerialLine
from mes_server.contract.feed import UnitCard
from mes_server.contract.lots import Lot, LotCard
from mes_server.contract.order_reports import OrderLot
from mes_server.contract.trace import (
    Exposure,
    Genealogy,
    MassBalance,
    ProcessValue,
    Recall,
    TracedLink,
    TracedLot,
    Whereabouts,
)

ROWS_MAX = 400
"""Links of a tree that are shown; the file has all."""
VIRTUAL = frozenset({"consumption", "production", "supplier", "adjustment"})
"""Accounts that hold nothing that could be fetched."""
Units = Mapping[str, UnitCard]
LotKey = tuple[str, str]


def found_view(
    lots: Iterable[Lot],
    serials: Iterable[SerialLine],
    made: Iterable[OrderLot],
    *,
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """What a scanned or typed text may be: lots, numbered pieces, and what an order made or used."""
    words = form.words
    found = [
        _candidate(lot.item, lot.lot, words.name(lot.item_name), form.moment(lot.received_at, now))
        for lot in lots
    ]
    found += [
        _candidate(
            piece.item,
            piece.lot,
            words.name(piece.item_name),
            words("trace.piece", serial=piece.serial),
        )
        for piece in serials
    ]
    found += [
        _candidate(
            lot.item,
            lot.lot,
            words.name(lot.item_name),
            words("trace.made_by", operation=lot.operation)
            if lot.produced
            else words("trace.used_by", operation=lot.operation),
        )
        for lot in sorted(made, key=lambda lot: lot.produced is None)
    ]
    first: dict[LotKey, dict[str, Any]] = {}
    for one in found:
        first.setdefault((one["item"], one["lot"]), one)
    return list(first.values())


def _candidate(item: str, lot: str, name: str, note: str) -> dict[str, Any]:
    return {"item": item, "lot": lot, "itemName": name, "note": note}


def lot_view(lot: LotCard, balance: MassBalance, *, now: datetime, form: Format) -> dict[str, Any]:
    """The lot itself, where it is now, and whether all of it is accounted for."""
    unit = lot.unit
    here = [one for one in balance.accounts if one.quantity > 0]
    real = [one for one in here if one.kind not in VIRTUAL]
    return {
        "item": lot.item,
        "itemName": form.words.name(lot.item_name),
        "lot": lot.lot,
        "held": lot.status == "held",
        "received": form.moment(lot.received_at, now),
        "expires": None if lot.expires_on is None else form.day(lot.expires_on),
        "supplierLot": lot.supplier_lot,
        "came": form.quantity(balance.came, unit),
        "sources": [
            form.words.name(one.location_name) for one in balance.accounts if one.quantity < 0
        ],
        "places": [_place(one, unit, form) for one in real],
        "accounts": [_place(one, unit, form) for one in here],
        "balanced": balance.difference == 0,
        "difference": form.difference(balance.difference, unit),
    }


def _place(one: Whereabouts, unit: str, form: Format) -> dict[str, Any]:
    return {
        "location": one.location,
        "name": form.words.name(one.location_name),
        "kind": one.kind,
        "quantity": form.quantity(one.quantity, unit),
    }


def tree_view(
    tree: Genealogy,
    places: Mapping[LotKey, Sequence[str]],
    *,
    units: Units,
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    """The tree as lines with their level; a lot that was told already is named again, not walked again."""
    known = {(lot.item, lot.lot): lot for lot in tree.lots}
    below: dict[LotKey, list[TracedLink]] = defaultdict(list)
    for link in tree.links:
        below[_near(link, tree.direction)].append(link)
    rows: list[dict[str, Any]] = []
    walked: set[LotKey] = set()
    waiting = [(link, 1) for link in reversed(below[tree.item, tree.lot])]
    while waiting and len(rows) < ROWS_MAX:
        link, depth = waiting.pop()
        far = _far(link, tree.direction)
        again = far in walked
        rows.append(_line(link, tree.direction, known[far], depth, again, units, places, now, form))
        if not again:
            walked.add(far)
            waiting += [(next_, depth + 1) for next_ in reversed(below[far])]
    cut = tree.cut or ("rows" if waiting else None)
    return {
        "rows": rows,
        "lots": len(tree.lots) - 1,
        "cut": None if cut is None else form.words("trace.cut", count=len(rows)),
    }


def _near(link: TracedLink, direction: Literal["back", "forward"]) -> LotKey:
    back = direction == "back"
    return (link.output_item, link.output_lot) if back else (link.input_item, link.input_lot)


def _far(link: TracedLink, direction: Literal["back", "forward"]) -> LotKey:
    back = direction == "back"
    return (link.input_item, link.input_lot) if back else (link.output_item, link.output_lot)


def _line(
    link: TracedLink,
    direction: Literal["back", "forward"],
    lot: TracedLot,
    depth: int,
    again: bool,
    units: Units,
    places: Mapping[LotKey, Sequence[str]],
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    return {
        "depth": depth,
        "again": again,
        "item": lot.item,
        "itemName": form.words.name(lot.item_name),
        "lot": lot.lot,
        "href": lot_path(lot.item, lot.lot),
        "held": lot.status == "held",
        "supplierLot": lot.supplier_lot,
        "quantity": form.quantity(link.consumed, link.input_unit),
        "produced": form.quantity(link.produced, link.output_unit),
        "order": link.order,
        "orderHref": order_path(link.order),
        "operation": link.operation,
        "unit": unit_name(link.equipment, units, form),
        "window": window(link.window_from, link.until, now, form),
        "places": list(places.get((lot.item, lot.lot), ())) if direction == "forward" else [],
    }


def unit_name(path: str | None, units: Units, form: Format) -> str:
    """The unit's name, or its path when it is not in the plant any more."""
    if path is None:
        return "–"
    card = units.get(path)
    return path if card is None else form.words.name(card.name)


def window(since: datetime, until: datetime, now: datetime, form: Format) -> str:
    """11-22 14:00 – 14:30"""
    begin, end = form.moment(since, now), form.moment(until, now)
    same_day = since.astimezone(form.zone).date() == until.astimezone(form.zone).date()
    return f"{begin} – {form.clock(until) if same_day else end}"


def recall_view(recall: Recall, *, units: Units, now: datetime, form: Format) -> dict[str, Any]:
    """Products reached, where they are, which orders made them, and what was measured meanwhile."""
    return {
        "products": [
            {
                "item": one.item,
                "itemName": form.words.name(one.item_name),
                "lot": one.lot,
                "href": lot_path(one.item, one.lot),
                "held": one.status == "held",
                "produced": form.quantity(one.produced, one.unit),
                "orders": [{"number": number, "href": order_path(number)} for number in one.orders],
                "places": _places(one.places, one.unit, form),
            }
            for one in recall.products
        ],
        "exposures": [_exposure(one, units, now, form) for one in recall.exposures],
        "withoutOrder": [
            {
                "item": one.item,
                "lot": one.lot,
                "unit": unit_name(one.equipment, units, form),
                "quantity": form.quantity(one.consumed, one.unit),
                "window": window(one.since, one.until, now, form),
            }
            for one in recall.without_order
        ],
        "cut": None if recall.cut is None else form.words("trace.recall_cut"),
    }


def _exposure(one: Exposure, units: Units, now: datetime, form: Format) -> dict[str, Any]:
    link = one.link
    return {
        "order": link.order,
        "href": order_path(link.order),
        "operation": link.operation,
        "unit": unit_name(link.equipment, units, form),
        "input": f"{link.input_item} {link.input_lot}",
        "consumed": form.quantity(link.consumed, link.input_unit),
        "window": window(link.window_from, link.until, now, form),
        "values": [_process_value(value, form) for value in one.process_values],
    }


def _process_value(value: ProcessValue, form: Format) -> str:
    low, mean, high = (
        form.exact(Decimal(str(round(figure, 2))))
        for figure in (value.minimum, value.average, value.maximum)
    )
    return f"{value.signal} {low} / {mean} / {high} {form.unit(value.unit)}".strip()


def places_of(recall: Recall, form: Format) -> dict[LotKey, list[str]]:
    """Where each product that was reached is now."""
    return {(one.item, one.lot): _places(one.places, one.unit, form) for one in recall.products}


def _places(places: Iterable[Whereabouts], unit: str, form: Format) -> list[str]:
    return [
        f"{form.words.name(one.location_name)} {form.quantity(one.quantity, unit)}"
        for one in places
    ]
