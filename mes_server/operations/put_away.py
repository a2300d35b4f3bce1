"""What arrived goes to a bin: to the one a person names, or to the one that suits best."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.put_away import NoBin, suggest_bin
from mes_server.domain.stock import SamePlace
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, lot_of, place_of
from mes_server.operations.posting_answer import posting_answer
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.storage import bins, ledger
from mes_server.storage.database import Connection, Pool
from mes_server.storage.lots import LocationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAway:
    """What is put away; no destination: the suggested bin."""

    item: str
    lot: str
    quantity: Decimal
    unit: str | None
    from_location: str
    to_location: str | None


async def put_away(pool: Pool, call: Call, move: PutAway) -> Answer:
    """Book the move. Answers a Posting; raises NotFound, NotARealPlace, SamePlace, NoBin, UnitUnknown or StockTooLow."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        item = await item_of(connection, move.item)
        lot = await lot_of(connection, item=item.code, lot=move.lot)
        source = await place_of(connection, move.from_location)
        quantity = await stock_quantity(connection, item, move.quantity, move.unit)
        if move.to_location is not None:
            destination = await place_of(connection, move.to_location)
        else:
            destination = await suggested_bin(
                connection, item=item.code, item_id=item.id, lot_id=lot.id, source=source
            )
        if destination.id == source.id:
            raise SamePlace(place=destination.name)
        movement = ledger.NewMovement(
            kind="transfer",
            item_id=item.id,
            lot_id=lot.id,
            from_id=source.id,
            to_id=destination.id,
            quantity=quantity,
            at=transaction.now,
            reason="put away",
        )
        return Outcome(
            answer=await posting_answer(transaction, movement),
            places=frozenset({(item.id, source.id), (item.id, destination.id)}),
        )

    return await run_command(pool, call, kind="put-away", given=given_in_units(move), work=work)


async def suggested_bin(
    connection: Connection, *, item: str, item_id: int, lot_id: int | None, source: LocationRow
) -> LocationRow:
    """The bin that suits a lot that lies at `source`; raises NoBin."""
    near = await bins.bins_near(connection, location_id=source.id, item_id=item_id, lot_id=lot_id)
    best = suggest_bin(near)
    if best is None:
        raise NoBin(item=item, place=source.name)
    return await place_of(connection, best.code)
