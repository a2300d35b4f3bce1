"""What a bill that is frozen anew puts out besides: other shares from the present good pieces on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from mes_server.domain.components import BillDifference, output_differences
from mes_server.operations.command import Transaction
from mes_server.storage import further_outputs
from mes_server.storage.database import Connection
from mes_server.storage.further_outputs import Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChanges:
    """What a re-freeze would change, as people read it and as it is stated."""

    differences: Sequence[BillDifference]
    stated: Sequence[Stated]


async def output_changes(connection: Connection, order_id: int, *, day: date) -> OutputChanges:
    """How the bill in force on that day of the plant differs from what the order puts out besides."""
    present = {one.item: one for one in await further_outputs.present(connection, order_id)}
    planned = {
        one.item: one for one in await further_outputs.planned(connection, order_id, day=day)
    }
    if not present and not planned:
        return OutputChanges(differences=(), stated=())
    operation = next(one.operation for one in [*planned.values(), *present.values()])
    found = output_differences(
        operation=operation,
        present={item: _terms(one) for item, one in present.items()},
        planned={item: _terms(one) for item, one in planned.items()},
    )
    stated = [
        planned[one.item]
        if one.item in planned
        else replace(present[one.item], quantity=Decimal(0))
        for one in found
    ]
    return OutputChanges(differences=found, stated=stated)


async def state_outputs(transaction: Transaction, changes: OutputChanges) -> None:
    """Let the order put out what they say; its operations are locked."""
    for stated in changes.stated:
        await further_outputs.state(transaction.connection, stated, now=transaction.now)


def _terms(stated: Stated) -> tuple[Decimal, Decimal, str]:
    return stated.quantity, stated.base_quantity, stated.kind
