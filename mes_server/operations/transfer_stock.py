"""Part of a lot moves between two real places."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.lots import check_usable
from mes_server.domain.stock import SamePlace
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, lot_of, place_of
from mes_server.operations.posting_answer import posting_answer
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.operations.shelf import clear_lot, open_shelf
from mes_server.storage import ledger, stock_effects
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How much of which lot goes from where to where, and why."""

    item: str
    lot: str
    quantity: Decimal
    from_location: str
    to_location: str
    reason: str
    unit: str | None = None


async def transfer_stock(pool: Pool, call: Call, move: Move) -> Answer:
    """Book the transfer. Answers a Posting.

    Raises NotFound, NotARealPlace, SamePlace, UnitUnknown, StockTooLow; and LotOnHold or LotExpired when a lot that may not be used
    would come to a line side.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        item = await item_of(connection, move.item)
        source = await place_of(connection, move.from_location)
        destination = await place_of(connection, move.to_location)
        if source.id == destination.id:
            raise SamePlace(place=destination.name)
        lot = await lot_of(connection, item=item.code, lot=move.lot)
        if destination.kind == "line_side":
            today = await stock_effects.plant_date(connection, now=transaction.now)
            check_usable(lot.decided, today=today)
        quantity = await stock_quantity(connection, item, move.quantity, move.unit)
        ends = frozenset({(item.id, source.id), (item.id, destination.id)})
        await ledger.lock(connection, ends)
        await clear_lot(
            transaction,
            await open_shelf(transaction, item, source),
            lot=lot.lot,
            own=Decimal(0),
            quantity=quantity,
        )
        movement = ledger.NewMovement(
            kind="transfer",
            item_id=item.id,
            lot_id=lot.id,
            from_id=source.id,
            to_id=destination.id,
            quantity=quantity,
            at=transaction.now,
            reason=move.reason or None,
        )
        return Outcome(
            answer=await posting_answer(transaction, movement),
            places=ends,
        )

    return await run_command(
        pool, call, kind="transfer-stock", given=given_in_units(move), work=work
    )
