"""What was weighed outside any order becomes an order's consumption, out of the very lots that it was taken from."""

from collections.abc import Sequence
from decimal import Decimal

from mes_server.domain.no_order_weighing import Weighed, share_weighings
from mes_server.operations.command import Transaction
from mes_server.storage import ledger, stock_effects, weighing_attribution
from mes_server.storage.touched import Touched
from mes_server.storage.weighing_attribution import PostedRow
from mes_server.storage.work_orders import OperationRow

REASON = "given to order {number}"


async def attribute_weighings(
    transaction: Transaction, row: OperationRow, weighed: Sequence[Weighed]
) -> Touched:
    """Book `weighed`, whose facts are the operation's already, as its consumption.

    The places are locked. A posting without an order is reversed and told anew as of its own time: what is the order's
    for the order, the rest without one as before. Balances stay as they are, now and as of any time. What waits for
    stock waits for the order.
    """
    connection = transaction.connection
    items = frozenset(one.item_id for one in weighed)
    unit = row.equipment_id
    rows = await weighing_attribution.loose_postings(connection, equipment_id=unit, items=items)
    waiting = await weighing_attribution.loose_waiting(connection, equipment_id=unit, items=items)
    postings = [one.decided for one in rows]
    share = share_weighings(weighed, postings, waiting)
    movements = [
        movement
        for one in rows
        if (taken := share.postings.get(one.id))
        for movement in _told_anew(row, one, taken=taken)
    ]
    if movements:
        await ledger.book(
            connection,
            movements,
            booked_at=transaction.now,
            command_id=transaction.command_id,
            person_id=transaction.person_id,
        )
    if share.waiting:
        await weighing_attribution.wait_for_order(
            connection,
            share.waiting,
            operation_id=row.id,
            equipment_id=unit,
            now=transaction.now,
        )
    issued = {item: share.total(item, postings) for item in sorted(items)}
    await weighing_attribution.count_as_issued(connection, issued, operation_id=row.id)
    stock = frozenset((one.item_id, one.from_id) for one in rows if one.id in share.postings)
    touched = Touched(units=frozenset({unit}), operations=frozenset({row.id}), stock=stock)
    if not share.waiting or row.line_side_id is None:
        return touched
    # the order may have claimed stock that it now waits for
    return touched | await stock_effects.apply(
        connection,
        places={(item, row.line_side_id) for item in share.waiting},
        now=transaction.now,
        command_id=transaction.command_id,
    )


def _told_anew(row: OperationRow, one: PostedRow, *, taken: Decimal) -> list[ledger.NewMovement]:
    reason = REASON.format(number=row.number)
    mirror = ledger.NewMovement(
        kind="reverse",
        item_id=one.item_id,
        lot_id=one.lot_id,
        from_id=one.to_id,
        to_id=one.from_id,
        quantity=one.quantity,
        at=one.at,
        equipment_id=row.equipment_id,
        reason=reason,
        reverses_id=one.id,
        ingest_id=one.batch,
    )
    parts = [(row.id, taken), (None, one.quantity - taken)]
    return [mirror] + [
        ledger.NewMovement(
            kind="weigh",
            item_id=one.item_id,
            lot_id=one.lot_id,
            from_id=one.from_id,
            to_id=one.to_id,
            quantity=quantity,
            at=one.at,
            operation_id=operation_id,
            equipment_id=row.equipment_id,
            reason=reason if operation_id is not None else None,
            ingest_id=one.batch,
        )
        for operation_id, quantity in parts
        if quantity > 0
    ]
