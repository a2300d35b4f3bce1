"""Work orders, their operation on a unit, what was frozen on it, and when it ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.domain.bill_of_material import Component
from mes_server.domain.work_order import Operation, OrderState
from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("work_orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item."""

    id: int
    code: str
    name: dict[str, str]
    unit: str
    procurement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRow:
    """A locked operation of a work order, and the places of its unit."""

    id: int
    number: str
    operation: int
    state: str
    good: Decimal
    scrap: Decimal
    rework: Decimal
    output_lot_id: int | None
    target: Decimal
    item_id: int
    item: str
    equipment_id: int
    equipment: str
    equipment_name: dict[str, str]
    line_side_id: int | None
    output_id: int | None

    @property
    def decided(self) -> Operation:
        """The operation as decisions see it."""
        return Operation(
            number=self.number,
            state=OrderState(self.state),
            good=self.good,
            scrap=self.scrap,
            rework=self.rework,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """An operation that may run at a unit."""

    id: int
    number: str
    operation: int
    state: str
    good: Decimal
    scrap: Decimal
    rework: Decimal
    target: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRow:
    """What an operation consumes, and usable stock of it."""

    operation_id: int
    item: str
    item_name: dict[str, str]
    unit: str
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal
    line_side: Decimal
    elsewhere: Decimal

    @property
    def component(self) -> Component:
        """The line of the bill."""
        return Component(
            item=self.item,
            quantity=self.quantity,
            base_quantity=self.base_quantity,
            scrap_percent=self.scrap_percent,
        )


async def find_item(connection: Connection, code: str) -> ItemRow | None:
    """The item with that code."""
    return await fetch_one(connection, ItemRow, _SQL["find_item"], {"code": code})


async def create(
    connection: Connection,
    *,
    number: str,
    item_id: int,
    equipment_id: int,
    quantity: Decimal,
    due_at: datetime,
    priority: int,
    over_percent: Decimal,
    operation: int,
    now: datetime,
) -> int | None:
    """Create a work order with one operation; the operation's id, or None when the number is taken."""
    order = await fetch_value(
        connection,
        _SQL["create"],
        {
            "number": number,
            "item_id": item_id,
            "quantity": quantity,
            "due_at": due_at,
            "priority": priority,
            "over_percent": over_percent,
            "now": now,
        },
    )
    if order is None:
        return None
    return await fetch_value(
        connection,
        _SQL["create_operation"],
        {"work_order_id": order, "operation": operation, "equipment_id": equipment_id},
    )


async def lock_operation(
    connection: Connection, *, number: str, operation: int
) -> OperationRow | None:
    """The operation, locked until the transaction ends."""
    parameters = {"number": number, "operation": operation}
    return await fetch_one(connection, OperationRow, _SQL["lock_operation"], parameters)


async def set_state(
    connection: Connection, *, operation_id: int, state: OrderState, at: datetime
) -> None:
    """Keep the decided state."""
    parameters = {"operation_id": operation_id, "state": state.value, "at": at}
    await connection.execute(_SQL["set_state"], parameters)


async def freeze_bill(
    connection: Connection, operation: OperationRow, *, location_id: int
) -> list[int]:
    """Copy the newest bill onto the operation, consuming from `location_id`; the items of it."""
    return await fetch_column(
        connection,
        _SQL["freeze_bill"],
        {"operation_id": operation.id, "item_id": operation.item_id, "location_id": location_id},
    )


async def set_output_lot(connection: Connection, operation: OperationRow, *, now: datetime) -> None:
    """Give the operation the lot that its good pieces go into."""
    await connection.execute(
        _SQL["set_output_lot"],
        {
            "operation_id": operation.id,
            "item_id": operation.item_id,
            "number": operation.number,
            "now": now,
        },
    )


async def unit_of(connection: Connection, *, number: str, operation: int) -> int | None:
    """Id of the unit on which the operation runs."""
    parameters = {"number": number, "operation": operation}
    return await fetch_value(connection, _SQL["unit_of"], parameters)


async def running_on(connection: Connection, equipment_id: int) -> str | None:
    """Number of the order that runs at the unit."""
    return await fetch_value(connection, _SQL["running_on"], {"equipment_id": equipment_id})


async def last_run_end(connection: Connection, equipment_id: int) -> datetime | None:
    """When the unit's latest finished run ended."""
    return await fetch_value(connection, _SQL["last_run_end"], {"equipment_id": equipment_id})


async def open_run_start(connection: Connection, operation_id: int) -> datetime | None:
    """When the operation's open run began."""
    return await fetch_value(connection, _SQL["open_run_start"], {"operation_id": operation_id})


async def open_run(connection: Connection, operation: OperationRow, *, at: datetime) -> None:
    """The operation runs from `at`."""
    await connection.execute(
        _SQL["open_run"],
        {"operation_id": operation.id, "equipment_id": operation.equipment_id, "at": at},
    )


async def close_run(connection: Connection, operation_id: int, *, at: datetime) -> None:
    """The operation's run, if one is open, ends at `at`."""
    await connection.execute(_SQL["close_run"], {"operation_id": operation_id, "at": at})


async def reclassify(
    connection: Connection, operation_id: int, *, quantity: Decimal, disposition: str
) -> None:
    """Take `quantity` off good and add it to scrap or rework; negative takes it back."""
    parameters = {"operation_id": operation_id, "quantity": quantity, "disposition": disposition}
    await connection.execute(_SQL["reclassify"], parameters)


async def find_operation(connection: Connection, *, number: str, operation: int) -> int | None:
    """Id of an operation."""
    parameters = {"number": number, "operation": operation}
    return await fetch_value(connection, _SQL["find_operation"], parameters)


async def find_operations(
    connection: Connection,
    *,
    states: Sequence[str] | None = None,
    equipment: str | None = None,
    number: str | None = None,
    after: int = 0,
    limit: int,
) -> list[int]:
    """Ids of operations; `equipment` is a unit or anything above it, `after` the last id of the page before."""
    return await fetch_column(
        connection,
        _SQL["find_operations"],
        {
            "states": None if states is None else list(states),
            "equipment": equipment,
            "below": f"{equipment}/%",
            "number": number,
            "after": after,
            "limit": limit,
        },
    )


async def queue(connection: Connection, equipment_id: int, *, limit: int) -> list[QueueRow]:
    """Operations that may run at the unit, in the order in which they should."""
    parameters = {"equipment_id": equipment_id, "limit": limit}
    return await fetch_all(connection, QueueRow, _SQL["queue"], parameters)


async def materials(
    connection: Connection, operations: Sequence[int], *, today: date
) -> list[MaterialRow]:
    """What the operations consume, and what there is of it that is neither held nor expired on `today`."""
    parameters = {"operations": list(operations), "today": today}
    return await fetch_all(connection, MaterialRow, _SQL["materials"], parameters)
