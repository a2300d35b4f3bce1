"""A lot arrives from a supplier."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes_server.domain.stock import LotDiffers
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import account_of, item_of, lot_of, place_of
from mes_server.operations.posting_answer import posting_answer
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.storage import costs, ledger, lots
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came, how much of it, and where it was put."""

    item: str
    lot: str
    quantity: Decimal
    location: str
    expires_on: date | None
    supplier_lot: str
    unit: str | None = None
    price: Decimal | None = None
    """Money for one `unit`."""


async def receive_lot(pool: Pool, call: Call, arrival: Arrival) -> Answer:
    """Book supplier -> location; a known lot grows. Answers a Posting; raises NotFound, NotARealPlace,
    UnitUnknown or LotDiffers."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        item = await item_of(connection, arrival.item)
        place = await place_of(connection, arrival.location)
        supplier = await account_of(connection, "SUPPLIER")
        await lots.receive(
            connection,
            item_id=item.id,
            code=arrival.lot,
            expires_on=arrival.expires_on,
            supplier_lot=arrival.supplier_lot,
            now=transaction.now,
        )
        lot = await lot_of(connection, item=item.code, lot=arrival.lot)
        if lot.expires_on != arrival.expires_on:
            raise LotDiffers(item=item.code, lot=lot.lot, known=lot.expires_on or "—")
        quantity = await stock_quantity(
            connection, item, arrival.quantity, arrival.unit, gained=True
        )
        movement = ledger.NewMovement(
            kind="receive",
            item_id=item.id,
            lot_id=lot.id,
            from_id=supplier.id,
            to_id=place.id,
            quantity=quantity,
            at=transaction.now,
        )
        answer = await posting_answer(transaction, movement)
        if arrival.price is not None:
            amount = arrival.price * arrival.quantity
            await costs.keep_price(connection, answer["id"], amount=amount)
        return Outcome(
            answer=answer,
            places=frozenset({(item.id, place.id)}),
        )

    return await run_command(
        pool, call, kind="receive-lot", given=given_in_units(arrival), work=work
    )
