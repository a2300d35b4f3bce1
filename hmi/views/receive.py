"""What is expected from suppliers, line by line, and what a booked delivery reads like. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from hmi.views.formatting import Format, millis
from hmi.views.stock import plain
from mes_server.contract.items import ItemCard, Scanned
from mes_server.contract.locations import SavedLocation
from mes_server.contract.purchasing import PurchaseLine, PurchaseOrder, PurchaseReceived
from mes_server.contract.shape import LocalName
from mes_server.contract.stock import Posting

WAITED_FOR = ("open", "confirmed")
KINDS_TO_STAND_IN = ("store", "bin", "line_side", "quarantine", "scrap", "finished")
"""Kinds of place where stock may be put by hand."""


def expected_view(
    orders: Iterable[PurchaseOrder],
    places: Mapping[str, LocalName],
    *,
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """Open lines of open orders, the earliest due first."""
    pairs = [
        (order, line)
        for order in orders
        if order.state in WAITED_FOR
        for line in order.lines
        if line.open
    ]
    pairs.sort(key=lambda pair: (pair[1].due_at, pair[0].number, pair[1].line))
    return [_line(order, line, places, now=now, form=form) for order, line in pairs]


def places_view(places: Iterable[SavedLocation], form: Format) -> list[dict[str, str]]:
    """Open places where stock may be put, by code."""
    return [
        {"code": place.code, "name": form.words.name(place.name), "kind": place.kind}
        for place in sorted(places, key=lambda place: place.code)
        if place.active and place.kind in KINDS_TO_STAND_IN
    ]


def label_view(scanned: Scanned, item: ItemCard | None, form: Format) -> dict[str, Any]:
    """What a label says, for the fields of an entry; `item` is the one it names."""
    return {
        "item": scanned.item,
        "itemName": None if item is None else form.words.name(item.name),
        "unit": None if item is None else item.unit,
        "unitWord": None if item is None else form.unit(item.unit),
        "units": []
        if item is None
        else [{"unit": one.unit, "word": form.unit(one.unit)} for one in item.units],
        "lot": scanned.lot,
        "quantity": None if scanned.quantity is None else plain(scanned.quantity),
        "expires": None if scanned.expires_on is None else scanned.expires_on.isoformat(),
        "location": scanned.location,
        "container": scanned.container,
    }


def booked_view(result: Mapping[str, Any], form: Format) -> dict[str, Any]:
    """A delivery or a movement as it was booked; `lot` is empty when nothing was taken in."""
    nested = "posting" in result
    received = PurchaseReceived.model_validate(result) if nested else None
    posting = received.posting if received else Posting.model_validate(result)
    if posting is None:
        return {"lot": "", "open": received is not None and received.open}
    return {
        "item": posting.item,
        "lot": posting.lot,
        "amount": plain(posting.quantity),
        "unit": posting.unit,
        "quantity": form.quantity(posting.quantity, posting.unit),
        "place": posting.to_location,
        "open": received is not None and received.open,
    }


def _line(
    order: PurchaseOrder,
    line: PurchaseLine,
    places: Mapping[str, LocalName],
    *,
    now: datetime,
    form: Format,
) -> dict[str, Any]:
    most = line.quantity * (100 + line.over_percent) / 100 - line.received
    unit = line.stock_unit
    return {
        "key": f"{order.number}/{line.line}",
        "order": order.number,
        "line": line.line,
        "supplier": form.words.name(order.supplier_name),
        "confirmed": order.state == "confirmed",
        "item": line.item,
        "itemName": form.words.name(line.item_name),
        "unit": unit,
        "unitWord": form.unit(unit),
        "pack": None if line.unit == unit else {"unit": line.unit, "word": form.unit(line.unit)},
        "ordered": form.quantity(line.quantity, unit),
        "received": form.quantity(line.received, unit) if line.received > 0 else None,
        "outstanding": form.amount(line.outstanding, unit),
        "amount": plain(line.outstanding),
        "most": form.quantity(max(most, Decimal(0)), unit) if line.over_percent > 0 else None,
        "percent": form.percent(line.received, line.quantity),
        "due": form.moment(line.due_at, now),
        "dueMs": millis(line.due_at),
        "late": line.due_at < now,
        "place": line.location,
        "placeName": form.words.name(places.get(line.location, {"en": line.location})),
    }
