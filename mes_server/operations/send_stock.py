"""Part of a lot leaves for another place; until it is received, it is reserved for its way."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.shipment import NotInTransit
from mes_server.domain.stock import SamePlace
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, lot_of, place_of
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.operations.shipment_answer import shipment_words
from mes_server.storage import ledger, shipments
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """How much of which lot goes from where, over where, to where."""

    item: str
    lot: str
    quantity: Decimal
    unit: str | None
    from_location: str
    to_location: str
    transit_location: str


async def send_stock(pool: Pool, call: Call, what: Consignment) -> Answer:
    """Book the first step. Answers a Shipment.

    Raises NotFound, NotARealPlace, PlaceClosed, NotInTransit, SamePlace, UnitUnknown or StockTooLow.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        item = await item_of(connection, what.item)
        lot = await lot_of(connection, item=item.code, lot=what.lot)
        source = await place_of(connection, what.from_location)
        target = await place_of(connection, what.to_location)
        transit = await place_of(connection, what.transit_location)
        if transit.kind != "in_transit":
            raise NotInTransit(place=transit.name)
        if source.id in (target.id, transit.id) or target.id == transit.id:
            raise SamePlace(place=source.name)
        quantity = await stock_quantity(connection, item, what.quantity, what.unit)
        movement = ledger.NewMovement(
            kind="transfer",
            item_id=item.id,
            lot_id=lot.id,
            from_id=source.id,
            to_id=transit.id,
            quantity=quantity,
            at=transaction.now,
            reason=f"sent to {target.code}",
        )
        await ledger.book(
            connection,
            [movement],
            booked_at=transaction.now,
            command_id=transaction.command_id,
            person_id=transaction.person_id,
            reservations={(item.id, transit.id, lot.id): quantity},
        )
        added = await shipments.add(
            connection,
            shipments.NewShipment(
                item_id=item.id,
                lot_id=lot.id,
                from_id=source.id,
                transit_id=transit.id,
                to_id=target.id,
                quantity=quantity,
                at=transaction.now,
                person_id=transaction.person_id,
            ),
        )
        [row] = await shipments.find(connection, id_=added, limit=1)
        return Outcome(
            answer=shipment_words(row),
            places=frozenset({(item.id, source.id), (item.id, transit.id)}),
        )

    return await run_command(pool, call, kind="send-stock", given=given_in_units(what), work=work)
