"""Work orders, their operation on a unit, what was frozen on it, and when it ran."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from mes_server.domain.bill_of_material import Component
from mes_server.domain.tolerance import Tolerance
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
class NewOrderRow:
    """A work order to be created; None for a tolerance is unlimited."""

    number: str
    item_id: int
    quantity: Decimal
    due_at: datetime
    priority: int
    over_percent: Decimal | None
    under_percent: Decimal | None


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
    order_id: int
    yields: bool
    """Whether its good pieces are the order's output."""
    outsourced: bool
    routed: bool
    over_percent: Decimal | None
    under_percent: Decimal | None
    upstream_good: Decimal | None
    passed_on: Decimal
    sent_out: Decimal
    """Pieces that left for the supplier of an operation done outside."""
    next_id: int | None
    """The operation after, whose card shows what this one made."""
    due_at: datetime
    priority: int

    @property
    def decided(self) -> Operation:
        """The operation as decisions see it."""
        return Operation(
            number=self.number,
            state=OrderState(self.state),
            good=self.good,
            scrap=self.scrap,
            rework=self.rework,
            target=self.target,
            tolerance=Tolerance(over_percent=self.over_percent, under_percent=self.under_percent),
            upstream_good=self.upstream_good,
            passed_on=self.passed_on,
            sent_out=self.sent_out,
        )

    @property
    def shown(self) -> frozenset[int]:
        """Operations whose cards show a change of this one."""
        return frozenset({self.id} if self.next_id is None else {self.id, self.next_id})


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
    upstream_good: Decimal | None


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


async def create(connection: Connection, order: NewOrderRow, *, now: datetime) -> int | None:
    """Create a work order without operations; its id, or None when the number is taken."""
    return await fetch_value(connection, _SQL["create"], {**asdict(order), "now": now})


async def create_operation(
    connection: Connection, *, order_id: int, operation: int, equipment_id: int
) -> None:
    """Give the order an operation on a unit."""
    await connection.execute(
        _SQL["create_operation"],
        {"work_order_id": order_id, "operation": operation, "equipment_id": equipment_id},
    )


async def lock_order(connection: Connection, number: str) -> int | None:
    """Id of the order, locked until the transaction ends, at its next version; to be called before a unit is locked."""
    return await fetch_value(connection, _SQL["lock_order"], {"number": number})


async def lock_version(connection: Connection, number: str) -> int | None:
    """The version the order is at, locked until the transaction ends."""
    return await fetch_value(connection, _SQL["version"], {"number": number})


async def lock_operations(connection: Connection, order_id: int) -> list[OperationRow]:
    """All operations of the order, first to last, locked until the transaction ends."""
    key = {"order_id": order_id}
    await connection.execute(_SQL["lock_operations"], key)
    return await operations_of(connection, order_id)


async def operations_of(connection: Connection, order_id: int) -> list[OperationRow]:
    """All operations of the order as they are in this transaction, first to last."""
    key = {"order_id": order_id}
    return await fetch_all(connection, OperationRow, _SQL["operations"], key)


async def next_of(connection: Connection, operation_id: int) -> list[int]:
    """Id of the operation after it; empty for the last."""
    return await fetch_column(connection, _SQL["next_of"], {"operation_id": operation_id})


async def set_state(
    connection: Connection,
    *,
    operation_id: int,
    state: OrderState,
    at: datetime,
    short_reason: str = "",
) -> None:
    """Keep the decided state, and why it was completed short of its tolerance."""
    parameters = {
        "operation_id": operation_id,
        "state": state.value,
        "at": at,
        "short_reason": short_reason,
    }
    await connection.execute(_SQL["set_state"], parameters)


async def id_of(connection: Connection, number: str) -> int | None:
    """Id of the order."""
    return await fetch_value(connection, _SQL["id_of"], {"number": number})


async def note_bill(connection: Connection, order_id: int, *, day: date) -> None:
    """Say on the order which revision of the bill was frozen on that day of the plant."""
    await connection.execute(_SQL["note_bill"], {"order_id": order_id, "day": day})


async def freeze_bill(connection: Connection, order_id: int, *, day: date) -> list[int]:
    """Copy the bill in force on `day` onto the order's operations, each its own components; the items of it."""
    key = {"order_id": order_id, "day": day}
    await note_bill(connection, order_id, day=day)
    return await fetch_column(connection, _SQL["freeze_bill"], key)


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
