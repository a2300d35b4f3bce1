"""Routings of a master data document."""

from collections.abc import Sequence

from mes_server.domain.refusal import ITEM, UNIT, NotFound
from mes_server.domain.routing import Routing, check_routing
from mes_server.storage import master_data, routings
from mes_server.storage.database import Connection


async def save_routings(connection: Connection, given: Sequence[Routing]) -> int:
    """Bring the routings to these; how many were new or changed. Raises RoutingUnclear or NotFound."""
    codes = {routing.item for routing in given}
    units: set[str] = set()
    for routing in given:
        check_routing(routing)
        for operation in routing.operations:
            units.update(operation.units)
            codes.update(operation.components)
    if missing := await master_data.missing_items(connection, sorted(codes)):
        raise NotFound(what=ITEM, name=", ".join(missing))
    if missing := await routings.missing_units(connection, sorted(units)):
        raise NotFound(what=UNIT, name=", ".join(missing))
    return sum([await routings.save(connection, routing) for routing in given])
