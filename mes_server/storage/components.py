"""Components of running orders: stated anew, taken out of use, put in others' place; and further outputs."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.domain.bill_of_material import Component
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one

_SQL = load("components")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentRow:
    """A component of an open operation."""

    operation_id: int
    operation: int
    item_id: int
    item: str
    location_id: int
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal
    measured: bool
    produced_from: Decimal
    standard_before: Decimal
    issued: Decimal
    produced: Decimal
    substitute_for: str | None

    @property
    def component(self) -> Component:
        """Its statement."""
        return Component(
            item=self.item,
            quantity=self.quantity,
            base_quantity=self.base_quantity,
            scrap_percent=self.scrap_percent,
            measured=self.measured,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedRow:
    """A component of an order as people read it."""

    operation: int
    item: str
    item_name: dict[str, str]
    unit: str
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal
    measured: bool
    produced_from: Decimal
    produced_until: Decimal | None
    standard: Decimal
    issued: Decimal
    substitute_for: str | None
    substitutes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRow:
    """What an order puts out besides its pieces."""

    number: str
    operation: int
    item: str
    item_name: dict[str, str]
    unit: str
    lot: str
    location: str
    location_name: dict[str, str]
    quantity: Decimal
    base_quantity: Decimal
    kind: str
    posted: Decimal
    due: Decimal


async def present(connection: Connection, order_id: int) -> list[ComponentRow]:
    """What the order's open operations use now."""
    return await fetch_all(connection, ComponentRow, _SQL["present"], {"order_id": order_id})


async def planned(connection: Connection, order_id: int, *, day: date) -> list[ComponentRow]:
    """What they would use by the bill and routing in force on that day of the plant."""
    parameters = {"order_id": order_id, "day": day}
    return await fetch_all(connection, ComponentRow, _SQL["planned"], parameters)


async def restate(
    connection: Connection,
    row: ComponentRow,
    component: Component,
    *,
    substitute_for: str | None,
    now: datetime,
) -> None:
    """State the component anew from now on."""
    given = _statement(row, component) | {"substitute_for": substitute_for, "now": now}
    await connection.execute(_SQL["restate"], given)


async def end(connection: Connection, row: ComponentRow, *, now: datetime) -> None:
    """Use the component no more from now on."""
    key = {"operation_id": row.operation_id, "item_id": row.item_id, "now": now}
    await connection.execute(_SQL["end"], key)


async def begin(
    connection: Connection,
    row: ComponentRow,
    component: Component,
    *,
    item_id: int,
    substitute_for: str | None,
    now: datetime,
) -> None:
    """Use a component, at the operation and place of `row`, from now on."""
    given = _statement(row, component) | {
        "item_id": item_id,
        "location_id": row.location_id,
        "substitute_for": substitute_for,
        "now": now,
    }
    await connection.execute(_SQL["begin"], given)


async def past(connection: Connection, *, operation_id: int, item: str) -> Component | None:
    """How the component was stated when the operation used it last."""
    key = {"operation_id": operation_id, "item": item}
    return await fetch_one(connection, Component, _SQL["past"], key)


async def permitted(connection: Connection, *, operation_id: int, item: str) -> dict[str, Decimal]:
    """Permitted substitute -> so much of it for one of the component; the preferred one first."""
    key = {"operation_id": operation_id, "item": item}
    return dict(await (await connection.execute(_SQL["permitted"], key)).fetchall())


async def freeze_extras(connection: Connection, order_id: int, *, day: date, now: datetime) -> None:
    """Keep on the order which substitutes are permitted, what comes out besides, and whose pieces it reworks."""
    key = {"order_id": order_id, "day": day, "now": now}
    for step in ("freeze_substitutes", "freeze_outputs", "bind_rework"):
        await connection.execute(_SQL[step], key)


async def permit_anew(connection: Connection, order_id: int, *, day: date) -> None:
    """Permit the substitutes of the bill in force, and no others."""
    key = {"order_id": order_id, "day": day}
    for step in ("forget_substitutes", "freeze_substitutes"):
        await connection.execute(_SQL[step], key)


async def used(connection: Connection, number: str) -> list[UsedRow]:
    """Every component of the order, in use or not any more."""
    return await fetch_all(connection, UsedRow, _SQL["all"], {"number": number})


async def outputs(connection: Connection, number: str) -> list[OutputRow]:
    """What the order puts out besides its pieces."""
    return await fetch_all(connection, OutputRow, _SQL["outputs"], {"number": number})


def _statement(row: ComponentRow, component: Component) -> dict[str, object]:
    return {
        "operation_id": row.operation_id,
        "item_id": row.item_id,
        "quantity": component.quantity,
        "base_quantity": component.base_quantity,
        "scrap_percent": component.scrap_percent,
        "measured": component.measured,
    }
