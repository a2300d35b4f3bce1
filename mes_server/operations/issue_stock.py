"""A person takes material for an order: it is consumed as it was taken, and replaces the standard."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from mes_server.domain.issue import check_lot, check_needed, check_reworked, choose_lots
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.material_place import check_takes_material, material_place
from mes_server.operations.named import account_of, item_of, locked_operation
from mes_server.operations.posting_answer import book_all
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.operations.shelf import OpenShelf, clear_lot, open_shelf
from mes_server.storage import issues, ledger, reservations, stock_effects
from mes_server.storage.database import Pool
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What was taken; no lot: the only one that will do, else own claims, mounted lots, then first expired first."""

    item: str
    quantity: Decimal
    unit: str | None
    lot: str | None
    location: str | None
    override_reason: str


async def issue_stock(
    pool: Pool, call: Call, *, number: str, operation: int | None, issue: Issue
) -> Answer:
    """Book place -> consumption for the order. Answers `{postings: [Posting]}`, one a lot.

    Raises NotFound, OrderEnded, UnitUnknown, ItemNotNeeded and EarlierLotFirst (a reason overrides both), NothingFree,
    NotTheReworkedLot, LotNotHere, LotReserved, LotOnHold, LotExpired or NotARealPlace.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        check_takes_material(row, released=True, completed=True)
        item = await item_of(connection, issue.item)
        check_needed(
            number=number,
            item=item.code,
            needed=await issues.needed(connection, row.id),
            override_reason=issue.override_reason,
        )
        quantity = await stock_quantity(connection, item, issue.quantity, issue.unit)
        place = await material_place(connection, row, item_id=item.id, asked=issue.location)
        usual = await issues.component_place(connection, operation_id=row.id, item_id=item.id)
        account = await account_of(connection, "CONSUMPTION")
        # backflush of the order waits at its usual place, and this may stand for it
        places = frozenset((item.id, one) for one in (place.id, usual) if one is not None)
        await ledger.lock(connection, places | {(item.id, account.id)})
        here = await open_shelf(transaction, item, place, equipment_id=row.equipment_id)
        only = await issues.only_lot(connection, operation_id=row.id, item_id=item.id)
        lot = check_reworked(number=number, item=item.code, lot=issue.lot, only=only)
        wanted = replace(issue, lot=lot)
        here, chosen = await _choose(transaction, here, row, issue=wanted, quantity=quantity)
        postings = await _book(transaction, here, row, chosen, to_id=account.id, issue=issue)
        await issues.count_issue(
            connection,
            operation_id=row.id,
            item_id=item.id,
            quantity=quantity,
            at=transaction.now,
        )
        return Outcome(
            answer={"postings": postings},
            touched=Touched(operations=row.shown, units=frozenset({row.equipment_id})),
            places=places,
        )

    given = given_in_units(issue, number=number, operation=operation)
    return await run_command(pool, call, kind="issue-stock", given=given, work=work)


async def _choose(
    transaction: Transaction, here: OpenShelf, row: OperationRow, *, issue: Issue, quantity: Decimal
) -> tuple[OpenShelf, Mapping[str, Decimal]]:
    """Which lots, and the shelf after soft claims of others made room for a named one."""
    today = await stock_effects.plant_date(transaction.connection, now=transaction.now)
    if issue.lot is None:
        return here, choose_lots(here.shelf, operation_id=row.id, quantity=quantity, today=today)
    own = here.shelf.own(row.id).get(issue.lot, Decimal(0))
    here = await clear_lot(transaction, here, lot=issue.lot, own=own, quantity=quantity)
    check_lot(
        here.shelf,
        lot=issue.lot,
        operation_id=row.id,
        quantity=quantity,
        today=today,
        override_reason=issue.override_reason,
    )
    return here, {issue.lot: quantity}


async def _book(
    transaction: Transaction,
    here: OpenShelf,
    row: OperationRow,
    chosen: Mapping[str, Decimal],
    *,
    to_id: int,
    issue: Issue,
) -> list[Answer]:
    for lot, quantity in chosen.items():
        await reservations.take(
            transaction.connection,
            operation_id=row.id,
            item_id=here.item.id,
            location_id=here.place.id,
            lot_id=here.lot_ids[lot],
            quantity=quantity,
            at=transaction.now,
        )
    return await book_all(
        transaction,
        [
            ledger.NewMovement(
                kind="issue",
                item_id=here.item.id,
                lot_id=here.lot_ids[lot],
                from_id=here.place.id,
                to_id=to_id,
                quantity=quantity,
                at=transaction.now,
                operation_id=row.id,
                equipment_id=row.equipment_id,
                reason=issue.override_reason or None,
            )
            for lot, quantity in chosen.items()
        ],
    )
