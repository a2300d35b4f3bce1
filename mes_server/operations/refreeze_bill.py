"""The bill in force is frozen on an order anew, deliberately: only what comes from now on changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

from mes_server.domain.bill_of_material import requirement
from mes_server.domain.components import BillDifference, NothingToRefreeze, differences
from mes_server.domain.order_changes import CHANGED, check_open
from mes_server.domain.refusal import ORDER, NotFound
from mes_server.domain.units import booked
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.move_claims import Instead, move_claims
from mes_server.operations.named import locked_order_on_units
from mes_server.operations.note_change import note_change
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.operations.refreeze_outputs import output_changes, state_outputs
from mes_server.storage import components, order_changes, stock_effects, work_orders
from mes_server.storage.components import ComponentRow
from mes_server.storage.database import Connection, Pool
from mes_server.storage.reservations import Held
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow

Rows = Mapping[tuple[int, str], ComponentRow]
"""(operation, item) -> component."""


async def preview_refreeze(pool: Pool, call: Call, *, number: str) -> list[BillDifference]:
    """What a re-freeze would change now; raises NotFound."""
    async with pool.connection() as connection, connection.transaction():
        found = await work_orders.find_operations(connection, number=number, limit=1)
        order_id = await work_orders.id_of(connection, number)
        if not found or order_id is None:
            raise NotFound(what=ORDER, name=number)
        day = await stock_effects.plant_date(connection, now=call.now)
        present = _by_name(await components.present(connection, order_id))
        planned = _by_name(await components.planned(connection, order_id, day=day))
        outputs = await output_changes(connection, order_id, day=day)
        return [*_differences(present, planned), *outputs.differences]


async def refreeze_bill(pool: Pool, call: Call, *, number: str, reason: str) -> Answer:
    """Freeze the bill in force on the order's open operations. Answers {"card": OrderCard, "changes": [...]}.

    Raises NotFound, WrongState when all operations have ended, or NothingToRefreeze.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        rows = await locked_order_on_units(connection, number)
        check_open([row.decided for row in rows], verb=CHANGED)
        order_id = rows[0].order_id
        day = await stock_effects.plant_date(connection, now=transaction.now)
        present = _by_name(await components.present(connection, order_id))
        planned = _by_name(await components.planned(connection, order_id, day=day))
        changes = _differences(present, planned)
        outputs = await output_changes(connection, order_id, day=day)
        if not changes and not outputs.differences:
            raise NothingToRefreeze(number=number)
        await state_outputs(transaction, outputs)
        for difference in outputs.differences:
            await _note(transaction, order_id, difference, reason=reason)
        for change in changes:
            await _apply(transaction, change, present=present, planned=planned)
            await _note(transaction, order_id, change, reason=reason)
        await work_orders.note_bill(connection, order_id, day=day)
        await components.permit_anew(connection, order_id, day=day)
        claimed = await _claim_instead(transaction, rows, changes, present=present, planned=planned)
        places = {(row.item_id, row.location_id) for row in [*present.values(), *planned.values()]}
        outcome = await whole_order_outcome(
            transaction, order_id, others=Touched(stock=frozenset(places))
        )
        told = [*changes, *outputs.differences]
        answer = {"card": outcome.answer, "changes": [asdict(change) for change in told]}
        return Outcome(answer=answer, touched=outcome.touched, places=claimed)

    given = {"number": number, "reason": reason}
    return await run_command(pool, call, kind="refreeze-bill", given=given, work=work)


async def _apply(
    transaction: Transaction, change: BillDifference, *, present: Rows, planned: Rows
) -> None:
    connection = transaction.connection
    name = change.operation, change.item
    match change.kind:
        case "changed":
            was = present[name]
            stands_for = (
                None if (was.operation, was.substitute_for) in planned else was.substitute_for
            )
            await components.restate(
                connection,
                was,
                planned[name].component,
                substitute_for=stands_for,
                now=transaction.now,
            )
        case "removed":
            await components.end(connection, present[name], now=transaction.now)
        case "added":
            row = planned[name]
            await components.begin(
                connection,
                row,
                row.component,
                item_id=row.item_id,
                substitute_for=None,
                now=transaction.now,
            )


async def _claim_instead(
    transaction: Transaction,
    rows: Sequence[OperationRow],
    changes: Sequence[BillDifference],
    *,
    present: Rows,
    planned: Rows,
) -> frozenset[tuple[int, int]]:
    """Claims on what is removed are released; their operation claims what is added for all it still makes."""
    numbers = {row.operation: row for row in rows}
    by_kind = {
        kind: [(one.operation, one.item) for one in changes if one.kind == kind]
        for kind in ("removed", "added")
    }
    gone = {(numbers[name[0]].id, present[name].item_id) for name in by_kind["removed"]}
    added = [(numbers[name[0]], planned[name]) for name in by_kind["added"]]

    def claimed(held: list[Held]) -> list[Instead]:
        claiming = {one.operation_id for one in held}
        return [
            Instead(
                operation_id=row.id,
                equipment_id=row.equipment_id,
                item=part.item,
                location_id=part.location_id,
                quantity=booked(
                    requirement(part.component, max(row.target - row.good, Decimal(0)))
                ),
            )
            for row, part in added
            if row.id in claiming
        ]

    return await move_claims(
        transaction,
        operations=[row.id for row in rows],
        leaves=lambda held: (held.operation_id, held.item_id) in gone,
        arrives=lambda _: None,
        instead=claimed,
        also=[(part.item_id, part.location_id) for _, part in added],
    )


async def _note(
    transaction: Transaction, order_id: int, change: BillDifference, *, reason: str
) -> None:
    await note_change(
        transaction,
        order_changes.Change(
            order_id=order_id,
            operation_id=await _operation_id(
                transaction.connection, order_id, operation=change.operation
            ),
            what="bill",
            before=f"{change.item}: {change.before}" if change.before else "",
            after=f"{change.item}: {change.after}" if change.after else "",
        ),
        reason=reason,
    )


async def _operation_id(connection: Connection, order_id: int, *, operation: int) -> int | None:
    rows = await work_orders.operations_of(connection, order_id)
    return next((row.id for row in rows if row.operation == operation), None)


def _by_name(rows: Sequence[ComponentRow]) -> dict[tuple[int, str], ComponentRow]:
    return {(row.operation, row.item): row for row in rows}


def _differences(present: Rows, planned: Rows) -> list[BillDifference]:
    parts: dict[int, tuple[dict[str, ComponentRow], dict[str, ComponentRow]]] = defaultdict(
        lambda: ({}, {})
    )
    for side, rows in enumerate((present, planned)):
        for (operation, item), row in rows.items():
            parts[operation][side][item] = row
    return [
        difference
        for operation, (was, becomes) in sorted(parts.items())
        for difference in differences(
            operation=operation,
            present={item: row.component for item, row in was.items()},
            planned={item: row.component for item, row in becomes.items()},
        )
    ]
