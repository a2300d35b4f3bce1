"""Purchase orders: made, confirmed by the supplier, changed, closed, cancelled."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mes_server.domain.loop_setting import SUPPLIER
from mes_server.domain.purchase import (
    PURCHASE,
    PURCHASE_LINE,
    AlreadyReceived,
    LessThanReceived,
    PurchaseState,
    check_alive,
)
from mes_server.domain.refusal import AlreadyExists, NotFound
from mes_server.domain.units import booked
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, place_of
from mes_server.operations.quantity import stock_quantity
from mes_server.storage import purchases, suppliers
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    """`quantity` of `unit` (None: the stock unit) at `price` for one of it."""

    item: str
    location: str
    quantity: Decimal
    unit: str | None
    price: Decimal
    due_at: datetime
    over_percent: Decimal
    number: int | None = None
    """Of the line; None: the next one."""

    def as_given(self) -> dict[str, Any]:
        """What a command was given about it."""
        return {name: value for name, value in asdict(self).items() if (name, value) != _NEXT}


_NEXT = ("number", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """What is to be changed about a line; None stays. Quantity and price in the stock unit."""

    line: int
    quantity: Decimal | None = None
    price: Decimal | None = None
    due_at: datetime | None = None
    over_percent: Decimal | None = None


async def create_purchase_order(
    pool: Pool, call: Call, *, number: str, supplier: str, lines: Sequence[OrderedLine]
) -> Answer:
    """Make the order. Answers {number}; raises NotFound, NotARealPlace, AlreadyExists or UnitUnknown."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        order_id = await new_purchase(transaction, number=number, supplier=supplier)
        places: set[tuple[int, int]] = set()
        for line in lines:
            places.add(await _add_line(connection, order_id, line))
        return Outcome(answer={"number": number}, touched=Touched(stock=frozenset(places)))

    given = {"number": number, "supplier": supplier, "lines": [line.as_given() for line in lines]}
    return await run_command(pool, call, kind="create-purchase", given=given, work=work)


async def new_purchase(transaction: Transaction, *, number: str, supplier: str) -> int:
    """An order without lines; its id. Raises NotFound for the supplier, or AlreadyExists."""
    found = await suppliers.find_supplier(transaction.connection, supplier)
    if found is None or not found.active:
        raise NotFound(what=SUPPLIER, name=supplier)
    order_id = await purchases.create_purchase(
        transaction.connection, number=number, supplier_id=found.id, now=transaction.now
    )
    if order_id is None:
        raise AlreadyExists(what=PURCHASE, name=number)
    return order_id


async def confirm_purchase(
    pool: Pool, call: Call, *, number: str, reference: str, changes: Sequence[LineChange]
) -> Answer:
    """The supplier confirms, maybe other quantities, prices and dates. Answers {number}; raises NotFound,
    PurchaseEnded or LessThanReceived."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        order, lines = await locked_purchase(connection, number)
        places: set[tuple[int, int]] = set()
        for change in changes:
            line = line_of(lines, number=number, line=change.line)
            if change.quantity is not None and change.quantity < line.received:
                raise LessThanReceived(received=line.received, quantity=change.quantity)
            await purchases.change_line(
                connection,
                line.id,
                quantity=change.quantity,
                price=change.price,
                due_at=change.due_at,
                over_percent=change.over_percent,
                still_open=None if change.quantity is None else change.quantity > line.received,
            )
            places.add((line.item_id, line.location_id))
        await purchases.set_state(
            connection,
            order.id,
            state=PurchaseState.CONFIRMED.value,
            now=transaction.now,
            reference=reference,
        )
        return _changed(number, places)

    given = {"number": number, "reference": reference, "changes": [asdict(c) for c in changes]}
    return await run_command(pool, call, kind="confirm-purchase", given=given, work=work)


async def end_purchase(
    pool: Pool, call: Call, *, number: str, line: int | None, cancelled: bool, reason: str
) -> Answer:
    """Close the order or one line: what is still open is not expected any more; or cancel it before anything came.

    The places call again for what they then lack. Answers {number}; raises NotFound, PurchaseEnded or AlreadyReceived.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        order, lines = await locked_purchase(connection, number)
        if cancelled and any(one.received for one in lines):
            raise AlreadyReceived(number=number)
        if line is not None:
            await purchases.change_line(
                connection, line_of(lines, number=number, line=line).id, still_open=False
            )
        else:
            await purchases.close_lines(connection, order.id)
        others = [one for one in lines if one.open and line is not None and one.number != line]
        if not others:
            state = PurchaseState.CANCELLED if cancelled else PurchaseState.CLOSED
            await purchases.set_state(connection, order.id, state=state.value, now=transaction.now)
        return _changed(number, {(one.item_id, one.location_id) for one in lines})

    given = {"number": number, "line": line, "reason": reason}
    kind = "cancel-purchase" if cancelled else "close-purchase"
    return await run_command(pool, call, kind=kind, given=given, work=work)


async def locked_purchase(
    connection: Connection, number: str
) -> tuple[purchases.LockedPurchase, list[purchases.LockedLine]]:
    """A living order and its lines, locked; raises NotFound or PurchaseEnded."""
    order = await purchases.lock_purchase(connection, number)
    if order is None:
        raise NotFound(what=PURCHASE, name=number)
    check_alive(number=number, state=PurchaseState(order.state))
    return order, await purchases.lock_lines(connection, order.id)


def line_of(
    lines: Sequence[purchases.LockedLine], *, number: str, line: int
) -> purchases.LockedLine:
    """The line of that number; raises NotFound."""
    for one in lines:
        if one.number == line:
            return one
    raise NotFound(what=PURCHASE_LINE, name=f"{number}/{line}")


def _changed(number: str, places: set[tuple[int, int]]) -> Outcome:
    stock = frozenset(places)
    return Outcome(answer={"number": number}, touched=Touched(stock=stock), places=stock)


async def _add_line(connection: Connection, order_id: int, line: OrderedLine) -> tuple[int, int]:
    item = await item_of(connection, line.item)
    place = await place_of(connection, line.location)
    quantity = await stock_quantity(connection, item, line.quantity, line.unit)
    await purchases.add_line(
        connection,
        order_id,
        purchases.NewLine(
            item_id=item.id,
            location_id=place.id,
            quantity=quantity,
            unit=line.unit or item.unit,
            unit_quantity=line.quantity,
            price=booked(line.price * line.quantity / quantity),
            due_at=line.due_at,
            over_percent=line.over_percent,
            number=line.number,
        ),
    )
    return item.id, place.id
