"""What orders need and what there is of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mes_server.domain.bill_of_material import Component
from mes_server.domain.readiness import Incoming, Stock, Supply
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all

_SQL = load("readiness")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order that is looked at."""

    id: int
    number: str
    due_at: datetime
    priority: int
    item: str
    item_name: dict[str, str]
    unit: str
    target: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRow:
    """A component of one of its operations, and all there is of it."""

    work_order_id: int
    operation_id: int
    operation: int
    item: str
    item_name: dict[str, str]
    unit: str
    location: str | None
    """Where it is consumed; None where the unit has no line side yet."""
    location_name: dict[str, str] | None
    target: Decimal
    to_make: Decimal
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal
    measured: bool
    issued: Decimal
    here: Decimal
    reserved: Decimal
    elsewhere: list[dict[str, Any]]
    incoming: list[dict[str, Any]]

    @property
    def supply(self) -> Supply:
        """The component as readiness is decided."""
        return Supply(
            component=Component(
                item=self.item,
                quantity=self.quantity,
                base_quantity=self.base_quantity,
                scrap_percent=self.scrap_percent,
                measured=self.measured,
            ),
            target=self.target,
            to_make=self.to_make,
            issued=self.issued,
            here=self.here,
            reserved=self.reserved,
            elsewhere=[
                Stock(
                    location=one["location"],
                    location_name=one["location_name"],
                    quantity=Decimal(one["quantity"]),
                )
                for one in self.elsewhere
            ],
            incoming=[
                Incoming(
                    kind=one["kind"],
                    reference=one["reference"],
                    quantity=Decimal(one["quantity"]),
                    at=datetime.fromisoformat(one["at"]),
                    external=one["external"],
                )
                for one in self.incoming
            ],
        )


async def find_orders(
    connection: Connection,
    *,
    states: Sequence[str],
    number: str | None = None,
    equipment: str | None = None,
    after: int | None = None,
    limit: int,
) -> list[OrderRow]:
    """Orders with an operation in one of the states, due first; `after` is the last id of the page before."""
    parameters = {
        "states": list(states),
        "number": number,
        "equipment": equipment,
        "below": f"{equipment}/%",
        "after": after,
        "limit": limit,
    }
    return await fetch_all(connection, OrderRow, _SQL["orders"], parameters)


async def components(
    connection: Connection, orders: Sequence[int], *, today: date
) -> list[ComponentRow]:
    """What the open operations of these orders consume, and all there is of it on that day of the plant."""
    parameters = {"orders": list(orders), "today": today}
    return await fetch_all(connection, ComponentRow, _SQL["components"], parameters)
