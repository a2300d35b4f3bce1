"""What was weighed outside any order becomes an order's consumption, out of the very lots that it was taken from.

Unless another item stood in its place on the order then: that one was weighed, and the lots have what was taken of them.
"""

from collections.abc import Sequence
from decimal import Decimal

from mes_server.domain.no_order_weighing import Found, Weighed, share_weighings
from mes_server.operations.command import Transaction
from mes_server.storage import issues, ledger, stock_effects, weighing_attribution
from mes_server.storage.touched import Touched
from mes_server.storage.weighing_attribution import PostedRow
from mes_server.storage.work_orders import OperationRow

REASON = "given to order {number}"
_NOTHING = Decimal(0)


async def attribute_weighings(
    transaction: Transaction, row: OperationRow, weighed: Sequence[Weighed]
) -> tuple[Touched, Sequence[Found]]:
    """Book `weighed`, whose facts are the operation's already, as its consumption; and what is still to be booked of the
    items that stood in others' place.

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
    used, replaced = share.only(replaced=False), share.only(replaced=True)
    told, leaving = used.postings, share.postings
    movements = [
        movement
        for one in rows
        if one.id in leaving
        for movement in _told_anew(
            row, one, taken=told.get(one.id, _NOTHING), rest=one.quantity - leaving[one.id]
        )
    ]
    if movements:
        await ledger.book(
            connection,
            movements,
            booked_at=transaction.now,
            command_id=transaction.command_id,
            person_id=transaction.person_id,
        )
    if used.waiting:
        await weighing_attribution.wait_for_order(
            connection,
            used.waiting,
            operation_id=row.id,
            equipment_id=unit,
            now=transaction.now,
        )
    if replaced.waiting:
        await weighing_attribution.wait_no_more(
            connection, replaced.waiting, equipment_id=unit, now=transaction.now
        )
    await issues.add_issued_then(connection, used.by_time, operation_id=row.id)
    stock = frozenset((one.item_id, one.from_id) for one in rows if one.id in leaving)
    touched = Touched(units=frozenset({unit}), operations=frozenset({row.id}), stock=stock)
    # what is there again serves what waits; and the order may have claimed stock that it now waits for
    there = replaced.postings
    served = {(one.item_id, one.from_id) for one in rows if one.id in there}
    if row.line_side_id is not None:
        served |= {(item, row.line_side_id) for item in share.waiting}
    if served:
        touched |= await stock_effects.apply(
            connection, places=served, now=transaction.now, command_id=transaction.command_id
        )
    return touched, replaced.found


def _told_anew(
    row: OperationRow, one: PostedRow, *, taken: Decimal, rest: Decimal
) -> list[ledger.NewMovement]:
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
    parts = [(row.id, taken), (None, rest)]
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
