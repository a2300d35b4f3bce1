"""An import comes into force, whole or not at all; and is taken back, as long as nobody used what it brought."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from device_profiles.plant import Plant
from mes_server.domain.data_import import ImportUsed, RowsWrong
from mes_server.domain.import_fields import Kind
from mes_server.domain.refusal import Refusal, words
from mes_server.domain.work_order import Verb
from mes_server.operations.bring_import import judge_table, locked_import, table_of
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.create_work_order import NewOrder, create_work_order
from mes_server.operations.import_draft import Judgement
from mes_server.operations.judge_routings import present_routings, routing_from
from mes_server.operations.named import account_of, item_of, lot_of, place_of
from mes_server.operations.one_connection import inner_call, pool_of
from mes_server.operations.save_routings import save_routings
from mes_server.operations.stop_operation import stop_operation
from mes_server.operations.sync_plant import write_plant
from mes_server.operations.write_supply import take_back_supply, write_supply
from mes_server.storage import import_targets, imports, ledger, lots
from mes_server.storage.database import Connection, Pool
from mes_server.storage.imports import Change, ImportRow
from mes_server.storage.touched import Touched

_REFERRED = words("Something refers to it.", "已被引用。")
_CHANGED = words("It reads differently now.", "内容已变更。")
_MOVED = words("It was moved or consumed.", "已移动或消耗。")
_RELEASED = words("An order was released with it.", "已有工单据此下达。")


async def commit_import(pool: Pool, call: Call, *, import_id: int, plant: Plant) -> Answer:
    """Judge the rows once more and bring them into force. Answers `{id}`.

    Raises NotFound, ImportState, RowsWrong, or whatever refuses a single order.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_import(connection, import_id, "checked")
        table = await table_of(connection, row)
        judgement = await judge_table(connection, row, table, plant.time_zone)
        _refuse_wrong(judgement)
        changes, outcome = await _write(transaction, call, Kind(row.kind), judgement, plant)
        await imports.mark_committed(
            connection,
            import_id,
            changes=changes,
            counts=imports.counts_of(judgement.rows),
            now=transaction.now,
            person_id=transaction.person_id,
        )
        return replace(outcome, answer={"id": import_id})

    return await run_command(pool, call, kind="commit-import", given={"id": import_id}, work=work)


