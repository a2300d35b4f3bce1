"""A person corrects what the books say of a lot at a place; what is worth too much waits for somebody else."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.adjustment import needs_approval
from mes_server.domain.units import QuantityVanishes
from mes_server.operations.adjustment_answer import adjustment_words, difference
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import account_of, item_of, lot_of, place_of
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.storage import adjustments, ledger
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is to be added (+) or taken off (-), and why."""

    item: str
    lot: str
    location: str
    quantity: Decimal
    unit: str | None
    reason: str


async def adjust_stock(pool: Pool, call: Call, correction: Correction) -> Answer:
    """Book the difference, or keep it waiting. Answers an Adjustment.

    Raises NotFound, NotARealPlace, UnitUnknown, or StockTooLow when the place would hold less than nothing or than what
    is reserved.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        item = await item_of(connection, correction.item)
        place = await place_of(connection, correction.location)
        lot = await lot_of(connection, item=item.code, lot=correction.lot)
        quantity = await stock_quantity(connection, item, correction.quantity, correction.unit)
        if quantity == 0:
            raise QuantityVanishes(
                quantity=correction.quantity, unit=item.unit, stock_unit=item.unit
            )
        cost = await adjustments.unit_cost(connection, item.id)
        limit = await adjustments.limit(connection)
        waits = needs_approval(quantity=quantity, unit_cost=cost, limit=limit)
        movement_id = None
        if not waits:
            posting = difference(
                kind="adjust",
                item_id=item.id,
                lot_id=lot.id,
                place_id=place.id,
                account_id=(await account_of(connection, "ADJUSTMENT")).id,
                quantity=quantity,
                at=transaction.now,
                reason=correction.reason,
            )
            movement_id = await _book(transaction, posting)
        added = await adjustments.add(
            connection,
            adjustments.NewAdjustment(
                item_id=item.id,
                lot_id=lot.id,
                location_id=place.id,
                quantity=quantity,
                value=quantity * cost,
                reason=correction.reason,
                state="waiting" if waits else "booked",
                at=transaction.now,
                person_id=transaction.person_id,
                command_id=transaction.command_id,
                movement_id=movement_id,
            ),
        )
        [row] = await adjustments.find(connection, id_=added, limit=1)
        moved: list[tuple[int, int]] = [] if waits else [(item.id, place.id)]
        return Outcome(answer=adjustment_words(row), places=frozenset(moved))

    return await run_command(
        pool, call, kind="adjust-stock", given=given_in_units(correction), work=work
    )


async def _book(transaction: Transaction, posting: ledger.NewMovement) -> int:
    [movement_id] = await ledger.book(
        transaction.connection,
        [posting],
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    return movement_id


async def set_adjustment_limit(pool: Pool, call: Call, *, limit: Decimal) -> Answer:
    """Set what an adjustment may be worth without another person. Answers `{limit}`."""

    async def work(transaction: Transaction) -> Outcome:
        await adjustments.set_limit(transaction.connection, limit)
        return Outcome(answer={"limit": str(limit)})

    return await run_command(
        pool, call, kind="set-adjustment-limit", given={"limit": limit}, work=work
    )
