"""Whether an order is still as its reader saw it."""

from collections.abc import Mapping
from typing import Any

from mes_server.domain.order_refusals import OrderChanged
from mes_server.storage import work_orders
from mes_server.storage.database import Connection


async def check_version(
    connection: Connection, given: Mapping[str, Any], *, expected: int | None
) -> None:
    """Lock the order that a command is about and refuse it when its version is another; raises OrderChanged."""
    number = given.get("number")
    if expected is None or not isinstance(number, str):
        return
    version = await work_orders.lock_version(connection, number)
    if version is not None and version != expected:
        raise OrderChanged(number=number, seen=expected, version=version)
