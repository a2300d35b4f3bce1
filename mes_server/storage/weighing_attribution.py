"""Weighings without an order, given to one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.no_order_weighing import Found, LoosePosting, Weighed
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("weighing_attribution")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedRow:
    """A posting of consumption without an order."""

    id: int
    item_id: int
    batch: int | None
    quantity: Decimal
    lot_id: int
    from_id: int
    to_id: int
    at: datetime

    @property
    def decided(self) -> LoosePosting:
        """As the decision sees it."""
        return LoosePosting(
            id=self.id, item_id=self.item_id, batch=self.batch, quantity=self.quantity
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOrderWeighingRow:
    """A posting of consumption without an order, in words."""

    id: int
    equipment: str
    equipment_name: dict[str, str]
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    location: str
    quantity: Decimal
    at: datetime


async def places(
    connection: Connection, *, operation_id: int, equipment_id: int
) -> frozenset[tuple[int, int]]:
    """Every (item, location) that giving the operation counts and weighings of its unit can touch."""
    values = {"operation_id": operation_id, "equipment_id": equipment_id}
    cursor = await connection.execute(_SQL["places"], values)
    return frozenset((item, place) for item, place in await cursor.fetchall())


async def take_weighings(
    connection: Connection,
    *,
    operation_id: int,
    equipment_id: int,
    since: datetime,
    until: datetime | None,
) -> list[Weighed]:
    """Attribute the unit's weighings of [since, until) that belong to no order; what each batch weighed of an item, between
    changes of the operation's components."""
    values = {
        "operation_id": operation_id,
        "equipment_id": equipment_id,
        "since": since,
        "until": until,
    }
    return await fetch_all(connection, Weighed, _SQL["take_weighings"], values)


async def loose_postings(
    connection: Connection, *, equipment_id: int, items: Collection[int]
) -> list[PostedRow]:
    """What the unit consumed of these items without an order, not reversed, oldest first."""
    values = {"equipment_id": equipment_id, "items": sorted(items)}
    return await fetch_all(connection, PostedRow, _SQL["loose_postings"], values)


async def loose_waiting(
    connection: Connection, *, equipment_id: int, items: Collection[int]
) -> dict[int, Decimal]:
    """Item -> what of it waits for stock without an order."""
    values = {"equipment_id": equipment_id, "items": sorted(items)}
    return dict(await (await connection.execute(_SQL["loose_waiting"], values)).fetchall())


async def wait_for_order(
    connection: Connection,
    quantities: Mapping[int, Decimal],
    *,
    operation_id: int,
    equipment_id: int,
    now: datetime,
) -> None:
    """Item -> quantity that waits for stock waits for the operation from now on."""
    values = {
        "items": list(quantities),
        "quantities": list(quantities.values()),
        "operation_id": operation_id,
        "equipment_id": equipment_id,
        "now": now,
    }
    await connection.execute(_SQL["wait_for_order"], values)


async def wait_no_more(
    connection: Connection, quantities: Mapping[int, Decimal], *, equipment_id: int, now: datetime
) -> None:
    """Item -> quantity that waits for stock without an order does no more."""
    values = {
        "items": list(quantities),
        "quantities": list(quantities.values()),
        "equipment_id": equipment_id,
        "now": now,
    }
    await connection.execute(_SQL["wait_no_more"], values)


async def stage_instead(
    connection: Connection, found: Sequence[Found], *, operation_id: int, equipment_id: int
) -> None:
    """Stage weighings of what stood in their items' place, to be booked like late facts."""
    values = {
        "items": [one.weighed.item_id for one in found],
        "quantities": [one.quantity for one in found],
        "lasts": [one.weighed.last_at for one in found],
        "changes": [one.weighed.changed_at for one in found],
        "operation_id": operation_id,
        "equipment_id": equipment_id,
    }
    await connection.execute(_SQL["weighed_instead"], values)


async def no_order_weighings(
    connection: Connection,
    *,
    equipment: str | None,
    item: str | None,
    before: int | None,
    limit: int,
) -> list[NoOrderWeighingRow]:
    """What units consumed by weight outside any order, newest first."""
    values = {"equipment": equipment, "item": item, "before": before, "limit": limit}
    return await fetch_all(connection, NoOrderWeighingRow, _SQL["no_order_weighings"], values)
