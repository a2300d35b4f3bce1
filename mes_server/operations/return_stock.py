"""Material that an order took comes back to a place."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.issue import MoreThanIssued
from mes_server.domain.serial import SerialsNeeded
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.material_place import check_takes_material, material_place
from mes_server.operations.named import account_of, item_of, locked_operation, lot_of
from mes_server.operations.posting_answer import posting_answer
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.storage import issues, ledger, serials
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What came back, and where it is now."""

    item: str
    lot: str
    quantity: Decimal
    unit: str | None
    location: str | None
    reason: str


async def return_stock(
    pool: Pool, call: Call, *, number: str, operation: int | None, back: Return
) -> Answer:
    """Book consumption -> place, at most what the order has of the lot. Answers a Posting.

    Raises NotFound, OrderEnded, UnitUnknown, MoreThanIssued, SerialsNeeded or NotARealPlace.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        check_takes_material(row, released=True, completed=True)
        item = await item_of(connection, back.item)
        lot = await lot_of(connection, item=item.code, lot=back.lot)
        quantity = await stock_quantity(connection, item, back.quantity, back.unit, gained=True)
        place = await material_place(connection, row, item_id=item.id, asked=back.location)
        account = await account_of(connection, "CONSUMPTION")
        await ledger.lock(connection, {(item.id, place.id), (item.id, account.id)})
        issued = await issues.net_issued(
            connection, operation_id=row.id, item_id=item.id, lot_id=lot.id
        )
        if quantity > issued:
            raise MoreThanIssued(
                number=number, item=item.code, lot=lot.lot, issued=issued, quantity=quantity
            )
        count = await serials.built_in(
            connection, item_id=item.id, lot_id=lot.id, operation_id=row.id
        )
        if count and quantity > issued - count:
            raise SerialsNeeded(item=item.code, lot=lot.lot, place=account.name, count=count)
        await issues.add_issued(
            connection, operation_id=row.id, item_id=item.id, quantity=-quantity
        )
        movement = ledger.NewMovement(
            kind="return",
            item_id=item.id,
            lot_id=lot.id,
            from_id=account.id,
            to_id=place.id,
            quantity=quantity,
            at=transaction.now,
            operation_id=row.id,
            equipment_id=row.equipment_id,
            reason=back.reason or None,
        )
        return Outcome(
            answer=await posting_answer(transaction, movement),
            touched=Touched(operations=row.shown, units=frozenset({row.equipment_id})),
            places=frozenset({(item.id, place.id)}),
        )

    given = given_in_units(back, number=number, operation=operation)
    return await run_command(pool, call, kind="return-stock", given=given, work=work)
