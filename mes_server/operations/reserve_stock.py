"""An order claims stock: this lot (hard), or so much of the item (soft, first expired first).

Pieces to rework are always claimed as the lot that they are.
"""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.issue import check_reworked
from mes_server.domain.reservation import choose_claims
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.material_place import check_takes_material, material_place
from mes_server.operations.named import item_of, locked_operation
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.operations.reservation_answer import reservation_words
from mes_server.operations.shelf import clear_lot, open_shelf
from mes_server.storage import issues, ledger, reservations, stock_effects
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is to be reserved, and where."""

    item: str
    quantity: Decimal
    unit: str | None
    lot: str | None
    location: str | None


async def reserve_stock(
    pool: Pool, call: Call, *, number: str, operation: int | None, ask: Ask
) -> Answer:
    """Reserve. Answers `{reservations: [Reservation]}`, one a lot.

    Raises NotFound, OrderEnded, UnitUnknown, NothingFree, NotTheReworkedLot, LotReserved, LotNotHere, LotOnHold, LotExpired, NotARealPlace.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        check_takes_material(row, released=False, completed=False)
        item = await item_of(connection, ask.item)
        quantity = await stock_quantity(connection, item, ask.quantity, ask.unit)
        place = await material_place(connection, row, item_id=item.id, asked=ask.location)
        await ledger.lock(connection, {(item.id, place.id)})
        here = await open_shelf(transaction, item, place, equipment_id=row.equipment_id)
        only = await issues.only_lot(connection, operation_id=row.id, item_id=item.id)
        wanted = check_reworked(number=number, item=item.code, lot=ask.lot, only=only)
        if wanted is not None:
            here = await clear_lot(transaction, here, lot=wanted, own=Decimal(0), quantity=quantity)
        chosen = choose_claims(
            item=item.code,
            place=place.name,
            lots=here.shelf.lots,
            claims=here.shelf.claims,
            quantity=quantity,
            lot=wanted,
            today=await stock_effects.plant_date(connection, now=transaction.now),
        )
        added = [
            await reservations.add(
                connection,
                reservations.NewReservation(
                    operation_id=row.id,
                    item_id=item.id,
                    location_id=place.id,
                    lot_id=here.lot_ids[lot],
                    hard=wanted is not None,
                    quantity=part,
                    at=transaction.now,
                    person_id=transaction.person_id,
                    command_id=transaction.command_id,
                ),
            )
            for lot, part in chosen.items()
        ]
        which = reservations.ReservationFilter(ids=added)
        rows = await reservations.find(connection, which, limit=len(added))
        return Outcome(
            answer={"reservations": [reservation_words(one) for one in rows]},
            touched=Touched(operations=row.shown),
            places=frozenset({(item.id, place.id)}),
        )

    given = given_in_units(ask, number=number, operation=operation)
    return await run_command(pool, call, kind="reserve-stock", given=given, work=work)
