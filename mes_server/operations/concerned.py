"""Which units a command concerns, and what it is about, read from what it was given.

A command that names a unit, an order, a scrap entry, a call or places needs no line here; one that is about something
else concerns the whole plant.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mes_server.storage import concerned
from mes_server.storage.database import Connection

_PLACES = ("from_location", "to_location", "location", "source")
_TARGETS = (
    "number",
    "unit",
    "equipment",
    "report",
    "container",
    "movement",
    "adjustment",
    "shipment",
    "badge",
    "name",
    "id",
    "lot",
    "item",
    "location",
)
"""What a command is about, the most telling first."""
TARGET_MAX = 200


async def concerned_units(
    connection: Connection, *, kind: str, given: Mapping[str, Any]
) -> Sequence[Sequence[str]]:
    """For each thing that the command is about: the units it belongs to. Stores belong to none and are left out."""
    for name in ("unit", "equipment"):
        if isinstance(path := given.get(name), str):
            return [[path]]
    number = given.get("number")
    if kind.endswith("-replenishment") and isinstance(number, int):
        return [await concerned.units_of_signal(connection, number)]
    if kind == "create-work-order" and isinstance(item := given.get("item"), str):
        return await concerned.units_of_routing(connection, item)
    if isinstance(number, str):
        operation = given.get("operation")
        units = await concerned.units_of_order(
            connection, number, operation=operation if isinstance(operation, int) else None
        )
        also = given.get("to_unit")
        return [[unit] for unit in [*units, *([also] if isinstance(also, str) else [])]]
    if isinstance(card := given.get("card"), str):
        return [await concerned.units_of_card(connection, card)]
    if isinstance(box := given.get("container"), str):
        here = await concerned.units_of_container(connection, box)
        there = given.get("to_location")
        also = await concerned.units_of_location(connection, there) if there else []
        return [units for units in (here, also) if units]
    if isinstance(report := given.get("report"), int):
        return [await concerned.units_of_scrap_report(connection, report)]
    places = [given[name] for name in _PLACES if isinstance(given.get(name), str)]
    found = [await concerned.units_of_location(connection, place) for place in places]
    return [units for units in found if units]


def target_of(given: Mapping[str, Any]) -> str:
    """What the command is about, in one word for the audit log."""
    for name in _TARGETS:
        value = given.get(name)
        if isinstance(value, str | int) and value != "":
            return str(value)[:TARGET_MAX]
    return ""


def reason_of(given: Mapping[str, Any]) -> str:
    """Why, as far as the command says."""
    for name in ("reason", "override_reason"):
        if isinstance(value := given.get(name), str):
            return value[:TARGET_MAX]
    return ""