async def undo_import(pool: Pool, call: Call, *, import_id: int) -> Answer:
    """Bring everything back to what it was before. Answers `{id}`.

    Raises NotFound, ImportState, or ImportUsed when something of it was used or changed since.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_import(connection, import_id, "committed")
        changes = await imports.changes_of(connection, import_id)
        outcome = await _take_back(transaction, call, row, changes)
        await imports.mark_undone(
            connection, import_id, now=transaction.now, person_id=transaction.person_id
        )
        return replace(outcome, answer={"id": import_id})

    return await run_command(pool, call, kind="undo-import", given={"id": import_id}, work=work)


def _refuse_wrong(judgement: Judgement) -> None:
    wrong = [row for row in judgement.rows if row.verdict == "error"]
    if wrong:
        fault = wrong[0].faults[0]
        said = {name: f"{fault['column']}: {text}" for name, text in fault["said"].items()}
        raise RowsWrong(count=len(wrong), line=wrong[0].number, fault=said)


async def _write(
    transaction: Transaction, call: Call, kind: Kind, judgement: Judgement, plant: Plant
) -> tuple[list[Change], Outcome]:
    connection, targets = transaction.connection, judgement.targets
    changes = [
        Change(key=key, before=judgement.before.get(key), after=target)
        for key, target in targets.items()
    ]
    rows = list(targets.values())
    match kind:
        case Kind.ITEMS:
            await import_targets.write_items(connection, rows)
        case Kind.LOCATIONS:
            await import_targets.write_locations(connection, rows)
        case Kind.BILLS:
            await import_targets.write_bills(connection, rows)
            return changes, Outcome(answer={})
        case Kind.ROUTINGS:
            await save_routings(connection, [routing_from(row) for row in rows])
            return changes, Outcome(answer={})
        case Kind.LOTS:
            return await _receive(transaction, targets)
        case Kind.ORDERS:
            await _create_orders(transaction, call, judgement)
            return changes, Outcome(answer={})
        case Kind.SUPPLIERS | Kind.UNITS | Kind.LOOPS | Kind.PURCHASES:
            return changes, await write_supply(transaction, call, kind, judgement)
    linked = await write_plant(connection, plant)
    return changes, Outcome(answer={}, touched=Touched(units=linked))


async def _receive(
    transaction: Transaction, targets: Mapping[str, dict[str, Any]]
) -> tuple[list[Change], Outcome]:
    """New lots arrive from their suppliers, all in one posting."""
    connection = transaction.connection
    supplier = await account_of(connection, "SUPPLIER")
    booked: list[ledger.NewMovement] = []
    for target in targets.values():
        item = await item_of(connection, target["item"])
        place = await place_of(connection, target["location"])
        expires = target["expires_on"]
        await lots.receive(
            connection,
            item_id=item.id,
            code=target["lot"],
            expires_on=date.fromisoformat(expires) if expires else None,
            supplier_lot=target["supplier_lot"] or "",
            now=transaction.now,
        )
        lot = await lot_of(connection, item=item.code, lot=target["lot"])
        booked.append(
            ledger.NewMovement(
                kind="receive",
                item_id=item.id,
                lot_id=lot.id,
                from_id=supplier.id,
                to_id=place.id,
                quantity=Decimal(target["quantity"]),
                at=transaction.now,
            )
        )
    ids = await _book(transaction, booked)
    changes = [
        Change(key=key, before=None, after={**target, "movement": movement})
        for (key, target), movement in zip(targets.items(), ids, strict=True)
    ]
    places = frozenset((one.item_id, one.to_id) for one in booked)
    return changes, Outcome(answer={}, places=places)


async def _book(transaction: Transaction, movements: Sequence[ledger.NewMovement]) -> list[int]:
    if not movements:
        return []
    return await ledger.book(
        transaction.connection,
        movements,
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )


async def _create_orders(transaction: Transaction, call: Call, judgement: Judgement) -> None:
    """Each order as a command of its own, in this transaction; the line says which one was refused."""
    lines = {row.key: row.number for row in judgement.rows}
    for key, target in judgement.targets.items():
        order = NewOrder(
            number=target["number"],
            item=target["item"],
            quantity=Decimal(target["quantity"]),
            equipment=target["equipment"],
            due_at=datetime.fromisoformat(target["due_at"]),
            priority=int(target["priority"]),
            over_percent=Decimal(target["over_percent"]),
        )
        try:
            await create_work_order(
                pool_of(transaction.connection), inner_call(call, f"create/{key}"), order
            )
        except Refusal as refusal:
            said = {name: " ".join(refusal.say(name)) for name in ("en", "zh")}
            raise RowsWrong(count=1, line=lines[key], fault=said) from refusal


async def _take_back(
    transaction: Transaction, call: Call, row: ImportRow, changes: Sequence[Change]
) -> Outcome:
    connection = transaction.connection
    match Kind(row.kind):
        case Kind.ITEMS | Kind.LOCATIONS | Kind.BILLS:
            await _restore(connection, row, changes)
            return Outcome(answer={})
        case Kind.ROUTINGS:
            await _restore_routings(connection, row, changes)
            return Outcome(answer={})
        case Kind.LOTS:
            return await _return(transaction, changes)
        case Kind.ORDERS:
            await _abort_orders(transaction, call, changes)
            return Outcome(answer={})
        case Kind.SUPPLIERS | Kind.UNITS | Kind.LOOPS | Kind.PURCHASES as kind:
            return await take_back_supply(transaction, call, kind, changes)


async def _restore(connection: Connection, row: ImportRow, changes: Sequence[Change]) -> None:
    table = cast(Any, row.kind)
    heads = [one.after["item"] if row.kind == "bills" else one.key for one in changes]
    present = await import_targets.present(connection, table, heads)
    for one in changes:
        now = present.get(one.key)
        # Imports from before a field was known say nothing about it.
        if now is None or any(now[name] != value for name, value in one.after.items()):
            raise ImportUsed(what=one.key, why=_CHANGED)
    if row.kind == "bills":
        assert row.committed_at is not None
        used = await import_targets.released_since(connection, heads, since=row.committed_at)
        if used:
            raise ImportUsed(what=used[0], why=_RELEASED)
    before = [one.before for one in changes if one.before is not None]
    match row.kind:
        case "items":
            await import_targets.write_items(connection, before)
        case "locations":
            await import_targets.write_locations(connection, before)
        case _:
            await import_targets.write_bills(connection, before)
    brought = [one.key for one in changes if one.before is None]
    if used := await import_targets.delete(connection, table, brought):
        raise ImportUsed(what=used, why=_REFERRED)


async def _restore_routings(
    connection: Connection, row: ImportRow, changes: Sequence[Change]
) -> None:
    items = sorted({one.after["item"] for one in changes})
    present = await present_routings(connection, items)
    for one in changes:
        if present.get(one.key) != one.after:
            raise ImportUsed(what=one.key, why=_CHANGED)
    assert row.committed_at is not None
    if used := await import_targets.released_since(connection, items, since=row.committed_at):
        raise ImportUsed(what=used[0], why=_RELEASED)
    before = [routing_from(one.before) for one in changes if one.before is not None]
    await save_routings(connection, before)
    brought = [one.key for one in changes if one.before is None]
    if taken := await import_targets.delete(connection, "routings", brought):
        raise ImportUsed(what=taken, why=_REFERRED)


async def _return(transaction: Transaction, changes: Sequence[Change]) -> Outcome:
    """The lots go back where they came from, by mirrored postings; what was booked stays in the ledger."""
    connection = transaction.connection
    ids = [one.after["movement"] for one in changes]
    codes = sorted({f"{one.after['item']}/{one.after['lot']}" for one in changes})
    if moved := await import_targets.moved_lots(connection, codes, beside=ids):
        raise ImportUsed(what=moved[0], why=_MOVED)
    mirrored = [
        ledger.NewMovement(
            kind="reverse",
            item_id=one.item_id,
            lot_id=one.lot_id,
            from_id=one.to_id,
            to_id=one.from_id,
            quantity=one.quantity,
            at=transaction.now,
            reverses_id=one.id,
        )
        for one in await import_targets.movements(connection, ids)
    ]
    await _book(transaction, mirrored)
    return Outcome(answer={}, places=frozenset((one.item_id, one.from_id) for one in mirrored))


async def _abort_orders(transaction: Transaction, call: Call, changes: Sequence[Change]) -> None:
    """Orders that nobody released are aborted; an order that was is used."""
    present = await import_targets.present(
        transaction.connection, "orders", [one.key for one in changes]
    )
    for one in changes:
        now = present.get(one.key, {})
        if any(now.get(name) != one.after.get(name) for name in ("quantity", "due_at", "item")):
            raise ImportUsed(what=one.key, why=_CHANGED)
    used = await import_targets.started_orders(transaction.connection, [one.key for one in changes])
    if used:
        raise ImportUsed(what=used[0], why=_RELEASED)
    for one in changes:
        for operation in await import_targets.operations_of(transaction.connection, one.key):
            await stop_operation(
                pool_of(transaction.connection),
                inner_call(call, f"abort/{one.key}/{operation}"),
                verb=Verb.ABORT,
                number=one.key,
                operation=operation,
                at=None,
                reason="import undone",
            )
