"""Quantity, due date, priority and tolerances of an order, changed with a reason.

Components are stated per piece, so the bill scales with the quantity by itself.
"""

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from mes_server.domain.order_changes import CHANGED, check_open, check_quantity
from mes_server.domain.refusal import plain
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import locked_order
from mes_server.operations.note_change import note_change
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.storage import order_changes
from mes_server.storage.database import Pool

UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to become what; None leaves it as it is. A tolerance of "unlimited" is that."""

    quantity: Decimal | None = None
    due_at: datetime | None = None
    priority: int | None = None
    over_percent: Decimal | str | None = None
    under_percent: Decimal | str | None = None


async def change_work_order(
    pool: Pool, call: Call, *, number: str, changes: Changes, reason: str
) -> Answer:
    """Change what the order asks for. Answers its first OrderCard.

    Raises NotFound, OrderChanged, BelowMade, or WrongState when all its operations have ended.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        rows = await locked_order(connection, number)
        decided = [row.decided for row in rows]
        check_open(decided, verb=CHANGED)
        if changes.quantity is not None:
            check_quantity(decided, changes.quantity)
        order_id = rows[0].order_id
        before = await order_changes.terms(connection, order_id)
        after = _after(before, changes)
        await order_changes.set_terms(connection, order_id, after)
        for field in fields(before):
            was, becomes = getattr(before, field.name), getattr(after, field.name)
            if was != becomes:
                change = order_changes.Change(
                    order_id=order_id, what=field.name, before=said(was), after=said(becomes)
                )
                await note_change(transaction, change, reason=reason)
        return await whole_order_outcome(transaction, order_id)

    given = {"number": number, "reason": reason, **asdict(changes)}
    return await run_command(pool, call, kind="change-work-order", given=given, work=work)


def _after(before: order_changes.Terms, changes: Changes) -> order_changes.Terms:
    wanted: dict[str, Any] = {
        name: None if value == UNLIMITED else value
        for name, value in asdict(changes).items()
        if value is not None
    }
    return replace(before, **wanted)


def said(value: object) -> str:
    """A value as the order's history says it."""
    match value:
        case None:
            return UNLIMITED
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
