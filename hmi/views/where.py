"""What lies where: places as a tree, and the lots at a place, of an item, or one lot wherever it is. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hmi.views.formatting import Format
from hmi.views.stock import plain
from mes_server.contract.containers import Container
from mes_server.contract.feed import OrderCard
from mes_server.contract.locations import SavedLocation
from mes_server.contract.lots import Lot
from mes_server.contract.people import Role
from mes_server.contract.stock import StockLine

EXPIRES_SOON = timedelta(days=30)
_STORE_KEEPING: frozenset[Role] = frozenset({"warehouse", "leader", "admin"})
_SHOP_FLOOR: frozenset[Role] = frozenset({"operator"})
_QUALITY: frozenset[Role] = frozenset({"quality", "leader", "admin"})
OFFERED_TO: Mapping[str, frozenset[Role]] = {
    "put_away": _STORE_KEEPING,
    "move": _STORE_KEEPING,
    "give_back": _STORE_KEEPING | _SHOP_FLOOR,
    "hold": _QUALITY,
    "release": _QUALITY,
}
"""Who sees a button; the server asks again."""
TAKES_BACK = ("running", "held", "suspended", "completed")


def tree_view(places: Iterable[SavedLocation], form: Format) -> list[dict[str, Any]]:
    """Every open place after the one it lies in, with its depth."""
    inside: dict[str | None, list[SavedLocation]] = {}
    known = [place for place in places if place.active]
    codes = {place.code for place in known}
    for place in sorted(known, key=lambda place: place.code):
        parent = place.parent if place.parent in codes else None
        inside.setdefault(parent, []).append(place)
    found: list[dict[str, Any]] = []

    def walk(parent: str | None, depth: int) -> None:
        for place in inside.get(parent, ()):
            name = form.words.name(place.name)
            found.append(
                {"code": place.code, "name": name, "kind": place.kind, "depth": min(depth, 4)}
            )
            walk(place.code, depth + 1)

    walk(None, 0)
    return found


def lines_view(
    lines: Iterable[StockLine],
    containers: Iterable[Container],
    *,
    roles: Collection[Role],
    now: datetime,
    form: Format,
) -> list[dict[str, Any]]:
    """Lots by item, what expires first comes first; with the containers that hold some of them."""
    held_in: dict[tuple[str, str, str], list[str]] = {}
    for container in containers:
        for content in container.contents:
            key = (container.location, content.item, content.lot)
            held_in.setdefault(key, []).append(container.code)
    today = now.astimezone(form.zone).date()
    ranked = sorted(
        lines, key=lambda line: (line.item, line.expires_on or date.max, line.lot, line.location)
    )
    return [
        _line(
            line,
            held_in.get((line.location, line.item, line.lot), []),
            roles=roles,
            today=today,
            form=form,
        )
        for line in ranked
    ]


def sums_view(lines: Iterable[StockLine], form: Format) -> list[dict[str, Any]]:
    """Each item with what there is of it in all lines, what is claimed and what is held."""
    found: dict[str, list[StockLine]] = {}
    for line in lines:
        found.setdefault(line.item, []).append(line)
    return [
        {
            "item": item,
            "itemName": form.words.name(rows[0].item_name),
            "onHand": form.quantity(_sum(row.quantity for row in rows), rows[0].unit),
            "reserved": _some(_sum(row.reserved for row in rows), rows[0].unit, form),
            "held": _some(_sum(row.quantity for row in rows if _blocked(row)), rows[0].unit, form),
        }
        for item, rows in sorted(found.items())
    ]


def lots_view(lots: Iterable[Lot], form: Format) -> list[dict[str, Any]]:
    """Lots to choose from."""
    return [
        {
            "item": lot.item,
            "itemName": form.words.name(lot.item_name),
            "lot": lot.lot,
            "onHand": form.quantity(lot.on_hand, lot.unit),
            "supplierLot": lot.supplier_lot,
        }
        for lot in lots
    ]


def orders_to_return_from(orders: Iterable[OrderCard], form: Format) -> list[dict[str, str]]:
    """Orders that may have taken material that now comes back."""
    return [
        {"number": card.number, "itemName": form.words.name(card.item_name)}
        for card in sorted(orders, key=lambda card: card.number)
        if card.state in TAKES_BACK
    ]


def _line(
    line: StockLine,
    containers: list[str],
    *,
    roles: Collection[Role],
    today: date,
    form: Format,
) -> dict[str, Any]:
    free = max(line.quantity - line.reserved, Decimal(0))
    left = None if line.expires_on is None else line.expires_on - today
    held = line.status == "held"
    offered = ["put_away", "move", "give_back", "release" if held else "hold"]
    return {
        "key": f"{line.location}/{line.item}/{line.lot}",
        "place": line.location,
        "placeName": form.words.name(line.location_name),
        "item": line.item,
        "itemName": form.words.name(line.item_name),
        "lot": line.lot,
        "quantity": form.quantity(line.quantity, line.unit),
        "amount": plain(line.quantity),
        "unit": line.unit,
        "unitWord": form.unit(line.unit),
        "reserved": _some(line.reserved, line.unit, form),
        "free": form.quantity(free, line.unit),
        "freeAmount": plain(free),
        "held": held,
        "quarantine": line.kind == "quarantine",
        "expires": None if line.expires_on is None else line.expires_on.isoformat(),
        "expired": left is not None and left < timedelta(0),
        "soon": left is not None and timedelta(0) <= left < EXPIRES_SOON,
        "containers": containers,
        "actions": [verb for verb in offered if OFFERED_TO[verb] & set(roles)],
    }


def _blocked(line: StockLine) -> bool:
    return line.status == "held" or line.kind == "quarantine"


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _some(value: Decimal, unit: str, form: Format) -> str | None:
    return form.quantity(value, unit) if value > 0 else None
