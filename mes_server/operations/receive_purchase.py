"""Goods arrive against a purchase order line: a lot with the supplier's lot and the price, and what was turned away."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from mes_server.domain.purchase import LineBook, PurchaseState, receive
from mes_server.domain.stock import LotDiffers
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import account_of, item_of, lot_of, place_of
from mes_server.operations.posting_answer import posting_answer
from mes_server.operations.purchase_order import line_of, locked_purchase
from mes_server.operations.quantity import stock_quantity
from mes_server.storage import costs, ledger, lots, purchases
from mes_server.storage.database import Pool
from mes_server.storage.lots import LotRow
from mes_server.storage.work_orders import ItemRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came against a line: `quantity` taken in, `rejected` turned away, both in `unit` (None: the stock unit)."""

    number: str
    line: int
    lot: str
    quantity: Decimal
    rejected: Decimal
    unit: str | None
    supplier_lot: str
    expires_on: date | None
    price: Decimal | None
    """For one stock unit, as invoiced; None: the line's."""
    location: str | None
    """None: where the line says."""
    reason: str
    last: bool


async def receive_purchase(pool: Pool, call: Call, delivery: Delivery) -> Answer:
    """Book supplier -> location and move the line. Answers {number, line, open, posting}.

    Raises NotFound, PurchaseEnded, LineClosed, TooMuchDelivered, LotDiffers, UnitUnknown or NotARealPlace.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        order, lines = await locked_purchase(connection, delivery.number)
        line = line_of(lines, number=delivery.number, line=delivery.line)
        item = await item_of(connection, line.item)
        quantity = await stock_quantity(
            connection, item, delivery.quantity, delivery.unit, gained=True
        )
        rejected = await stock_quantity(connection, item, delivery.rejected, delivery.unit)
        still_open = receive(
            _as_receiving_sees_it(delivery.number, line), quantity=quantity, last=delivery.last
        )
        place = await place_of(connection, delivery.location or line.location)
        lot, posting = None, None
        if quantity > 0:
            lot = await _lot(transaction, delivery, item)
            posting = await _book(
                transaction, item=item, lot=lot, place=place.id, quantity=quantity
            )
            price = line.price if delivery.price is None else delivery.price
            if price > 0:  # the moving average is told from it; 0 on the line: not known
                await costs.keep_price(connection, posting["id"], amount=price * quantity)
        await purchases.book_receipt(
            connection,
            purchases.NewReceipt(
                line_id=line.id,
                lot_id=lot.id if lot else None,
                quantity=quantity,
                rejected=rejected,
                price=delivery.price,
                supplier_lot=delivery.supplier_lot,
                reason=delivery.reason,
                movement_id=posting["id"] if posting else None,
                open=still_open,
            ),
            now=transaction.now,
            person_id=transaction.person_id,
            command_id=transaction.command_id,
        )
        if not still_open and not any(one.open for one in lines if one.number != line.number):
            state = PurchaseState.CLOSED.value
            await purchases.set_state(connection, order.id, state=state, now=transaction.now)
        answer = {
            "number": delivery.number,
            "line": line.number,
            "open": still_open,
            "posting": posting,
        }
        places = frozenset({(item.id, place.id), (item.id, line.location_id)})
        return Outcome(answer=answer, places=places)

    return await run_command(pool, call, kind="receive-purchase", given=asdict(delivery), work=work)


def _as_receiving_sees_it(number: str, line: purchases.LockedLine) -> LineBook:
    return LineBook(
        number=number,
        line=line.number,
        unit=line.unit,
        quantity=line.quantity,
        received=line.received,
        over_percent=line.over_percent,
        open=line.open,
    )


async def _lot(transaction: Transaction, delivery: Delivery, item: ItemRow) -> LotRow:
    await lots.receive(
        transaction.connection,
        item_id=item.id,
        code=delivery.lot,
        expires_on=delivery.expires_on,
        supplier_lot=delivery.supplier_lot,
        now=transaction.now,
    )
    lot = await lot_of(transaction.connection, item=item.code, lot=delivery.lot)
    if lot.expires_on != delivery.expires_on:
        raise LotDiffers(item=item.code, lot=lot.lot, known=lot.expires_on or "—")
    return lot


async def _book(
    transaction: Transaction, *, item: ItemRow, lot: LotRow, place: int, quantity: Decimal
) -> Answer:
    supplier = await account_of(transaction.connection, "SUPPLIER")
    movement = ledger.NewMovement(
        kind="receive",
        item_id=item.id,
        lot_id=lot.id,
        from_id=supplier.id,
        to_id=place,
        quantity=quantity,
        at=transaction.now,
    )
    return await posting_answer(transaction, movement)
