"""Imported suppliers, units, loops and purchase orders come into force, and are taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from mes_server.domain.data_import import ImportUsed, RowsWrong
from mes_server.domain.import_form import Kind
from mes_server.domain.refusal import Refusal, words
from mes_server.operations.command import Call, Outcome, Transaction
from mes_server.operations.import_draft import Fields, Judgement
from mes_server.operations.one_connection import inner_call, pool_of
from mes_server.operations.purchase_order import (
    OrderedLine,
    create_purchase_order,
    end_purchase,
)
from mes_server.operations.set_loop import write_loops
from mes_server.storage import import_supply
from mes_server.storage.database import Connection
from mes_server.storage.imports import Change
from mes_server.storage.touched import Touched

_REFERRED = words("Something refers to it.", "已被引用。")
_CHANGED = words("It reads differently now.", "内容已变更。")
_RECEIVED = words("Goods came against it.", "已有收货。")


async def write_supply(
    transaction: Transaction, call: Call, kind: Kind, judgement: Judgement
) -> Outcome:
    """Bring the targets into force; raises RowsWrong where a single order is refused."""
    connection, rows = transaction.connection, list(judgement.targets.values())
    match kind:
        case Kind.SUPPLIERS:
            await import_supply.write(connection, "suppliers", rows)
        case Kind.UNITS:
            await import_supply.write(connection, "units", rows)
        case Kind.LOOPS:
            return await _write_loops(connection, rows)
        case Kind.PURCHASES:
            await _order(transaction, call, judgement)
        case _:
            raise AssertionError(kind)
    return Outcome(answer={})


async def take_back_supply(
    transaction: Transaction, call: Call, kind: Kind, changes: Sequence[Change]
) -> Outcome:
    """Bring the earlier values back; raises ImportUsed where something was used or changed since."""
    connection = transaction.connection
    before = [one.before for one in changes if one.before is not None]
    brought = [one.key for one in changes if one.before is None]
    if kind is Kind.PURCHASES:
        await _cancel(transaction, call, changes)
        return Outcome(answer={})
    await _refuse_changed(connection, kind, changes)
    match kind:
        case Kind.SUPPLIERS:
            await import_supply.write(connection, "suppliers", before)
            if used := await import_supply.delete_suppliers(connection, brought):
                raise ImportUsed(what=used, why=_REFERRED)
        case Kind.UNITS:
            if used := await import_supply.which(connection, "used_units", brought):
                raise ImportUsed(what=min(used), why=_REFERRED)
            await import_supply.write(connection, "units", before)
            await import_supply.delete_units(connection, brought)
        case Kind.LOOPS:
            outcome = await _write_loops(connection, before, gone=changes)
            await import_supply.delete_loops(connection, brought)
            return outcome
        case _:
            raise AssertionError(kind)
    return Outcome(answer={})


async def _write_loops(
    connection: Connection, rows: Sequence[Fields], *, gone: Sequence[Change] = ()
) -> Outcome:
    places = await import_supply.loop_places(connection, [*rows, *(one.after for one in gone)])
    await write_loops(connection, rows, places=places)
    return Outcome(answer={}, touched=Touched(stock=places), places=places)


async def _refuse_changed(connection: Connection, kind: Kind, changes: Sequence[Change]) -> None:
    name = "code" if kind is Kind.SUPPLIERS else "item"
    codes = sorted({str(one.after[name]) for one in changes})
    table = {Kind.SUPPLIERS: "suppliers", Kind.UNITS: "units", Kind.LOOPS: "loops"}[kind]
    present = await import_supply.present(connection, table, codes)  # pyright: ignore[reportArgumentType]
    for one in changes:
        now = present.get(one.key)
        if now is None or any(now[field] != value for field, value in one.after.items()):
            raise ImportUsed(what=one.key, why=_CHANGED)


async def _order(transaction: Transaction, call: Call, judgement: Judgement) -> None:
    """Each order as a command of its own, in this transaction; the line says which one was refused."""
    lines = {row.key: row.number for row in judgement.rows}
    orders: dict[str, list[tuple[str, Fields]]] = {}
    for key, target in judgement.targets.items():
        orders.setdefault(target["number"], []).append((key, target))
    for number, targets in orders.items():
        targets.sort(key=lambda pair: int(pair[1]["line"]))
        try:
            await create_purchase_order(
                pool_of(transaction.connection),
                inner_call(call, f"buy/{number}"),
                number=number,
                supplier=targets[0][1]["supplier"],
                lines=[_line(target) for _, target in targets],
            )
        except Refusal as refusal:
            said = {name: " ".join(refusal.say(name)) for name in ("en", "zh")}
            raise RowsWrong(count=1, line=lines[targets[0][0]], fault=said) from refusal


def _line(target: Mapping[str, str]) -> OrderedLine:
    return OrderedLine(
        item=target["item"],
        location=target["location"],
        quantity=Decimal(target["quantity"]),
        unit=target["unit"],
        price=Decimal(target["price"]),
        due_at=datetime.fromisoformat(target["due_at"]),
        over_percent=Decimal(target["over_percent"]),
        number=int(target["line"]),
    )


async def _cancel(transaction: Transaction, call: Call, changes: Sequence[Change]) -> None:
    """Orders that nothing came against are cancelled; an order that was confirmed or received is used."""
    numbers = sorted({str(one.after["number"]) for one in changes})
    present = await import_supply.present(transaction.connection, "purchases", numbers)
    for one in changes:
        now = present.get(one.key)
        if now is not None and now["touched"]:
            raise ImportUsed(what=one.key, why=_RECEIVED)
        kept = ("item", "location", "quantity", "supplier")
        same = now is not None and all(now[name] == one.after[name] for name in kept)
        if now is None or not same or now["state"] != "open":
            raise ImportUsed(what=one.key, why=_CHANGED)
    for number in numbers:
        await end_purchase(
            pool_of(transaction.connection),
            inner_call(call, f"cancel/{number}"),
            number=number,
            line=None,
            cancelled=True,
            reason="import undone",
        )
