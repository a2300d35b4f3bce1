"""Routings of items, and an order's operations as its routing plans them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.types.json import Jsonb

from mes_server.domain.routing import Routing, RoutingOperation
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("routings")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingHead:
    """A routing's revision."""

    id: int
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRow:
    """A routing without its operations."""

    id: int
    item: str
    revision: str
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _OperationRow:
    routing_id: int
    number: int
    name: dict[str, str]
    setup_s: Decimal
    run_s: Decimal | None
    outsourced: bool
    units: list[str]
    components: list[str]


async def missing_units(connection: Connection, paths: Sequence[str]) -> list[str]:
    """Paths that are no unit."""
    return await fetch_column(connection, _SQL["missing_units"], {"paths": list(paths)})


async def find(
    connection: Connection,
    *,
    item: str | None = None,
    revision: str | None = None,
    after: int = 0,
    limit: int,
) -> list[tuple[int, Routing]]:
    """(id, routing) by item and revision; `after` is the last id of the page before."""
    parameters = {"item": item, "revision": revision, "after": after, "limit": limit}
    heads = await fetch_all(connection, RoutingRow, _SQL["find"], parameters)
    ids = {"ids": [head.id for head in heads]}
    steps: dict[int, list[RoutingOperation]] = defaultdict(list)
    for row in await fetch_all(connection, _OperationRow, _SQL["operations"], ids):
        steps[row.routing_id].append(
            RoutingOperation(
                number=row.number,
                name=row.name,
                units=tuple(row.units),
                setup_s=row.setup_s,
                run_s=row.run_s,
                components=tuple(row.components),
                outsourced=row.outsourced,
            )
        )
    return [
        (
            head.id,
            Routing(
                item=head.item,
                revision=head.revision,
                valid_from=head.valid_from,
                valid_until=head.valid_until,
                operations=tuple(steps[head.id]),
            ),
        )
        for head in heads
    ]


async def save(connection: Connection, routing: Routing) -> bool:
    """Bring the routing of that item and revision to this one; whether anything changed."""
    found = await find(connection, item=routing.item, revision=routing.revision, limit=1)
    if found and found[0][1] == routing:
        return False
    head = {
        "item": routing.item,
        "revision": routing.revision,
        "valid_from": routing.valid_from,
        "valid_until": routing.valid_until,
    }
    routing_id = await fetch_value(connection, _SQL["head"], head)
    await connection.execute(_SQL["clear"], {"routing_id": routing_id})
    for step in routing.operations:
        operation_id = await fetch_value(
            connection,
            _SQL["add_operation"],
            {
                "routing_id": routing_id,
                "number": step.number,
                "name": Jsonb(step.name),
                "setup_s": step.setup_s,
                "run_s": step.run_s,
                "outsourced": step.outsourced,
            },
        )
        key = {"operation_id": operation_id}
        await connection.execute(_SQL["add_units"], key | {"units": list(step.units)})
        await connection.execute(
            _SQL["add_components"], key | {"components": list(step.components)}
        )
    return True


async def in_force(connection: Connection, *, item_id: int, day: date) -> RoutingHead | None:
    """The item's routing in force on that day of the plant."""
    parameters = {"item_id": item_id, "day": day}
    return await fetch_one(connection, RoutingHead, _SQL["in_force"], parameters)


async def plan(connection: Connection, *, order_id: int, routing: RoutingHead) -> None:
    """Bring the order's operations, none of which was released, to the routing."""
    key = {"order_id": order_id, "routing_id": routing.id, "revision": routing.revision}
    for step in (
        "drop_planned",
        "update_planned",
        "add_planned",
        "clear_units",
        "freeze_units",
        "note_revision",
    ):
        await connection.execute(_SQL[step], key)


async def units_of(connection: Connection, operation_id: int) -> list[str]:
    """Paths of the units that can do the operation, the preferred one first."""
    return await fetch_column(connection, _SQL["units_of"], {"operation_id": operation_id})


async def set_unit(
    connection: Connection, operation_id: int, *, equipment_id: int, location_id: int | None
) -> None:
    """Put the operation on a unit, and let it consume from that unit's line side."""
    key = {"operation_id": operation_id}
    await connection.execute(_SQL["set_unit"], key | {"equipment_id": equipment_id})
    if location_id is not None:
        await connection.execute(_SQL["move_components"], key | {"location_id": location_id})
