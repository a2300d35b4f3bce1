"""Part of an order's quantity becomes an order of its own, with a date of its own, linked to where it came from."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal

from mes_server.domain.order_changes import SPLIT, check_open, check_split
from mes_server.operations.change_work_order import said
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.create_work_order import NewOrder, new_order
from mes_server.operations.named import locked_order
from mes_server.operations.note_change import note_change
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.storage import order_changes
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What the new order is called and takes over."""

    child: str
    quantity: Decimal
    due_at: datetime | None
    """None: as the order it is split off."""
    reason: str


async def split_work_order(pool: Pool, call: Call, *, number: str, split: Split) -> Answer:
    """Split the order. Answers the first OrderCard of the new one, which is not released.

    Raises NotFound, OrderChanged, SplitTooLarge, AlreadyExists, or WrongState when all operations have ended.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        rows = await locked_order(connection, number)
        decided = [row.decided for row in rows]
        check_open(decided, verb=SPLIT)
        left = check_split(decided, split.quantity)
        parent_id = rows[0].order_id
        terms = await order_changes.terms(connection, parent_id)
        await order_changes.set_terms(connection, parent_id, replace(terms, quantity=left))
        order = NewOrder(
            number=split.child,
            item=rows[0].item,
            quantity=split.quantity,
            equipment=None,
            due_at=split.due_at or terms.due_at,
            priority=terms.priority,
            over_percent=terms.over_percent,
            under_percent=terms.under_percent,
        )
        child_id = await new_order(transaction, order, item_id=rows[0].item_id)
        await order_changes.copy(
            connection,
            parent_id=parent_id,
            child_id=child_id,
            quantity=split.quantity,
            at=transaction.now,
            command_id=transaction.command_id,
        )
        change = order_changes.Change(
            order_id=parent_id,
            what="split",
            before=said(terms.quantity),
            after=f"{said(left)} + {said(split.quantity)} ({split.child})",
        )
        await note_change(transaction, change, reason=split.reason)
        parent = await whole_order_outcome(transaction, parent_id)
        return await whole_order_outcome(transaction, child_id, others=parent.touched)

    given = {"number": number, **asdict(split)}
    return await run_command(pool, call, kind="split-work-order", given=given, work=work)
