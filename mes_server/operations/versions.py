"""Whether an order, or what else people edit, is still as its reader saw it."""

from collections.abc import Mapping
from typing import Any

from mes_server.domain.changed import ChangedMeanwhile
from mes_server.domain.order_refusals import OrderChanged
from mes_server.storage import work_orders
from mes_server.storage.database import Connection
from mes_server.storage.versions import Thing, lock_version

_EDITS: Mapping[str, tuple[Thing, tuple[str, ...]]] = {
    "save-person": ("person", ("badge",)),
    "save-location": ("location", ("location",)),
    "save-item": ("item", ("item",)),
    "save-bill": ("bill", ("item", "revision")),
    "set-loop": ("loop", ("item", "location")),
}
"""Kind of command -> what it edits, and where the command names that."""


async def check_version(
    connection: Connection, given: Mapping[str, Any], *, expected: int | None, kind: str = ""
) -> None:
    """Lock what a command is about and refuse it when its version is another; raises OrderChanged, ChangedMeanwhile."""
    if expected is None:
        return
    if kind in _EDITS:
        thing, names = _EDITS[kind]
        key = "@".join(str(given.get(name)) for name in names)
        if await lock_version(connection, thing, key) != expected:
            raise ChangedMeanwhile(key=key)
    number = given.get("number")
    if not isinstance(number, str):
        return
    version = await work_orders.lock_version(connection, number)
    if version is not None and version != expected:
        raise OrderChanged(number=number, seen=expected, version=version)
